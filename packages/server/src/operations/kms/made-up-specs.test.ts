import './testing/made-up-specs.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKeySpec, keySpecs, knownKeySpec } from '../../crypto/algorithms/index.ts'
import { wrapFor } from './testing/example-keys.ts'
import { pairOf } from './testing/key-kit.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const base64 = (text: string) => Buffer.from(text).toString('base64')
const Digest = Buffer.alloc(32, 5).toString('base64')
const PAIR = 'MADE_UP_PAIR'
const CIPHER = 'MADE_UP_CIPHER'
const MAC = 'MADE_UP_KEYED_HASH'
const unsupported = { code: 'UnsupportedOperation' }

describe('a key spec is one row of the table: made-up ones', () => {
  it('are made, described and listed', async () => {
    for (const KeySpec of [PAIR, CIPHER, MAC]) {
      const KeyId = await fixture.key({ KeySpec })
      const { KeyMetadata } = await fixture.ok('DescribeKey', { KeyId })
      expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage: knownKeySpec(KeySpec).defaultUsage })
    }
    const { KeySpecs } = await fixture.ok('DescribeService')
    const named = KeySpecs.KeySpec.map(({ Name }: { Name: string }) => Name)
    expect(named).toEqual(expect.arrayContaining([PAIR, CIPHER, MAC]))
    expect(await fixture.problem('CreateKey', { KeySpec: CIPHER, KeyUsage: 'SIGN/VERIFY' })).toEqual(
      unsupported,
    )
    expect(await fixture.problem('CreateKey', { KeySpec: 'MADE_UP_NOTHING' })).toMatchObject({
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
    const user = fixture.user('made-up', only)
    expect(await fixture.call(user, 'CreateKey', { KeySpec: PAIR })).toMatchObject({ ok: true })
    expect(await fixture.call(user, 'CreateKey', { KeySpec: CIPHER })).toMatchObject({ ok: false })
  })

  it('sign and verify, and nothing else does under their name', async () => {
    const named = await pairOf(fixture, PAIR, 'SIGN/VERIFY')
    const call = { ...named, Algorithm: 'MADE_UP_SIGNATURE', Digest }
    const { Value } = await fixture.ok('AsymmetricSign', call)
    expect(await fixture.ok('AsymmetricVerify', { ...call, Value })).toEqual({ ...named, Value: true })
    expect(await fixture.ok('AsymmetricVerify', { ...call, Value: base64('no') })).toMatchObject({
      Value: false,
    })
    expect((await fixture.ok('GetPublicKey', named)).PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/)
    const known = await pairOf(fixture, 'EC_P256', 'SIGN/VERIFY')
    expect(await fixture.problem('AsymmetricSign', { ...call, ...known })).toEqual(unsupported)
    expect(await fixture.problem('AsymmetricSign', { ...call, Algorithm: 'ECDSA_SHA_256' })).toEqual(
      unsupported,
    )
  })

  it('encrypt and decrypt with two halves, and with one secret', async () => {
    const named = await pairOf(fixture, PAIR, 'ENCRYPT/DECRYPT')
    const Algorithm = 'MADE_UP_ENCRYPTION'
    const sealed = await fixture.ok('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: base64('hello') })
    const { CiphertextBlob } = sealed
    expect(await fixture.ok('AsymmetricDecrypt', { ...named, Algorithm, CiphertextBlob })).toMatchObject({
      Plaintext: base64('hello'),
    })
    const long = Buffer.alloc(101).toString('base64')
    expect(
      await fixture.problem('AsymmetricEncrypt', { ...named, Algorithm, Plaintext: long }),
    ).toMatchObject({
      name: 'Plaintext',
    })
    const KeyId = await fixture.key({ KeySpec: CIPHER })
    const blob = (await fixture.ok('Encrypt', { KeyId, Plaintext: 'hello' })).CiphertextBlob
    expect(await fixture.ok('Decrypt', { CiphertextBlob: blob })).toMatchObject({ Plaintext: 'hello' })
    expect(await fixture.problem('Encrypt', { KeyId: named.KeyId, Plaintext: 'x' })).toEqual(unsupported)
  })

  it('make data keys, take them out and re-encrypt them', async () => {
    const KeyId = await fixture.key({ KeySpec: CIPHER })
    const known = await fixture.key()
    const made = await fixture.ok('GenerateDataKey', { KeyId })
    const { CiphertextBlob } = made
    expect(await fixture.ok('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: made.Plaintext })
    const again = await fixture.ok('ReEncrypt', { CiphertextBlob, DestinationKeyId: known })
    expect(await fixture.ok('Decrypt', { CiphertextBlob: again.CiphertextBlob })).toMatchObject({
      Plaintext: made.Plaintext,
    })
    const recipient = await pairOf(fixture, PAIR, 'ENCRYPT/DECRYPT')
    const pem: string = (await fixture.ok('GetPublicKey', recipient)).PublicKey
    const PublicKeyBlob = pem.replaceAll(/-----[A-Z ]+-----|\n/g, '')
    const to = { PublicKeyBlob, WrappingKeySpec: PAIR, WrappingAlgorithm: 'MADE_UP_ENCRYPTION' }
    const { ExportedDataKey } = await fixture.ok('ExportDataKey', { CiphertextBlob, ...to })
    const opened = { ...recipient, Algorithm: 'MADE_UP_ENCRYPTION', CiphertextBlob: ExportedDataKey }
    expect(await fixture.ok('AsymmetricDecrypt', opened)).toMatchObject({ Plaintext: made.Plaintext })
    await fixture.ok('GenerateAndExportDataKey', { KeyId, ...to })
  })

  it('compute MACs', async () => {
    const call = { KeyId: await fixture.key({ KeySpec: MAC }), Algorithm: 'MADE_UP_MAC', Message: 'aGVsbG8=' }
    const { Mac } = await fixture.ok('GenerateMac', call)
    expect(await fixture.ok('VerifyMac', { ...call, Mac })).toMatchObject({ Value: true })
    expect(await fixture.ok('VerifyMac', { ...call, Message: 'AAAA', Mac })).toMatchObject({ Value: false })
    expect(await fixture.problem('GenerateMac', { ...call, Algorithm: 'HMAC_SHA_256' })).toEqual(unsupported)
  })

  it('come in wrapped, by their own way alone', async () => {
    for (const KeySpec of [PAIR, CIPHER, MAC]) {
      const KeyId = await fixture.key({ KeySpec, Origin: 'EXTERNAL' })
      const way = { keySpec: PAIR, algorithm: 'MADE_UP_WRAPPING' }
      // The toy wraps under the public half as GetParametersForImport gives it.
      const sent = await wrapFor(fixture.ok, KeyId, Buffer.alloc(24, 6), KeySpec, way)
      await fixture.ok('ImportKeyMaterial', { KeyId, ...sent })
      expect((await fixture.ok('DescribeKey', { KeyId })).KeyMetadata.KeyState).toBe('Enabled')
      const foreign = { KeyId, WrappingKeySpec: 'RSA_2048', WrappingAlgorithm: 'RSAES_OAEP_SHA_256' }
      expect(await fixture.problem('GetParametersForImport', foreign)).toMatchObject({
        name: 'WrappingAlgorithm',
      })
    }
  })

  it('get new versions and rotate where the kind of key can', async () => {
    const pair = await pairOf(fixture, PAIR, 'SIGN/VERIFY')
    const cipher = await fixture.key({
      KeySpec: CIPHER,
      EnableAutomaticRotation: true,
      RotationInterval: '7d',
    })
    fixture.days(8)
    await fixture.ok('CreateKeyVersion', { KeyId: pair.KeyId })
    await fixture.work()
    for (const KeyId of [pair.KeyId, cipher]) {
      expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
    }
    const mac = await fixture.key({ KeySpec: MAC })
    expect(await fixture.problem('CreateKeyVersion', { KeyId: mac })).toEqual({ code: 'OperationRejected' })
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
