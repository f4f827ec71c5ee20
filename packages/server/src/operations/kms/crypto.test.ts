import { constants, createPublicKey, privateDecrypt, publicEncrypt, randomBytes, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { algorithmsOf, type KeySpecName, keySpec, keySpecs } from '../../crypto/algorithms/index.ts'
import { RECIPIENT, recipientPrivateKey } from './testing/key-kit.ts'
import { type KmsHouse, OTHER, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

const unsupported = { code: 'UnsupportedOperation' }
const badBlob = { code: 'InvalidParameter', name: 'CiphertextBlob' }
const BLOCK = randomBytes(32).toString('base64')

async function pairOf(KeySpec: KeySpecName, KeyUsage: string) {
  const KeyId = await house.key({ KeySpec, KeyUsage })
  const { KeyVersions } = await house.ok('ListKeyVersions', { KeyId })
  return { KeyId, KeyVersionId: KeyVersions.KeyVersion[0].KeyVersionId as string }
}

describe('symmetric keys', () => {
  const ciphers = keySpecs().flatMap((spec) => (spec.kind === 'symmetric' ? [spec.name] : []))
  it.each(ciphers)('%s encrypts text, bound to its context', async (KeySpec) => {
    const KeyId = await house.key({ KeySpec })
    for (const Plaintext of ['aGVsbG8=', 'plaintext', '', 'ä 中']) {
      const context = { EncryptionContext: { a: 'b&c=d', ü: '' } }
      const sealed = await house.ok('Encrypt', { KeyId, Plaintext, ...context })
      const { CiphertextBlob, KeyVersionId } = sealed
      expect(Buffer.from(CiphertextBlob, 'base64')).toHaveLength(64 + Buffer.byteLength(Plaintext))
      expect(await house.ok('Decrypt', { CiphertextBlob, ...context })).toEqual({
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
        expect(await house.problem('Decrypt', wrong)).toEqual(badBlob)
      }
    }
  })

  it('takes up to 6 KB', async () => {
    const KeyId = await house.key()
    await house.ok('Encrypt', { KeyId, Plaintext: Buffer.alloc(6144).toString('base64') })
    await house.ok('Encrypt', { KeyId, Plaintext: '!'.repeat(8192) })
    for (const Plaintext of [Buffer.alloc(6145).toString('base64'), '!'.repeat(8193), 'ä'.repeat(4097)]) {
      expect(await house.problem('Encrypt', { KeyId, Plaintext })).toEqual({
        code: 'InvalidParameter',
        name: 'Plaintext',
      })
    }
  })

  it('makes data keys whose text is Base64, in 108 bytes for 32', async () => {
    const KeyId = await house.key()
    const made = await house.ok('GenerateDataKey', { KeyId })
    expect(Buffer.from(made.CiphertextBlob, 'base64')).toHaveLength(108)
    expect(Buffer.from(made.Plaintext, 'base64')).toHaveLength(32)
    expect((await house.ok('Decrypt', { CiphertextBlob: made.CiphertextBlob })).Plaintext).toBe(
      made.Plaintext,
    )
    const lengths: [object, number][] = [
      [{ KeySpec: 'AES_128' }, 16],
      [{ KeySpec: 'AES_256' }, 32],
      [{ NumberOfBytes: 1024 }, 1024],
      [{ NumberOfBytes: 1, KeySpec: 'AES_128' }, 1],
    ]
    for (const [input, length] of lengths) {
      const { CiphertextBlob, ...rest } = await house.ok('GenerateDataKeyWithoutPlaintext', {
        KeyId,
        ...input,
      })
      expect(rest).not.toHaveProperty('Plaintext')
      const { Plaintext } = await house.ok('Decrypt', { CiphertextBlob })
      expect(Buffer.from(Plaintext, 'base64')).toHaveLength(length)
    }
    for (const NumberOfBytes of [0, 1025, 1.5]) {
      expect(await house.problem('GenerateDataKey', { KeyId, NumberOfBytes })).toMatchObject({
        name: 'NumberOfBytes',
      })
    }
  })

  it('exports data keys for a public key', async () => {
    const KeyId = await house.key()
    const open = (text: string) =>
      privateDecrypt(
        { key: recipientPrivateKey, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING },
        Buffer.from(text, 'base64'),
      )
    const made = await house.ok('GenerateDataKey', { KeyId })
    const { CiphertextBlob } = made
    const exported = await house.ok('ExportDataKey', { CiphertextBlob, ...RECIPIENT })
    expect(open(exported.ExportedDataKey).toString('base64')).toBe(made.Plaintext)
    const both = await house.ok('GenerateAndExportDataKey', { KeyId, NumberOfBytes: 24, ...RECIPIENT })
    const { Plaintext } = await house.ok('Decrypt', { CiphertextBlob: both.CiphertextBlob })
    expect(open(both.ExportedDataKey).toString('base64')).toBe(Plaintext)
    const text = await house.ok('Encrypt', { KeyId, Plaintext: 'no Base64!' })
    const asItIs = await house.ok('ExportDataKey', { CiphertextBlob: text.CiphertextBlob, ...RECIPIENT })
    expect(open(asItIs.ExportedDataKey).toString()).toBe('no Base64!')
    const wrong = { ...RECIPIENT, PublicKeyBlob: 'AAAA' }
    expect(await house.problem('ExportDataKey', { CiphertextBlob, ...wrong })).toMatchObject({
      name: 'PublicKeyBlob',
    })
    const mixed = { ...RECIPIENT, WrappingAlgorithm: 'SM2PKE' }
    expect(await house.problem('ExportDataKey', { CiphertextBlob, ...mixed })).toMatchObject({
      name: 'WrappingAlgorithm',
    })
  })

  it.each(['RSA_2048', 'EC_SM2', 'HMAC_256'])('are not %s', async (KeySpec) => {
    const KeyId = await house.key({ KeySpec })
    for (const action of ['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext']) {
      const input = action === 'Encrypt' ? { Plaintext: 'x' } : {}
      expect(await house.problem(action, { KeyId, ...input })).toEqual(unsupported)
    }
  })
})

describe('key pairs', () => {
  const pairs = keySpecs().filter(
    (spec) => (spec.kind === 'rsa' || spec.kind === 'ec') && !/_[34]0/.test(spec.name),
  )
  const cells = (usage: 'SIGN/VERIFY' | 'ENCRYPT/DECRYPT') =>
    pairs.flatMap((spec) => algorithmsOf(spec, usage).map((algorithm) => ({ spec: spec.name, algorithm })))

  it.each(cells('SIGN/VERIFY'))('$spec signs by $algorithm', async ({ spec, algorithm: Algorithm }) => {
    const named = await pairOf(spec, 'SIGN/VERIFY')
    const signed = await house.ok('AsymmetricSign', { ...named, Algorithm, Digest: BLOCK })
    expect(signed).toMatchObject(named)
    const check = (Digest: string, Value: string) =>
      house.ok('AsymmetricVerify', { ...named, Algorithm, Digest, Value })
    expect(await check(BLOCK, signed.Value)).toEqual({ ...named, Value: true })
    expect((await check(Buffer.alloc(32).toString('base64'), signed.Value)).Value).toBe(false)
    expect((await check(BLOCK, 'AAAA')).Value).toBe(false)
    const short = { ...named, Algorithm, Digest: Buffer.alloc(31).toString('base64') }
    expect(await house.problem('AsymmetricSign', short)).toMatchObject({ name: 'Digest' })
    expect(await house.problem('AsymmetricSign', { ...named, Algorithm, Digest: '!' })).toMatchObject({
      name: 'Digest',
    })
    const other = { ...named, KeyVersionId: 'none', Algorithm, Digest: BLOCK }
    expect(await house.problem('AsymmetricSign', other)).toEqual({ code: 'KeyVersionNotFound' })
  })

  it.each(cells('ENCRYPT/DECRYPT'))(
    '$spec encrypts by $algorithm',
    async ({ spec, algorithm: Algorithm }) => {
      const named = await pairOf(spec, 'ENCRYPT/DECRYPT')
      const Plaintext = Buffer.from('hello').toString('base64')
      const sealed = await house.ok('AsymmetricEncrypt', { ...named, Algorithm, Plaintext })
      expect(sealed).toMatchObject(named)
      const { CiphertextBlob } = sealed
      expect(await house.ok('AsymmetricDecrypt', { ...named, Algorithm, CiphertextBlob })).toEqual({
        ...named,
        Plaintext,
      })
      const bytes = Buffer.from(CiphertextBlob, 'base64')
      bytes[bytes.length - 1]! ^= 1
      const flipped = { ...named, Algorithm, CiphertextBlob: bytes.toString('base64') }
      expect(await house.problem('AsymmetricDecrypt', flipped)).toEqual(badBlob)
      expect(await house.problem('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: 'x' })).toMatchObject(
        {
          name: 'Plaintext',
        },
      )
    },
  )

  it('give a public key that others can use', async () => {
    const signing = await pairOf('EC_P256', 'SIGN/VERIFY')
    const { PublicKey } = await house.ok('GetPublicKey', signing)
    expect(PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+\n-----END PUBLIC KEY-----\n$/)
    const message = Buffer.from('a message')
    const digest = await crypto.subtle.digest('SHA-256', message)
    const Digest = Buffer.from(digest).toString('base64')
    const { Value } = await house.ok('AsymmetricSign', { ...signing, Algorithm: 'ECDSA_SHA_256', Digest })
    expect(verify('sha256', message, createPublicKey(PublicKey), Buffer.from(Value, 'base64'))).toBe(true)
    const rsa = await pairOf('RSA_2048', 'ENCRYPT/DECRYPT')
    const key = (await house.ok('GetPublicKey', rsa)).PublicKey
    const padding = { key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }
    const CiphertextBlob = publicEncrypt(padding, Buffer.from('hi')).toString('base64')
    const opened = await house.ok('AsymmetricDecrypt', {
      ...rsa,
      Algorithm: 'RSAES_OAEP_SHA_256',
      CiphertextBlob,
    })
    expect(Buffer.from(opened.Plaintext, 'base64').toString()).toBe('hi')
    const symmetric = await house.key()
    expect(await house.problem('GetPublicKey', { KeyId: symmetric, KeyVersionId: 'none' })).toEqual(
      unsupported,
    )
  })

  it('do what they were made for, by their own algorithms, and nothing else', async () => {
    const signing = await pairOf('EC_P256', 'SIGN/VERIFY')
    const sealing = await pairOf('EC_P256', 'ENCRYPT/DECRYPT')
    const ECIES = 'ECIES_DH_SHA_1_XOR_HMAC'
    const sign = (named: object, Algorithm: string) =>
      house.problem('AsymmetricSign', { ...named, Algorithm, Digest: BLOCK })
    const seal = (named: object, Algorithm: string) =>
      house.problem('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: 'AAAA' })
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
    const KeyId = await house.key({ KeySpec })
    const Algorithm = algorithmsOf(keySpec(KeySpec), 'GENERATE/VERIFY_MAC')[0]
    const call = { KeyId, Algorithm, Message: 'aGVsbG8=' }
    const { Mac } = await house.ok('GenerateMac', call)
    expect(await house.ok('VerifyMac', { ...call, Mac })).toEqual({ KeyId, Algorithm, Value: true })
    expect((await house.ok('VerifyMac', { ...call, Message: 'AAAA', Mac })).Value).toBe(false)
    const short = Buffer.from(Mac, 'base64').subarray(0, 16).toString('base64')
    expect((await house.ok('VerifyMac', { ...call, Mac: short })).Value).toBe(false)
    const other = Algorithm === 'HMAC_SM3' ? 'HMAC_SHA_512' : 'HMAC_SM3'
    expect(await house.problem('GenerateMac', { ...call, Algorithm: other })).toEqual(unsupported)
    expect(await house.problem('GenerateMac', { ...call, KeyId: await house.key() })).toEqual(unsupported)
  })
})

describe('ReEncrypt', () => {
  it('moves a text to another key and context', async () => {
    const [from, to] = [await house.key(), await house.key({ KeySpec: 'Aliyun_SM4' })]
    const sealed = await house.ok('Encrypt', {
      KeyId: from,
      Plaintext: 'text',
      EncryptionContext: { a: '1' },
    })
    const moved = await house.ok('ReEncrypt', {
      CiphertextBlob: sealed.CiphertextBlob,
      SourceEncryptionContext: { a: '1' },
      DestinationKeyId: to,
      DestinationEncryptionContext: { b: '2' },
    })
    expect(moved).toMatchObject({ KeyId: from, KeyVersionId: sealed.KeyVersionId })
    const opened = await house.ok('Decrypt', {
      CiphertextBlob: moved.CiphertextBlob,
      EncryptionContext: { b: '2' },
    })
    expect(opened).toMatchObject({ Plaintext: 'text', KeyId: to })
    expect(
      await house.problem('ReEncrypt', { CiphertextBlob: sealed.CiphertextBlob, DestinationKeyId: to }),
    ).toEqual(badBlob)
  })

  it('opens public-key ciphertext, when key, version and algorithm are named', async () => {
    const pair = await pairOf('EC_SM2', 'ENCRYPT/DECRYPT')
    const to = await house.key()
    const Algorithm = 'SM2PKE'
    const { CiphertextBlob } = await house.ok('AsymmetricEncrypt', {
      ...pair,
      Algorithm,
      Plaintext: 'aGVsbG8=',
    })
    const source = {
      SourceKeyId: pair.KeyId,
      SourceKeyVersionId: pair.KeyVersionId,
      SourceEncryptionAlgorithm: Algorithm,
    }
    const moved = await house.ok('ReEncrypt', { CiphertextBlob, DestinationKeyId: to, ...source })
    expect(moved).toMatchObject(pair)
    expect((await house.ok('Decrypt', { CiphertextBlob: moved.CiphertextBlob })).Plaintext).toBe('aGVsbG8=')
    for (const name of ['SourceKeyId', 'SourceKeyVersionId', 'SourceEncryptionAlgorithm'] as const) {
      const { [name]: _, ...rest } = source
      expect(await house.problem('ReEncrypt', { CiphertextBlob, DestinationKeyId: to, ...rest })).toEqual({
        code: 'MissingParameter',
        name,
      })
    }
    expect(
      await house.problem('ReEncrypt', { CiphertextBlob, DestinationKeyId: pair.KeyId, ...source }),
    ).toEqual(unsupported)
  })

  it('is decided on both sides, each with its own context', async () => {
    const [from, to] = [await house.key(), await house.key()]
    const { CiphertextBlob } = await house.ok('Encrypt', {
      KeyId: from,
      Plaintext: 'x',
      EncryptionContext: { Project: 'A' },
    })
    const call = {
      CiphertextBlob,
      SourceEncryptionContext: { Project: 'A' },
      DestinationKeyId: to,
      DestinationEncryptionContext: { Project: 'B' },
    }
    const side = (Action: string, key: string, project: string) => ({
      Effect: 'Allow',
      Action,
      Resource: `acs:kms:*:*:key/${key}`,
      Condition: { StringEquals: { 'kms:EncryptionContext:Project': project } },
    })
    const good = [side('kms:ReEncryptFrom', from, 'A'), side('kms:ReEncryptTo', to, 'B')]
    await house.ok('ReEncrypt', call, house.user('mover', good))
    const bad: [object[], string][] = [
      [[good[0]!], 'kms:ReEncryptTo'],
      [[good[1]!], 'kms:ReEncryptFrom'],
      [[side('kms:ReEncryptFrom', from, 'B'), good[1]!], 'kms:ReEncryptFrom'],
      [[good[0]!, side('kms:ReEncryptTo', to, 'A')], 'kms:ReEncryptTo'],
      [[side('kms:ReEncryptFrom', to, 'A'), side('kms:ReEncryptTo', from, 'B')], 'kms:ReEncryptFrom'],
    ]
    for (const [statements, action] of bad) {
      expect(await house.problem('ReEncrypt', call, house.user('mover', statements))).toMatchObject({
        denial: { action },
      })
    }
    // The name of the seed's examples hits both sides, in an Allow and in a Deny.
    const both = { Effect: 'Allow', Action: 'kms:ReEncrypt', Resource: '*' }
    await house.ok('ReEncrypt', call, house.user('mover', [both]))
    const denied = house.user('mover', [
      { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
      { ...both, Effect: 'Deny' },
    ])
    expect(await house.problem('ReEncrypt', call, denied)).toMatchObject({
      denial: { reason: 'ExplicitDeny' },
    })
  })
})

describe('DryRun', () => {
  it('tells how a call would end, and nothing of it', async () => {
    const KeyId = await house.key()
    const before = house.audited.length
    const dry = (action: string, input: object, who = house.root) =>
      house.call(who, action, { DryRun: true, ...input })
    expect(await dry('Encrypt', { KeyId, Plaintext: 'secret' })).toEqual({
      ok: false,
      problem: { code: 'DryRun', result: 'Succeeded' },
    })
    expect(await dry('GenerateDataKey', { KeyId })).toEqual({
      ok: false,
      problem: { code: 'DryRun', result: 'Succeeded' },
    })
    expect(await dry('Encrypt', { KeyId })).toMatchObject({ problem: { code: 'DryRun', result: 'Invalid' } })
    const nobody = house.user('nobody')
    expect(await dry('Encrypt', { KeyId, Plaintext: 'x' }, nobody)).toMatchObject({
      problem: { code: 'DryRun', result: 'Denied' },
    })
    expect(house.audited.length).toBe(before + 4)
    // Another account's key looks the same, dry or not.
    const foreign = house.user('nobody', undefined, OTHER)
    const Arn = `acs:kms:cn-hangzhou:${house.root.account.uid}:key/${KeyId}`
    expect(await dry('Encrypt', { KeyId: Arn, Plaintext: 'x' }, foreign)).toMatchObject({
      problem: { code: 'AccessDenied', denial: { foreign: true } },
    })
  })

  it('refuses a Recipient, whose meaning is not published', async () => {
    const KeyId = await house.key()
    const wrong = { code: 'InvalidParameter', name: 'Recipient' }
    expect(await house.problem('GenerateDataKey', { KeyId, Recipient: '{}' })).toEqual(wrong)
    expect(await house.problem('Decrypt', { CiphertextBlob: 'AAAA', Recipient: '{}' })).toEqual(wrong)
  })
})
