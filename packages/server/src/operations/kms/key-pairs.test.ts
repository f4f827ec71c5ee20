import { constants, createPublicKey, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { algorithmsOf, keySpecs, knownKeySpec } from '../../crypto/algorithms/index.ts'
import { pairOf } from './testing/key-kit.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const unsupported = { code: 'UnsupportedOperation' }
const badBlob = { code: 'InvalidParameter', name: 'CiphertextBlob' }
const BLOCK = randomBytes(32).toString('base64')

describe('key pairs', () => {
  const pairs = keySpecs().filter((spec) => spec.kind === 'pair' && !/_[34]0/.test(spec.name))
  const cells = (usage: 'SIGN/VERIFY' | 'ENCRYPT/DECRYPT') =>
    pairs.flatMap((spec) => algorithmsOf(spec, usage).map((algorithm) => ({ spec: spec.name, algorithm })))

  it.each(cells('SIGN/VERIFY'))('$spec signs by $algorithm', async ({ spec, algorithm: Algorithm }) => {
    const named = await pairOf(fixture, spec, 'SIGN/VERIFY')
    const signed = await fixture.ok('AsymmetricSign', { ...named, Algorithm, Digest: BLOCK })
    expect(signed).toMatchObject(named)
    const check = (Digest: string, Value: string) =>
      fixture.ok('AsymmetricVerify', { ...named, Algorithm, Digest, Value })
    expect(await check(BLOCK, signed.Value)).toEqual({ ...named, Value: true })
    expect((await check(Buffer.alloc(32).toString('base64'), signed.Value)).Value).toBe(false)
    expect((await check(BLOCK, 'AAAA')).Value).toBe(false)
    const short = { ...named, Algorithm, Digest: Buffer.alloc(31).toString('base64') }
    expect(await fixture.problem('AsymmetricSign', short)).toMatchObject({ name: 'Digest' })
    expect(await fixture.problem('AsymmetricSign', { ...named, Algorithm, Digest: '!' })).toMatchObject({
      name: 'Digest',
    })
    const other = { ...named, KeyVersionId: 'none', Algorithm, Digest: BLOCK }
    expect(await fixture.problem('AsymmetricSign', other)).toEqual({ code: 'KeyVersionNotFound' })
  })

  it.each(cells('ENCRYPT/DECRYPT'))(
    '$spec encrypts by $algorithm',
    async ({ spec, algorithm: Algorithm }) => {
      const named = await pairOf(fixture, spec, 'ENCRYPT/DECRYPT')
      const Plaintext = Buffer.from('hello').toString('base64')
      const sealed = await fixture.ok('AsymmetricEncrypt', { ...named, Algorithm, Plaintext })
      expect(sealed).toMatchObject(named)
      const { CiphertextBlob } = sealed
      expect(await fixture.ok('AsymmetricDecrypt', { ...named, Algorithm, CiphertextBlob })).toEqual({
        ...named,
        Plaintext,
      })
      const bytes = Buffer.from(CiphertextBlob, 'base64')
      bytes[bytes.length - 1]! ^= 1
      const flipped = { ...named, Algorithm, CiphertextBlob: bytes.toString('base64') }
      expect(await fixture.problem('AsymmetricDecrypt', flipped)).toEqual(badBlob)
      expect(
        await fixture.problem('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: 'x' }),
      ).toMatchObject({
        name: 'Plaintext',
      })
    },
  )

  it('give a public key that others can use', async () => {
    const signing = await pairOf(fixture, 'EC_P256', 'SIGN/VERIFY')
    const { PublicKey } = await fixture.ok('GetPublicKey', signing)
    expect(PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/)
    const message = Buffer.from('a message')
    const digest = await crypto.subtle.digest('SHA-256', message)
    const Digest = Buffer.from(digest).toString('base64')
    const { Value } = await fixture.ok('AsymmetricSign', { ...signing, Algorithm: 'ECDSA_SHA_256', Digest })
    expect(verify('sha256', message, createPublicKey(PublicKey), Buffer.from(Value, 'base64'))).toBe(true)
    const rsa = await pairOf(fixture, 'RSA_2048', 'ENCRYPT/DECRYPT')
    const key = (await fixture.ok('GetPublicKey', rsa)).PublicKey
    const padding = { key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }
    const CiphertextBlob = publicEncrypt(padding, Buffer.from('hi')).toString('base64')
    const opened = await fixture.ok('AsymmetricDecrypt', {
      ...rsa,
      Algorithm: 'RSAES_OAEP_SHA_256',
      CiphertextBlob,
    })
    expect(Buffer.from(opened.Plaintext, 'base64').toString()).toBe('hi')
    const symmetric = await fixture.key()
    expect(await fixture.problem('GetPublicKey', { KeyId: symmetric, KeyVersionId: 'none' })).toEqual(
      unsupported,
    )
  })

  it('do what they were made for, by their own algorithms, and nothing else', async () => {
    const signing = await pairOf(fixture, 'EC_P256', 'SIGN/VERIFY')
    const sealing = await pairOf(fixture, 'EC_P256', 'ENCRYPT/DECRYPT')
    const ECIES = 'ECIES_DH_SHA_1_XOR_HMAC'
    const sign = (named: object, Algorithm: string) =>
      fixture.problem('AsymmetricSign', { ...named, Algorithm, Digest: BLOCK })
    const seal = (named: object, Algorithm: string) =>
      fixture.problem('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: 'AAAA' })
    expect(await sign(sealing, 'ECDSA_SHA_256')).toEqual(unsupported)
    expect(await sign(signing, 'SM2DSA')).toEqual(unsupported)
    expect(await sign(signing, 'NONE')).toMatchObject({ code: 'InvalidParameter', name: 'Algorithm' })
    expect(await seal(signing, ECIES)).toEqual({ code: 'OperationRejected' })
    expect(await seal(sealing, 'RSAES_OAEP_SHA_1')).toEqual({ code: 'OperationRejected' })
    const cross = { KeyId: signing.KeyId, KeyVersionId: sealing.KeyVersionId }
    expect(await sign(cross, 'ECDSA_SHA_256')).toEqual({ code: 'KeyVersionNotFound' })
  })
})

describe('MACs', () => {
  const macs = keySpecs().flatMap((spec) => (spec.kind === 'mac' ? [spec.name] : []))
  it.each(macs)('%s computes and verifies', async (KeySpec) => {
    const KeyId = await fixture.key({ KeySpec })
    const Algorithm = algorithmsOf(knownKeySpec(KeySpec), 'GENERATE/VERIFY_MAC')[0]
    const call = { KeyId, Algorithm, Message: 'aGVsbG8=' }
    const { Mac } = await fixture.ok('GenerateMac', call)
    expect(await fixture.ok('VerifyMac', { ...call, Mac })).toEqual({ KeyId, Algorithm, Value: true })
    expect((await fixture.ok('VerifyMac', { ...call, Message: 'AAAA', Mac })).Value).toBe(false)
    const short = Buffer.from(Mac, 'base64').subarray(0, 16).toString('base64')
    expect((await fixture.ok('VerifyMac', { ...call, Mac: short })).Value).toBe(false)
    const other = Algorithm === 'HMAC_SM3' ? 'HMAC_SHA_512' : 'HMAC_SM3'
    expect(await fixture.problem('GenerateMac', { ...call, Algorithm: other })).toEqual(unsupported)
    expect(await fixture.problem('GenerateMac', { ...call, KeyId: await fixture.key() })).toEqual(unsupported)
  })
})
