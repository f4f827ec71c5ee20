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
const ids = () =>
  Object.fromEntries(
    Object.entries(read().profiles).map(([name, one]) => [
      name,
      (one as { accessKeyId: string }).accessKeyId,
    ]),
  )
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

test('the plain name is the newest key of the user; an older one goes by its label', () => {
  commit(key('alice', 'laptop'))
  expect(commit(key('alice', 'phone'))).toEqual(['alice'])
  expect(ids()).toEqual({ alice: 'id-alice-phone', 'alice/laptop': 'id-alice-laptop' })
  // The older one is made anew: now it is the newest.
  expect(commit(key('alice', 'laptop', { AccessKeyId: 'new' }))).toEqual(['alice'])
  expect(ids()).toEqual({ alice: 'new', 'alice/phone': 'id-alice-phone' })
})

test('profiles of deleted keys go, and the plain name passes to a key that is left', () => {
  commit(key('alice', 'a'), key('bob', 'a'))
  commit(key('alice', 'b'))
  expect(draftProfiles(file).commit('http://x', [], ['id-alice-b', 'id-bob-a', 'unknown'])).toEqual([])
  expect(ids()).toEqual({ alice: 'id-alice-a' })
  const before = readFileSync(file, 'utf8')
  expect(draftProfiles(file).commit('http://other', [], ['unknown'])).toEqual([])
  expect(readFileSync(file, 'utf8')).toBe(before)
  draftProfiles(file).commit('http://x', [], ['id-alice-a'])
  expect(ids()).toEqual({})
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
