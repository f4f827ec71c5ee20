import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsHouse, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeEach(async () => {
  house = await openKmsHouse()
})
afterEach(() => house.close())

const metadata = async (KeyId: string) => (await house.ok('DescribeKey', { KeyId })).KeyMetadata

describe('rotation', () => {
  it('adds a version when it is due; old ciphertexts open', async () => {
    const KeyId = await house.key({ EnableAutomaticRotation: true, RotationInterval: '7d' })
    const old = await house.ok('Encrypt', { KeyId, Plaintext: 'old' })
    house.days(6.9)
    expect(await house.work()).toBe(0)
    house.days(0.2)
    expect(await house.work()).toBe(1)
    expect(await house.work()).toBe(0)
    const young = await house.ok('Encrypt', { KeyId, Plaintext: 'young' })
    expect(young.KeyVersionId).not.toBe(old.KeyVersionId)
    expect((await metadata(KeyId)).PrimaryKeyVersion).toBe(young.KeyVersionId)
    for (const { CiphertextBlob } of [old, young]) await house.ok('Decrypt', { CiphertextBlob })
    expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
  })

  it('is suspended while the key is not enabled, and catches up', async () => {
    const KeyId = await house.key({ EnableAutomaticRotation: true, RotationInterval: '7d' })
    await house.ok('DisableKey', { KeyId })
    house.days(30)
    expect(await house.work()).toBe(0)
    expect(await metadata(KeyId)).toMatchObject({
      AutomaticRotation: 'Suspended',
      RotationInterval: '604800s',
    })
    await house.ok('EnableKey', { KeyId })
    expect(await house.work()).toBe(1)
    expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
  })

  it('comes at once when the new interval has passed already, and ends when it is turned off', async () => {
    const KeyId = await house.key()
    house.days(20)
    await house.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '30d' })
    expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(1)
    await house.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' })
    expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(2)
    await house.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: false })
    house.days(100)
    expect(await house.work()).toBe(0)
    const shown = await metadata(KeyId)
    expect(shown.AutomaticRotation).toBe('Disabled')
    expect(shown).not.toHaveProperty('NextRotationDate')
  })

  it('by hand waits seven days, and ends at fifty versions', async () => {
    const KeyId = await house.key()
    for (let versions = 2; versions <= 50; versions += 1) {
      if (versions > 2) house.days(6.99)
      // The first version does not count.
      if (versions > 2)
        expect(await house.problem('CreateKeyVersion', { KeyId })).toMatchObject({
          code: 'OperationRejected',
        })
      house.days(0.01)
      const { KeyVersion } = await house.ok('CreateKeyVersion', { KeyId })
      expect((await metadata(KeyId)).PrimaryKeyVersion).toBe(KeyVersion.KeyVersionId)
    }
    house.days(7)
    expect(await house.problem('CreateKeyVersion', { KeyId })).toEqual({
      code: 'LimitExceeded',
      what: 'KeyVersion',
    })
    await house.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' })
    house.days(8)
    expect(await house.work()).toBe(1)
    expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(50)
    expect(await house.ok('ListKeyVersions', { KeyId, PageNumber: 2, PageSize: 30 })).toMatchObject({
      KeyVersions: { KeyVersion: expect.objectContaining({ length: 20 }) },
    })
  })

  it('by hand does not count the versions that the service made', async () => {
    const KeyId = await house.key()
    await house.ok('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '7d' })
    house.days(8)
    expect(await house.work()).toBe(1)
    await house.ok('CreateKeyVersion', { KeyId })
    expect(await house.problem('CreateKeyVersion', { KeyId })).toMatchObject({ code: 'OperationRejected' })
    expect((await house.ok('ListKeyVersions', { KeyId })).TotalCount).toBe(3)
  })

  it('gives key pairs versions without a primary one, and MAC keys none', async () => {
    const KeyId = await house.key({ KeySpec: 'EC_P256' })
    const mac = await house.key({ KeySpec: 'HMAC_256' })
    house.days(8)
    await house.ok('CreateKeyVersion', { KeyId })
    expect((await metadata(KeyId)).PrimaryKeyVersion).toBe('')
    expect(await house.problem('CreateKeyVersion', { KeyId: mac })).toEqual({ code: 'OperationRejected' })
    expect(await house.problem('DescribeKeyVersion', { KeyId, KeyVersionId: 'none' })).toEqual({
      code: 'KeyVersionNotFound',
    })
  })
})
