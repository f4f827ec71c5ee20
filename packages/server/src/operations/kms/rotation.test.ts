import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeEach(async () => {
  fixture = await openKmsFixture()
})
afterEach(() => fixture.close())

const metadata = async (KeyId: string) => (await fixture.ok('DescribeKey', { KeyId })).KeyMetadata

describe('rotation', () => {
  it('adds a version when it is due; old ciphertexts open', async () => {
    const KeyId = await fixture.key({ EnableAutomaticRotation: true, RotationInterval: '7d' })
    const old = await fixture.ok('Encrypt', { KeyId, Plaintext: 'old' })
    fixture.days(6.9)
    expect(await fixture.work()).toBe(0)
    fixture.days(0.2)
    expect(await fixture.work()).toBe(1)
    expect(await fixture.work()).toBe(0)
    const young = await fixture.ok('Encrypt', { KeyId, Plaintext: 'young' })
    expect(young.KeyVersionId).not.toBe(old.KeyVersionId)
    expect((await metadata(KeyId)).PrimaryKeyVersion).toBe(young.KeyVersionId)
    for (const { CiphertextBlob } of [old, young]) await fixture.ok('Decrypt', { CiphertextBlob })
    expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
  })

  it('is suspended while the key is not enabled, and catches up', async () => {
    const KeyId = await fixture.key({ EnableAutomaticRotation: true, RotationInterval: '7d' })
    await fixture.ok('DisableKey', { KeyId })
    fixture.days(30)
    expect(await fixture.work()).toBe(0)
    expect(await metadata(KeyId)).toMatchObject({
      AutomaticRotation: 'Suspended',
      RotationInterval: '604800s',
    })
    await fixture.ok('EnableKey', { KeyId })
    expect(await fixture.work()).toBe(1)
    expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
  })

  it('comes at once when the new interval has passed already, and ends when it is turned off', async () => {
    const KeyId = await fixture.key()
    fixture.days(20)
    await fixture.ok('UpdateRotationPolicy', {
      KeyId,
      EnableAutomaticRotation: true,
      RotationInterval: '30d',
    })
    expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(1)
    await fixture.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' })
    expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
    await fixture.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: false })
    fixture.days(100)
    expect(await fixture.work()).toBe(0)
    const shown = await metadata(KeyId)
    expect(shown.AutomaticRotation).toBe('Disabled')
    expect(shown).not.toHaveProperty('NextRotationDate')
  })

  it('by hand waits seven days, and ends at fifty versions', async () => {
    const KeyId = await fixture.key()
    for (let versions = 2; versions <= 50; versions += 1) {
      if (versions > 2) fixture.days(6.99)
      // The first version does not count.
      if (versions > 2)
        expect(await fixture.problem('CreateKeyVersion', { KeyId })).toMatchObject({
          code: 'OperationRejected',
        })
      fixture.days(0.01)
      const { KeyVersion } = await fixture.ok('CreateKeyVersion', { KeyId })
      expect((await metadata(KeyId)).PrimaryKeyVersion).toBe(KeyVersion.KeyVersionId)
    }
    fixture.days(7)
    expect(await fixture.problem('CreateKeyVersion', { KeyId })).toEqual({
      code: 'LimitExceeded',
      what: 'KeyVersion',
    })
    await fixture.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' })
    fixture.days(8)
    expect(await fixture.work()).toBe(1)
    expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(50)
    expect(await fixture.ok('ListKeyVersions', { KeyId, PageNumber: 2, PageSize: 30 })).toMatchObject({
      KeyVersions: { KeyVersion: expect.objectContaining({ length: 20 }) },
    })
  })

  it('by hand does not count the versions that the service made', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' })
    fixture.days(8)
    expect(await fixture.work()).toBe(1)
    await fixture.ok('CreateKeyVersion', { KeyId })
    expect(await fixture.problem('CreateKeyVersion', { KeyId })).toMatchObject({ code: 'OperationRejected' })
    expect((await fixture.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(3)
  })

  it('gives key pairs versions without a primary one, and MAC keys none', async () => {
    const KeyId = await fixture.key({ KeySpec: 'EC_P256' })
    const mac = await fixture.key({ KeySpec: 'HMAC_256' })
    fixture.days(8)
    await fixture.ok('CreateKeyVersion', { KeyId })
    expect((await metadata(KeyId)).PrimaryKeyVersion).toBe('')
    expect(await fixture.problem('CreateKeyVersion', { KeyId: mac })).toEqual({ code: 'OperationRejected' })
    expect(await fixture.problem('DescribeKeyVersion', { KeyId, KeyVersionId: 'none' })).toEqual({
      code: 'KeyVersionNotFound',
    })
  })
})
