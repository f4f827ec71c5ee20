import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readInput } from './input.ts'
import { findOperation } from './operations.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-input-'))
  writeFileSync(join(folder, 'policy.json'), '{"Version": "1"}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const input = (product: string, word: string, ...words: string[]) =>
  readInput(findOperation(product, word), words, folder)

test('on the RPC wire everything stays text, in dotted parts where it is a map', () => {
  expect(
    input('kms', 'Encrypt', 'KeyId=k', 'Plaintext=a=b', 'EncryptionContext.Project=A', 'DryRun=true'),
  ).toEqual({
    KeyId: 'k',
    Plaintext: 'a=b',
    'EncryptionContext.Project': 'A',
    DryRun: 'true',
  })
})

test('on the REST wire a name finds its place in the path, the query or the body', () => {
  expect(input('kps', 'create', 'name=a', 'scope=domain')).toEqual({
    keypair: { name: 'a', scope: 'domain' },
  })
  expect(input('kps', 'CreateKeypair', 'name=7')).toEqual({ keypair: { name: '7' } })
  expect(input('kps', 'show', 'name=a')).toEqual({ keypair_name: 'a' })
  expect(input('kps', 'list', 'limit=2', 'marker=x')).toEqual({ limit: 2, marker: 'x' })
  expect(input('kps', 'list', 'limit=two')).toEqual({ limit: 'two' })
})

test('a value comes from a file, and a text may start with @ all the same', () => {
  expect(input('kms', 'SetKeyPolicy', 'KeyId=k', 'Policy=@policy.json')).toMatchObject({
    Policy: '{"Version": "1"}',
  })
  expect(input('kms', 'Encrypt', 'KeyId=k', 'Plaintext=@@home')).toMatchObject({ Plaintext: '@home' })
})
