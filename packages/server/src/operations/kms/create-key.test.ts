import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Nonce } from '../../pipeline/connection.ts'
import { useNonces } from '../../store/nonces.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { createKey } from './create-key.ts'
import { createKeyVersion } from './key-versions.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeEach(async () => {
  fixture = await openKmsFixture()
})
afterEach(() => fixture.close())

describe('creating a key', () => {
  it.each([
    ['Aliyun_AES_256', 'ENCRYPT/DECRYPT'],
    ['Aliyun_AES_128', 'ENCRYPT/DECRYPT'],
    ['Aliyun_AES_192', 'ENCRYPT/DECRYPT'],
    ['Aliyun_SM4', 'ENCRYPT/DECRYPT'],
    ['RSA_2048', 'SIGN/VERIFY'],
    ['EC_P256', 'SIGN/VERIFY'],
    ['EC_P256K', 'SIGN/VERIFY'],
    ['EC_SM2', 'SIGN/VERIFY'],
    ['HMAC_256', 'GENERATE/VERIFY_MAC'],
  ])('makes %s with usage %s when none is asked for', async (KeySpec, KeyUsage) => {
    const { KeyMetadata } = await fixture.ok('CreateKey', { KeySpec })
    const primary = /^(Aliyun|HMAC)/.test(KeySpec) ? expect.stringMatching(/^[0-9a-f-]{36}$/) : ''
    expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage, KeyState: 'Enabled', PrimaryKeyVersion: primary })
    expect(KeyMetadata).toMatchObject({ Creator: fixture.root.account.uid, AutomaticRotation: 'Disabled' })
    expect(KeyMetadata).not.toHaveProperty('NextRotationDate')
  })

  it('refuses a usage that the spec has not, and rotation of a key pair', async () => {
    const unsupported = { code: 'UnsupportedOperation' }
    expect(await fixture.problem('CreateKey', { KeyUsage: 'SIGN/VERIFY' })).toEqual(unsupported)
    expect(await fixture.problem('CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'ENCRYPT/DECRYPT' })).toEqual(
      unsupported,
    )
    const rotating = { KeySpec: 'EC_P256', EnableAutomaticRotation: true, RotationInterval: '7d' }
    expect(await fixture.problem('CreateKey', rotating)).toEqual(unsupported)
    expect(await fixture.problem('CreateKey', { KeySpec: 'AES_256' })).toMatchObject({
      code: 'InvalidParameter',
      name: 'KeySpec',
    })
  })

  it('puts a key into the built-in instance, and knows no other', async () => {
    const { DefaultKmsInstanceId } = await fixture.ok('GetDefaultKmsInstance')
    const { KeyMetadata } = await fixture.ok('CreateKey', {
      DKMSInstanceId: DefaultKmsInstanceId,
      ProtectionLevel: 'HSM',
    })
    expect(KeyMetadata).toMatchObject({ DKMSInstanceId: DefaultKmsInstanceId, ProtectionLevel: 'SOFTWARE' })
    expect(await fixture.problem('CreateKey', { DKMSInstanceId: 'kst-other' })).toEqual({
      code: 'InstanceNotFound',
    })
  })

  it('matches kms:KeyOrigin of a key in the instance by both its names', async () => {
    const KeyId = await fixture.key({ DKMSInstanceId: 'kst-keyward' })
    const plain = await fixture.key()
    for (const origin of ['Aliyun_KMS', 'KmsInstance']) {
      const who = fixture.user('by-origin', [
        {
          Effect: 'Allow',
          Action: 'kms:DescribeKey',
          Resource: '*',
          Condition: { StringEquals: { 'kms:KeyOrigin': origin } },
        },
      ])
      expect(await fixture.call(who, 'DescribeKey', { KeyId })).toMatchObject({ ok: true })
      expect((await fixture.call(who, 'DescribeKey', { KeyId: plain })).ok).toBe(origin === 'Aliyun_KMS')
    }
  })

  it('starts rotation and tags with the key', async () => {
    const { KeyMetadata } = await fixture.ok('CreateKey', {
      EnableAutomaticRotation: true,
      RotationInterval: '168h',
      Tags: [{ TagKey: 'a', TagValue: 'b' }],
    })
    expect(KeyMetadata).toMatchObject({ AutomaticRotation: 'Enabled', RotationInterval: '604800s' })
    const { KeyId, CreationDate, NextRotationDate } = KeyMetadata
    expect(Date.parse(NextRotationDate) - Date.parse(CreationDate)).toBe(7 * 86_400_000)
    expect(await fixture.ok('ListResourceTags', { KeyId })).toEqual({
      Tags: { Tag: [{ KeyId, TagKey: 'a', TagValue: 'b' }] },
    })
    for (const RotationInterval of ['6d', '731d', '0d', '7', '7w', '-7d', '1e3d']) {
      expect(await fixture.problem('CreateKey', { EnableAutomaticRotation: true, RotationInterval })).toEqual(
        {
          code: 'InvalidParameter',
          name: 'RotationInterval',
        },
      )
    }
    expect(await fixture.problem('CreateKey', { EnableAutomaticRotation: true })).toEqual({
      code: 'MissingParameter',
      name: 'RotationInterval',
    })
  })
})

for (const database of await testDatabases()) {
  it.skipIf(database.missing)(`a replayed call makes no key, on ${database.name}`, async () => {
    let made = 0
    const other = await openKmsFixture({ url: await database.fresh(), onGenerate: () => (made += 1) })
    try {
      const KeyId = await other.key({ KeySpec: 'RSA_2048' })
      expect(made).toBe(1)
      const nonce: Nonce = { bucket: Math.floor(other.clock.wall() / 60_000), id: new Uint8Array(16).fill(7) }
      await other.store.write((tx) => useNonces(tx, [nonce]))
      for (const [operation, input] of [
        [createKey, { KeySpec: 'RSA_4096' }],
        [createKeyVersion, { KeyId }],
      ] as const)
        expect(
          await other.pipeline({
            operation,
            caller: other.root,
            connection: {
              requestId: 'REQUEST',
              sourceAddress: '127.0.0.1',
              tlsVersion: '1.3',
              userAgent: undefined,
              referer: undefined,
              receivedAt: other.clock.now(),
            },
            input: { ...input },
            decideOnly: false,
            nonce,
          }),
        ).toEqual({ ok: false, problem: { code: 'NonceUsed' } })
      expect(made).toBe(1)
      const outcomes = other.audited.map(({ outcome }) => outcome)
      expect(outcomes.slice(-2)).toEqual(['NonceUsed', 'NonceUsed'])
    } finally {
      await other.close()
    }
  })
}
