import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readInput } from './input.ts'
import { explainOperation, findOperation } from './operations.ts'

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

test('a file that is not text is refused with the way to give it, and never sent damaged', () => {
  writeFileSync(join(folder, 'blob.bin'), Buffer.from([0x41, 0xff, 0x00, 0x80]))
  expect(() => input('kms', 'Decrypt', 'CiphertextBlob=@blob.bin')).toThrow(/is not text.*base64 -w0/)
})

test('the newline that ends a file of Base64 is not part of the value; that of another text is', () => {
  for (const end of ['\n', '\r\n']) {
    writeFileSync(join(folder, 'blob.txt'), `QUJD${end}`)
    expect(input('kms', 'Decrypt', 'CiphertextBlob=@blob.txt')).toEqual({ CiphertextBlob: 'QUJD' })
    expect(input('kms', 'Encrypt', 'KeyId=k', 'Plaintext=@blob.txt').Plaintext).toBe(`QUJD${end}`)
  }
})

test.each([
  'kms Encrypt KeyId=a Plaintext=p KeyId=b',
  'kms Encrypt KeyId=a Plaintext=p EncryptionContext.A=1 EncryptionContext.A=1',
  'kps create name=a name=b',
  'kps list limit=1 limit=2',
])('a parameter that is given twice is refused: %s', (line) => {
  const [product = '', word = '', ...words] = line.split(' ')
  expect(() => input(product, word, ...words)).toThrow(/^`[\w.]+` is given more than once$/)
})

test('the names of the REST wire itself are taken as well as the short ones', () => {
  const made = { keypair: { name: 'a', scope: 'domain' } }
  expect(input('kps', 'create', 'keypair.name=a', 'keypair.scope=domain')).toEqual(made)
  expect(input('kps', 'create', 'keypair={"name":"a"}', 'scope=domain')).toEqual(made)
  expect(input('kps', 'show', 'keypair_name=a')).toEqual({ keypair_name: 'a' })
  for (const words of [
    ['name=a', 'keypair={"name":"a"}'],
    ['keypair={"name":"a"}', 'name=a'],
    ['keypair=null', 'name=a'],
  ]) {
    expect(() => input('kps', 'create', ...words)).toThrow(/more than once/)
  }
  expect(() => input('kps', 'show', 'name=a', 'keypair_name=a')).toThrow(/more than once/)
  expect(() => input('kps', 'create', 'keypair={}')).toThrow(/wants `name=` as well/)
})

test('dots name the members of objects and lists on the REST wire too', () => {
  const made = {
    keypair_name: 'web',
    server: { id: 'web-01', auth: { type: 'password', key: 'p' }, port: 2222 },
  }
  const short = ['name=web', 'id=web-01', 'auth.type=password', 'auth.key=p', 'port=2222']
  expect(input('kps', 'AssociateKeypair', ...short)).toEqual(made)
  const full = ['server.id=web-01', 'server.auth.type=password', 'server.auth.key=p', 'server.port=2222']
  expect(input('kps', 'AssociateKeypair', 'keypair_name=web', ...full)).toEqual(made)
  const batch = [
    'batch_keypairs.1.keypair_name=a',
    'batch_keypairs.1.server.id=h',
    'batch_keypairs.2.server.id=i',
  ]
  expect(input('kps', 'BatchAssociateKeypair', ...batch)).toEqual({
    batch_keypairs: [{ keypair_name: 'a', server: { id: 'h' } }, { server: { id: 'i' } }],
  })
})

test.each([
  ['auth.typ=password', /unknown parameter `auth.typ`; did you mean `type`\?/],
  ['auth.secret=x', /unknown parameter `auth.secret`; it has type, key/],
  ['port.x=1', /it has no members/],
  ['auth.type=password auth.type=keypair', /`type` is given more than once/],
  ['auth={} auth=1', /more than once/],
  ['auth=1 auth.type=password', /more than once/],
])('a member that is not there, or twice: %s', (words, says) => {
  expect(() => input('kps', 'AssociateKeypair', 'name=a', 'id=b', ...words.split(' '))).toThrow(says)
})

test('help names members, values, ranges and meanings', () => {
  const bind = explainOperation('kps', 'AssociateKeypair')
  expect(bind).toContain('  auth.type= (optional) string, one of password, keypair')
  expect(bind).toContain('  port= (optional) integer, from 1 to 65535: the port of its SSH server')
  expect(explainOperation('kps', 'BatchAssociateKeypair')).toContain('  batch_keypairs.1.server.auth.key=')
  expect(explainOperation('kms', 'ScheduleKeyDeletion')).toContain(
    'PendingWindowInDays= integer, from 7 to 366',
  )
  expect(explainOperation('kms', 'Encrypt')).toContain('  EncryptionContext.NAME= string: one entry of it')
})
