import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pairOf } from './testing/key-kit.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const unsupported = { code: 'UnsupportedOperation' }
const badBlob = { code: 'InvalidParameter', name: 'CiphertextBlob' }

describe('ReEncrypt', () => {
  it('moves a text to another key and context', async () => {
    const [from, to] = [await fixture.key(), await fixture.key({ KeySpec: 'Aliyun_SM4' })]
    const sealed = await fixture.ok('Encrypt', {
      KeyId: from,
      Plaintext: 'text',
      EncryptionContext: { a: '1' },
    })
    const moved = await fixture.ok('ReEncrypt', {
      CiphertextBlob: sealed.CiphertextBlob,
      SourceEncryptionContext: { a: '1' },
      DestinationKeyId: to,
      DestinationEncryptionContext: { b: '2' },
    })
    expect(moved).toMatchObject({ KeyId: from, KeyVersionId: sealed.KeyVersionId })
    const opened = await fixture.ok('Decrypt', {
      CiphertextBlob: moved.CiphertextBlob,
      EncryptionContext: { b: '2' },
    })
    expect(opened).toMatchObject({ Plaintext: 'text', KeyId: to })
    expect(
      await fixture.problem('ReEncrypt', { CiphertextBlob: sealed.CiphertextBlob, DestinationKeyId: to }),
    ).toEqual(badBlob)
  })

  it('opens public-key ciphertext, when key, version and algorithm are named', async () => {
    const pair = await pairOf(fixture, 'EC_SM2', 'ENCRYPT/DECRYPT')
    const to = await fixture.key()
    const Algorithm = 'SM2PKE'
    const { CiphertextBlob } = await fixture.ok('AsymmetricEncrypt', {
      ...pair,
      Algorithm,
      Plaintext: 'aGVsbG8=',
    })
    const source = {
      SourceKeyId: pair.KeyId,
      SourceKeyVersionId: pair.KeyVersionId,
      SourceEncryptionAlgorithm: Algorithm,
    }
    const moved = await fixture.ok('ReEncrypt', { CiphertextBlob, DestinationKeyId: to, ...source })
    expect(moved).toMatchObject(pair)
    expect((await fixture.ok('Decrypt', { CiphertextBlob: moved.CiphertextBlob })).Plaintext).toBe('aGVsbG8=')
    for (const name of ['SourceKeyId', 'SourceKeyVersionId', 'SourceEncryptionAlgorithm'] as const) {
      const { [name]: _, ...rest } = source
      expect(await fixture.problem('ReEncrypt', { CiphertextBlob, DestinationKeyId: to, ...rest })).toEqual({
        code: 'MissingParameter',
        name,
      })
    }
    expect(
      await fixture.problem('ReEncrypt', { CiphertextBlob, DestinationKeyId: pair.KeyId, ...source }),
    ).toEqual(unsupported)
  })

  it('is decided on both sides, each with its own context', async () => {
    const [from, to] = [await fixture.key(), await fixture.key()]
    const { CiphertextBlob } = await fixture.ok('Encrypt', {
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
    await fixture.ok('ReEncrypt', call, fixture.user('mover', good))
    const bad: [object[], string][] = [
      [[good[0]!], 'kms:ReEncryptTo'],
      [[good[1]!], 'kms:ReEncryptFrom'],
      [[side('kms:ReEncryptFrom', from, 'B'), good[1]!], 'kms:ReEncryptFrom'],
      [[good[0]!, side('kms:ReEncryptTo', to, 'A')], 'kms:ReEncryptTo'],
      [[side('kms:ReEncryptFrom', to, 'A'), side('kms:ReEncryptTo', from, 'B')], 'kms:ReEncryptFrom'],
    ]
    for (const [statements, action] of bad) {
      expect(await fixture.problem('ReEncrypt', call, fixture.user('mover', statements))).toMatchObject({
        denial: { action },
      })
    }
    // The name of the seed's examples hits both sides, in an Allow and in a Deny.
    const both = { Effect: 'Allow', Action: 'kms:ReEncrypt', Resource: '*' }
    await fixture.ok('ReEncrypt', call, fixture.user('mover', [both]))
    const denied = fixture.user('mover', [
      { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
      { ...both, Effect: 'Deny' },
    ])
    expect(await fixture.problem('ReEncrypt', call, denied)).toMatchObject({
      denial: { reason: 'ExplicitDeny' },
    })
  })
})
