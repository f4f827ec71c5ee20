import './testing/made-up-specs.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKeySpec, keySpecs, knownKeySpec } from '../../crypto/algorithms/index.ts'
import { wrapFor } from './testing/example-keys.ts'
import { pairOf } from './testing/key-kit.ts'
import { type KmsHouse, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

const base64 = (text: string) => Buffer.from(text).toString('base64')
const Digest = Buffer.alloc(32, 5).toString('base64')
const PAIR = 'MADE_UP_PAIR'
const CIPHER = 'MADE_UP_CIPHER'
const MAC = 'MADE_UP_KEYED_HASH'
const unsupported = { code: 'UnsupportedOperation' }

describe('a key spec is one row of the table: made-up ones', () => {
  it('are made, described and listed', async () => {
    for (const KeySpec of [PAIR, CIPHER, MAC]) {
      const KeyId = await house.key({ KeySpec })
      const { KeyMetadata } = await house.ok('DescribeKey', { KeyId })
      expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage: knownKeySpec(KeySpec).defaultUsage })
    }
    const { KeySpecs } = await house.ok('DescribeService')
    const named = KeySpecs.KeySpec.map(({ Name }: { Name: string }) => Name)
    expect(named).toEqual(expect.arrayContaining([PAIR, CIPHER, MAC]))
    expect(await house.problem('CreateKey', { KeySpec: CIPHER, KeyUsage: 'SIGN/VERIFY' })).toEqual(
      unsupported,
    )
    expect(await house.problem('CreateKey', { KeySpec: 'MADE_UP_NOTHING' })).toMatchObject({
      name: 'KeySpec',
    })
  })

  it('decide policies by their names', async () => {
    const only = [
      {
        Effect: 'Allow',
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringEquals: { 'kms:KeySpec': PAIR } },
      },
    ]
    const user = house.user('made-up', only)
    expect(await house.call(user, 'CreateKey', { KeySpec: PAIR })).toMatchObject({ ok: true })
    expect(await house.call(user, 'CreateKey', { KeySpec: CIPHER })).toMatchObject({ ok: false })
  })

  it('sign and verify, and nothing else does under their name', async () => {
    const named = await pairOf(house, PAIR, 'SIGN/VERIFY')
    const call = { ...named, Algorithm: 'MADE_UP_SIGNATURE', Digest }
    const { Value } = await house.ok('AsymmetricSign', call)
    expect(await house.ok('AsymmetricVerify', { ...call, Value })).toEqual({ ...named, Value: true })
    expect(await house.ok('AsymmetricVerify', { ...call, Value: base64('no') })).toMatchObject({
      Value: false,
    })
    expect((await house.ok('GetPublicKey', named)).PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/)
    const known = await pairOf(house, 'EC_P256', 'SIGN/VERIFY')
    expect(await house.problem('AsymmetricSign', { ...call, ...known })).toEqual(unsupported)
    expect(await house.problem('AsymmetricSign', { ...call, Algorithm: 'ECDSA_SHA_256' })).toEqual(
      unsupported,
    )
  })

  it('encrypt and decrypt with two halves, and with one secret', async () => {
    const named = await pairOf(house, PAIR, 'ENCRYPT/DECRYPT')
    const Algorithm = 'MADE_UP_ENCRYPTION'
    const sealed = await house.ok('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: base64('hello') })
    const { CiphertextBlob } = sealed
    expect(await house.ok('AsymmetricDecrypt', { ...named, Algorithm, CiphertextBlob })).toMatchObject({
      Plaintext: base64('hello'),
    })
    const long = Buffer.alloc(101).toString('base64')
    expect(await house.problem('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: long })).toMatchObject({
      name: 'Plaintext',
    })
    const KeyId = await house.key({ KeySpec: CIPHER })
    const blob = (await house.ok('Encrypt', { KeyId, Plaintext: 'hello' })).CiphertextBlob
    expect(await house.ok('Decrypt', { CiphertextBlob: blob })).toMatchObject({ Plaintext: 'hello' })
    expect(await house.problem('Encrypt', { KeyId: named.KeyId, Plaintext: 'x' })).toEqual(unsupported)
  })

  it('make data keys, take them out and re-encrypt them', async () => {
    const KeyId = await house.key({ KeySpec: CIPHER })
    const known = await house.key()
    const made = await house.ok('GenerateDataKey', { KeyId })
    const { CiphertextBlob } = made
    expect(await house.ok('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: made.Plaintext })
    const again = await house.ok('ReEncrypt', { CiphertextBlob, DestinationKeyId: known })
    expect(await house.ok('Decrypt', { CiphertextBlob: again.CiphertextBlob })).toMatchObject({
      Plaintext: made.Plaintext,
    })
    const recipient = await pairOf(house, PAIR, 'ENCRYPT/DECRYPT')
    const pem: string = (await house.ok('GetPublicKey', recipient)).PublicKey
    const PublicKeyBlob = pem.replaceAll(/-----[A-Z ]+-----|\n/g, '')
    const to = { PublicKeyBlob, WrappingKeySpec: PAIR, WrappingAlgorithm: 'MADE_UP_ENCRYPTION' }
    const { ExportedDataKey } = await house.ok('ExportDataKey', { CiphertextBlob, ...to })
    const opened = { ...recipient, Algorithm: 'MADE_UP_ENCRYPTION', CiphertextBlob: ExportedDataKey }
    expect(await house.ok('AsymmetricDecrypt', opened)).toMatchObject({ Plaintext: made.Plaintext })
    await house.ok('GenerateAndExportDataKey', { KeyId, ...to })
  })

  it('compute MACs', async () => {
    const call = { KeyId: await house.key({ KeySpec: MAC }), Algorithm: 'MADE_UP_MAC', Message: 'aGVsbG8=' }
    const { Mac } = await house.ok('GenerateMac', call)
    expect(await house.ok('VerifyMac', { ...call, Mac })).toMatchObject({ Value: true })
    expect(await house.ok('VerifyMac', { ...call, Message: 'AAAA', Mac })).toMatchObject({ Value: false })
    expect(await house.problem('GenerateMac', { ...call, Algorithm: 'HMAC_SHA_256' })).toEqual(unsupported)
  })

  it('come in wrapped, by their own way alone', async () => {
    for (const KeySpec of [PAIR, CIPHER, MAC]) {
      const KeyId = await house.key({ KeySpec, Origin: 'EXTERNAL' })
      const way = { keySpec: PAIR, algorithm: 'MADE_UP_WRAPPING' }
      // The toy wraps under the public half as GetParametersForImport gives it.
      const sent = await wrapFor(house.ok, KeyId, Buffer.alloc(24, 6), KeySpec, way)
      await house.ok('ImportKeyMaterial', { KeyId, ...sent })
      expect((await house.ok('DescribeKey', { KeyId })).KeyMetadata.KeyState).toBe('Enabled')
      const foreign = { KeyId, WrappingKeySpec: 'RSA_2048', WrappingAlgorithm: 'RSAES_OAEP_SHA_256' }
      expect(await house.problem('GetParametersForImport', foreign)).toMatchObject({
        name: 'WrappingAlgorithm',
      })
    }
  })

  it('get new versions and rotate where the kind of key can', async () => {
    const pair = await pairOf(house, PAIR, 'SIGN/VERIFY')
    const cipher = await house.key({
      KeySpec: CIPHER,
      EnableAutomaticRotation: true,
      RotationInterval: '7d',
    })
    house.days(8)
    await house.ok('CreateKeyVersion', { KeyId: pair.KeyId })
    await house.work()
    for (const KeyId of [pair.KeyId, cipher]) {
      expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
    }
    const mac = await house.key({ KeySpec: MAC })
    expect(await house.problem('CreateKeyVersion', { KeyId: mac })).toEqual({ code: 'OperationRejected' })
  })
})

describe('the table of key specs', () => {
  it('takes no row once it has been read, and none twice', () => {
    expect(() => addKeySpec({ ...knownKeySpec(MAC), name: 'MADE_UP_LATE' } as never)).toThrow(/read already/)
  })

  it('is the one place of the product that names specs and their algorithms', () => {
    const source = join(import.meta.dirname, '../..')
    const names = keySpecs().flatMap((spec) => [
      spec.name,
      ...spec.wrappings.map(({ algorithm }) => algorithm),
      ...(spec.kind === 'pair' ? [...spec.signatures, ...spec.encryptions].map(({ name }) => name) : []),
    ])
    const quoted = new RegExp(`['"\`](?:${[...new Set(names)].join('|')})['"\`]`)
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.test\.ts$|\/testing\/|^crypto\/algorithms\//.test(file),
    )
    expect(files.length).toBeGreaterThan(200)
    expect(files.filter((file) => quoted.test(readFileSync(join(source, file), 'utf8')))).toEqual([])
  })
})
