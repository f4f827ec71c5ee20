import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { draftProfiles, type GeneratedCredential } from './profiles-file.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-profiles-'))
  file = join(folder, 'credentials.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const key = (User: string, Label: string, over: Partial<GeneratedCredential> = {}): GeneratedCredential => ({
  Account: 'main',
  AccountUid: '1',
  DomainId: 'd',
  ProjectId: 'p',
  User,
  Label,
  AccessKeyId: `id-${User}-${Label}`,
  AccessKeySecret: 'secret',
  ...over,
})
const commit = (...keys: GeneratedCredential[]) => draftProfiles(file).commit('http://x', keys)
const read = () => JSON.parse(readFileSync(file, 'utf8'))

test('profiles go to a file for its owner alone, with everything a client needs, and no draft stays', () => {
  expect(commit(key('alice', 'laptop'))).toEqual(['alice'])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['credentials.json'])
  expect(read()).toMatchObject({
    endpoint: 'http://x',
    profiles: {
      alice: {
        accountUid: '1',
        domainId: 'd',
        projectId: 'p',
        accessKeyId: 'id-alice-laptop',
        accessKeySecret: 'secret',
      },
    },
  })
})

test('a second key, the root and a namesake in another account get names of their own; the same key keeps its name', () => {
  expect(commit(key('alice', 'a'), key('alice', 'b'), key('', 'ops'))).toEqual([
    'alice',
    'alice/b',
    'main-root',
  ])
  expect(commit(key('alice', 'a', { AccountUid: '2', Account: 'other' }))).toEqual(['alice/a'])
  expect(commit(key('alice', 'b', { AccountUid: '2', Account: 'other' }))).toEqual(['other/alice/b'])
  expect(commit(key('alice', 'a', { AccessKeyId: 'new' }))).toEqual(['alice'])
  expect(Object.keys(read().profiles)).toHaveLength(5)
  expect(read().profiles.alice.accessKeyId).toBe('new')
})

test('with nothing to add, or when discarded, the file stays as it was', () => {
  expect(commit()).toEqual([])
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(file, '{"profiles": {}}')
  draftProfiles(file).discard()
  expect(readdirSync(folder)).toEqual(['credentials.json'])
})

test('what cannot be read or written is refused before any key is made', () => {
  writeFileSync(file, 'not JSON')
  expect(() => draftProfiles(file)).toThrow('is not JSON')
  expect(() => draftProfiles(join(folder, 'none', 'x.json'))).toThrow('cannot be written: ENOENT')
  if (process.getuid?.() === 0) return
  chmodSync(folder, 0o500)
  expect(() => draftProfiles(join(folder, 'x.json'))).toThrow('cannot be written: EACCES')
  chmodSync(folder, 0o700)
})
