import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { algorithmsOf, type KeyUsage, keySpecs, knownKeySpec } from '../../crypto/algorithms/index.ts'
import { sealImportToken } from '../../kms/material.ts'
import { wrapFor } from './testing/example-keys.ts'
import { materialOf } from './testing/key-kit.ts'
import { type KmsFixture, OWN, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const external = (options: object = {}) => fixture.key({ Origin: 'EXTERNAL', ...options })
const stateOf = async (KeyId: string) => (await fixture.ok('DescribeKey', { KeyId })).KeyMetadata
const seconds = (days: number) => Math.floor(fixture.clock.now() / 1000) + days * 86_400

/** Uses the key once, by the first algorithm that it has. */
async function use(KeyId: string, spec: string, usage: KeyUsage) {
  const { KeyVersions } = await fixture.ok('ListKeyVersions', { KeyId })
  const KeyVersionId = KeyVersions.KeyVersion[0].KeyVersionId
  const Algorithm = algorithmsOf(knownKeySpec(spec), usage)[0]
  if (usage === 'GENERATE/VERIFY_MAC') return fixture.ok('GenerateMac', { KeyId, Algorithm, Message: 'AAAA' })
  if (usage === 'SIGN/VERIFY') {
    const Digest = Buffer.alloc(32, 4).toString('base64')
    return fixture.ok('AsymmetricSign', { KeyId, KeyVersionId, Algorithm, Digest })
  }
  if (Algorithm === 'SYMMETRIC_DEFAULT') return fixture.ok('Encrypt', { KeyId, Plaintext: 'hello' })
  return fixture.ok('AsymmetricEncrypt', { KeyId, KeyVersionId, Algorithm, Plaintext: 'AAAA' })
}

describe('import of key material', () => {
  const ways = keySpecs().flatMap((spec) => spec.wrappings.map((way) => ({ spec: spec.name, ...way })))
  // RSA keys of the larger sizes take seconds to make and differ in nothing here.
  const quick = ways.filter(({ spec }) => spec !== 'RSA_3072' && spec !== 'RSA_4096')
  it.each(quick)(
    'brings $spec in by $algorithm, and the key works',
    async ({ spec, keySpec: wrapping, algorithm }) => {
      const KeyId = await external({ KeySpec: spec })
      expect(await stateOf(KeyId)).toMatchObject({ KeyState: 'PendingImport', Origin: 'EXTERNAL' })
      const sent = await wrapFor(fixture.ok, KeyId, materialOf(spec), spec, { keySpec: wrapping, algorithm })
      await fixture.ok('ImportKeyMaterial', { KeyId, ...sent })
      expect(await stateOf(KeyId)).toMatchObject({ KeyState: 'Enabled', MaterialExpireTime: '' })
      await use(KeyId, spec, knownKeySpec(spec).defaultUsage)
    },
  )

  it('refuses a way that the spec does not have', async () => {
    const ask = (KeyId: string, WrappingKeySpec: string, WrappingAlgorithm: string) =>
      fixture.problem('GetParametersForImport', { KeyId, WrappingKeySpec, WrappingAlgorithm })
    const wrong = { code: 'InvalidParameter', name: 'WrappingAlgorithm' }
    const KeyId = await external()
    expect(await ask(KeyId, 'RSA_2048', 'SM2PKE')).toMatchObject(wrong)
    expect(await ask(KeyId, 'EC_SM2', 'SM2PKE_SM4_ECB')).toMatchObject(wrong)
    expect(await ask(await fixture.key(), 'RSA_2048', 'RSAES_OAEP_SHA_1')).toEqual({
      code: 'UnsupportedOrigin',
    })
  })

  it('refuses material of another length, and of another token', async () => {
    const [KeyId, other] = [await external(), await external()]
    const short = await wrapFor(fixture.ok, KeyId, Buffer.alloc(31, 1))
    expect(await fixture.problem('ImportKeyMaterial', { KeyId, ...short })).toEqual({
      code: 'InvalidKeyMaterial',
    })
    const good = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    const again = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    const crossed = { KeyId, ImportToken: good.ImportToken, EncryptedKeyMaterial: again.EncryptedKeyMaterial }
    expect(await fixture.problem('ImportKeyMaterial', crossed)).toEqual({ code: 'InvalidKeyMaterial' })
    expect(await fixture.problem('ImportKeyMaterial', { KeyId: other, ...good })).toEqual({
      code: 'InvalidImportToken',
    })
    const flipped = `${good.ImportToken.slice(0, 40)}${good.ImportToken[40] === 'A' ? 'B' : 'A'}${good.ImportToken.slice(41)}`
    for (const ImportToken of ['AAAA', 'no token', flipped]) {
      expect(await fixture.problem('ImportKeyMaterial', { ...good, KeyId, ImportToken })).toEqual({
        code: 'InvalidImportToken',
      })
    }
    expect((await stateOf(KeyId)).KeyState).toBe('PendingImport')
  })

  it('takes a token for a day, as often as one likes', async () => {
    const KeyId = await external()
    const sent = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    await fixture.ok('ImportKeyMaterial', { KeyId, ...sent })
    fixture.clock.advance(86_399_000)
    await fixture.ok('ImportKeyMaterial', { KeyId, ...sent })
    fixture.clock.advance(2_000)
    expect(await fixture.problem('ImportKeyMaterial', { KeyId, ...sent })).toEqual({
      code: 'ExpiredImportToken',
    })
  })

  it('takes no token that a clock far ahead made, until then', async () => {
    const KeyId = await external()
    const sent = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    const wrapping = { keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_256' }
    const made = (after: number) =>
      sealImportToken(
        fixture.keyring,
        { id: KeyId, accountUid: OWN.uid },
        wrapping,
        Buffer.from('no key'),
        fixture.clock.now() + after,
      ).token
    const ahead = { ...sent, KeyId, ImportToken: made(31 * 86_400_000) }
    expect(await fixture.problem('ImportKeyMaterial', ahead)).toEqual({ code: 'ExpiredImportToken' })
  })

  it('binds the key to its first material for ever', async () => {
    const KeyId = await external()
    await fixture.ok('ImportKeyMaterial', {
      KeyId,
      ...(await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))),
    })
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId, Plaintext: 'kept' })
    await fixture.ok('DeleteKeyMaterial', { KeyId })
    expect(await stateOf(KeyId)).toMatchObject({ KeyState: 'PendingImport' })
    expect(await fixture.problem('Decrypt', { CiphertextBlob })).toEqual({
      code: 'KeyStateRejects',
      state: 'PendingImport',
    })
    const other = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 2))
    expect(await fixture.problem('ImportKeyMaterial', { KeyId, ...other })).toEqual({
      code: 'InvalidKeyMaterial',
    })
    await fixture.ok('ImportKeyMaterial', {
      KeyId,
      ...(await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))),
    })
    expect((await fixture.ok('Decrypt', { CiphertextBlob })).Plaintext).toBe('kept')
  })

  it('lets material end by the clock, before the job comes and after it', async () => {
    const KeyId = await external()
    const sent = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    await fixture.ok('ImportKeyMaterial', { KeyId, ...sent, KeyMaterialExpireUnix: seconds(1) })
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId, Plaintext: 'kept' })
    expect((await stateOf(KeyId)).MaterialExpireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    await fixture.ok('DisableKey', { KeyId })
    fixture.days(1.01)
    const gone = { code: 'KeyStateRejects', state: 'PendingImport' }
    expect((await stateOf(KeyId)).KeyState).toBe('PendingImport')
    expect(await fixture.problem('Decrypt', { CiphertextBlob })).toEqual(gone)
    expect(await fixture.work()).toBe(1)
    expect(await fixture.work()).toBe(0)
    const rows = await fixture.store.read
      .selectFrom('kms_key_versions')
      .select('sealed_material')
      .where('key_id', '=', KeyId)
      .execute()
    expect(rows).toEqual([{ sealed_material: null }])
    expect(await fixture.problem('Decrypt', { CiphertextBlob })).toEqual(gone)
    const again = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    await fixture.ok('ImportKeyMaterial', { KeyId, ...again, KeyMaterialExpireUnix: 0 })
    expect((await stateOf(KeyId)).KeyState).toBe('Enabled')
    expect((await fixture.ok('Decrypt', { CiphertextBlob })).Plaintext).toBe('kept')
  })

  it('refuses an end in the past', async () => {
    const KeyId = await external()
    const sent = await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))
    const late = { KeyId, ...sent, KeyMaterialExpireUnix: seconds(-1) }
    expect(await fixture.problem('ImportKeyMaterial', late)).toEqual({
      code: 'InvalidParameter',
      name: 'KeyMaterialExpireUnix',
    })
  })

  it('keeps ciphertexts of one material under two keys apart', async () => {
    const [one, two] = [await external(), await external()]
    for (const KeyId of [one, two]) {
      await fixture.ok('ImportKeyMaterial', {
        KeyId,
        ...(await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))),
      })
    }
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId: one, Plaintext: 'x' })
    const { KeyVersions } = await fixture.ok('ListKeyVersions', { KeyId: two })
    const bytes = Buffer.from(CiphertextBlob, 'base64')
    bytes.write(KeyVersions.KeyVersion[0].KeyVersionId, 0, 'latin1')
    expect(await fixture.problem('Decrypt', { CiphertextBlob: bytes.toString('base64') })).toEqual({
      code: 'InvalidParameter',
      name: 'CiphertextBlob',
    })
  })

  it('leaves imported keys one version and no rotation', async () => {
    const KeyId = await external()
    await fixture.ok('ImportKeyMaterial', {
      KeyId,
      ...(await wrapFor(fixture.ok, KeyId, Buffer.alloc(32, 1))),
    })
    fixture.days(10)
    expect(await fixture.problem('CreateKeyVersion', { KeyId })).toEqual({ code: 'OperationRejected' })
    expect(
      await fixture.problem('UpdateRotationPolicy', {
        KeyId,
        EnableAutomaticRotation: true,
        RotationInterval: '30d',
      }),
    ).toEqual({ code: 'OperationRejected' })
    expect(
      await fixture.problem('CreateKey', {
        Origin: 'EXTERNAL',
        EnableAutomaticRotation: true,
        RotationInterval: '30d',
      }),
    ).toEqual({ code: 'UnsupportedOperation' })
  })
})
