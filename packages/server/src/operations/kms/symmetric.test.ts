import { constants, privateDecrypt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keySpecs } from '../../crypto/algorithms/index.ts'
import { RECIPIENT, recipientPrivateKey } from './testing/key-kit.ts'
import { type KmsFixture, OTHER, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const unsupported = { code: 'UnsupportedOperation' }
const badBlob = { code: 'InvalidParameter', name: 'CiphertextBlob' }

describe('symmetric keys', () => {
  const ciphers = keySpecs().flatMap((spec) => (spec.kind === 'cipher' ? [spec.name] : []))
  it.each(ciphers)('%s encrypts text, bound to its context', async (KeySpec) => {
    const KeyId = await fixture.key({ KeySpec })
    for (const Plaintext of ['aGVsbG8=', 'plaintext', '', 'ä 中']) {
      const context = { EncryptionContext: { a: 'b&c=d', ü: '' } }
      const sealed = await fixture.ok('Encrypt', { KeyId, Plaintext, ...context })
      const { CiphertextBlob, KeyVersionId } = sealed
      expect(Buffer.from(CiphertextBlob, 'base64')).toHaveLength(64 + Buffer.byteLength(Plaintext))
      expect(await fixture.ok('Decrypt', { CiphertextBlob, ...context })).toEqual({
        Plaintext,
        KeyId,
        KeyVersionId,
      })
      for (const EncryptionContext of [
        undefined,
        {},
        { a: 'b', c: 'd', ü: '' },
        { ü: '', a: 'b&c=d', x: '' },
      ]) {
        const wrong = { CiphertextBlob, ...(EncryptionContext ? { EncryptionContext } : {}) }
        expect(await fixture.problem('Decrypt', wrong)).toEqual(badBlob)
      }
    }
  })

  it('takes up to 6 KB', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('Encrypt', { KeyId, Plaintext: Buffer.alloc(6144).toString('base64') })
    await fixture.ok('Encrypt', { KeyId, Plaintext: '!'.repeat(8192) })
    for (const Plaintext of [Buffer.alloc(6145).toString('base64'), '!'.repeat(8193), 'ä'.repeat(4097)]) {
      expect(await fixture.problem('Encrypt', { KeyId, Plaintext })).toEqual({
        code: 'InvalidParameter',
        name: 'Plaintext',
      })
    }
  })

  it('makes data keys whose text is Base64, in 108 bytes for 32', async () => {
    const KeyId = await fixture.key()
    const made = await fixture.ok('GenerateDataKey', { KeyId })
    expect(Buffer.from(made.CiphertextBlob, 'base64')).toHaveLength(108)
    expect(Buffer.from(made.Plaintext, 'base64')).toHaveLength(32)
    expect((await fixture.ok('Decrypt', { CiphertextBlob: made.CiphertextBlob })).Plaintext).toBe(
      made.Plaintext,
    )
    const lengths: [object, number][] = [
      [{ KeySpec: 'AES_128' }, 16],
      [{ KeySpec: 'AES_256' }, 32],
      [{ NumberOfBytes: 1024 }, 1024],
      [{ NumberOfBytes: 1, KeySpec: 'AES_128' }, 1],
    ]
    for (const [input, length] of lengths) {
      const { CiphertextBlob, ...rest } = await fixture.ok('GenerateDataKeyWithoutPlaintext', {
        KeyId,
        ...input,
      })
      expect(rest).not.toHaveProperty('Plaintext')
      const { Plaintext } = await fixture.ok('Decrypt', { CiphertextBlob })
      expect(Buffer.from(Plaintext, 'base64')).toHaveLength(length)
    }
    for (const NumberOfBytes of [0, 1025, 1.5]) {
      expect(await fixture.problem('GenerateDataKey', { KeyId, NumberOfBytes })).toMatchObject({
        name: 'NumberOfBytes',
      })
    }
  })

  it('exports data keys for a public key', async () => {
    const KeyId = await fixture.key()
    const open = (text: string) =>
      privateDecrypt(
        { key: recipientPrivateKey, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING },
        Buffer.from(text, 'base64'),
      )
    const made = await fixture.ok('GenerateDataKey', { KeyId })
    const { CiphertextBlob } = made
    const exported = await fixture.ok('ExportDataKey', { CiphertextBlob, ...RECIPIENT })
    expect(open(exported.ExportedDataKey).toString('base64')).toBe(made.Plaintext)
    const both = await fixture.ok('GenerateAndExportDataKey', { KeyId, NumberOfBytes: 24, ...RECIPIENT })
    const { Plaintext } = await fixture.ok('Decrypt', { CiphertextBlob: both.CiphertextBlob })
    expect(open(both.ExportedDataKey).toString('base64')).toBe(Plaintext)
    const text = await fixture.ok('Encrypt', { KeyId, Plaintext: 'no Base64!' })
    const asItIs = await fixture.ok('ExportDataKey', { CiphertextBlob: text.CiphertextBlob, ...RECIPIENT })
    expect(open(asItIs.ExportedDataKey).toString()).toBe('no Base64!')
    const wrong = { ...RECIPIENT, PublicKeyBlob: 'AAAA' }
    expect(await fixture.problem('ExportDataKey', { CiphertextBlob, ...wrong })).toMatchObject({
      name: 'PublicKeyBlob',
    })
    const mixed = { ...RECIPIENT, WrappingAlgorithm: 'SM2PKE' }
    expect(await fixture.problem('ExportDataKey', { CiphertextBlob, ...mixed })).toMatchObject({
      name: 'WrappingAlgorithm',
    })
  })

  it.each(['RSA_2048', 'EC_SM2', 'HMAC_256'])('are not %s', async (KeySpec) => {
    const KeyId = await fixture.key({ KeySpec })
    for (const action of ['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext']) {
      const input = action === 'Encrypt' ? { Plaintext: 'x' } : {}
      expect(await fixture.problem(action, { KeyId, ...input })).toEqual(unsupported)
    }
  })
})

describe('a call that is only to be decided', () => {
  it('ends as the call would, and does nothing', async () => {
    const KeyId = await fixture.key()
    const before = fixture.audited.length
    const dry = (action: string, input: object, who = fixture.root) => fixture.call(who, action, input, true)
    expect(await dry('Encrypt', { KeyId, Plaintext: 'secret' })).toEqual({ ok: true, output: {} })
    expect(await dry('GenerateDataKey', { KeyId })).toEqual({ ok: true, output: {} })
    expect(await dry('Encrypt', { KeyId })).toMatchObject({ problem: { code: 'MissingParameter' } })
    const nobody = fixture.user('nobody')
    expect(await dry('Encrypt', { KeyId, Plaintext: 'x' }, nobody)).toMatchObject({
      problem: { code: 'AccessDenied' },
    })
    expect(fixture.audited.slice(before).map(({ outcome }) => outcome)).toEqual([
      'DryRun',
      'DryRun',
      'MissingParameter',
      'AccessDenied',
    ])
  })

  it("gives another account's key the look of a missing one", async () => {
    const KeyId = await fixture.key()
    const foreign = fixture.user('nobody', undefined, OTHER)
    const Arn = `acs:kms:cn-hangzhou:${fixture.root.account.uid}:key/${KeyId}`
    expect(await fixture.call(foreign, 'Encrypt', { KeyId: Arn, Plaintext: 'x' }, true)).toMatchObject({
      problem: { code: 'AccessDenied', denial: { foreign: true } },
    })
  })

  it('says what the state of the key says', async () => {
    const pair = await fixture.key({ KeySpec: 'EC_P256' })
    const dry = (action: string, input: object) => fixture.call(fixture.root, action, input, true)
    expect(await dry('Encrypt', { KeyId: pair, Plaintext: 'x' })).toMatchObject({ problem: unsupported })
    const KeyId = await fixture.key()
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId, Plaintext: 'x' })
    await fixture.ok('DisableKey', { KeyId })
    const rejected = { problem: { code: 'KeyStateRejects', state: 'Disabled' } }
    expect(await dry('Encrypt', { KeyId, Plaintext: 'x' })).toMatchObject(rejected)
    expect(await dry('Decrypt', { CiphertextBlob })).toMatchObject(rejected)
    expect(await dry('GenerateDataKey', { KeyId })).toMatchObject(rejected)
    expect(await dry('Encrypt', { KeyId: 'none', Plaintext: 'x' })).toMatchObject({
      problem: { code: 'KeyNotFound' },
    })
  })
})

it('a Recipient, whose meaning is not published, is refused', async () => {
  const KeyId = await fixture.key()
  const wrong = { code: 'InvalidParameter', name: 'Recipient' }
  expect(await fixture.problem('GenerateDataKey', { KeyId, Recipient: '{}' })).toEqual(wrong)
  expect(await fixture.problem('Decrypt', { CiphertextBlob: 'AAAA', Recipient: '{}' })).toEqual(wrong)
})
