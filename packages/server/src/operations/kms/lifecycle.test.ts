import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsHouse, OTHER, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeEach(async () => {
  house = await openKmsHouse()
})
afterEach(() => house.close())

const metadata = async (KeyId: string) => (await house.ok('DescribeKey', { KeyId })).KeyMetadata
const materialRows = (KeyId: string) =>
  house.store.read.selectFrom('kms_key_versions').selectAll().where('key_id', '=', KeyId).execute()

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
    const { KeyMetadata } = await house.ok('CreateKey', { KeySpec })
    const primary = /^(Aliyun|HMAC)/.test(KeySpec) ? expect.stringMatching(/^[0-9a-f-]{36}$/) : ''
    expect(KeyMetadata).toMatchObject({ KeySpec, KeyUsage, KeyState: 'Enabled', PrimaryKeyVersion: primary })
    expect(KeyMetadata).toMatchObject({ Creator: house.root.account.uid, AutomaticRotation: 'Disabled' })
    expect(KeyMetadata).not.toHaveProperty('NextRotationDate')
  })

  it('refuses a usage that the spec has not, and rotation of a key pair', async () => {
    const unsupported = { code: 'UnsupportedOperation' }
    expect(await house.problem('CreateKey', { KeyUsage: 'SIGN/VERIFY' })).toEqual(unsupported)
    expect(await house.problem('CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'ENCRYPT/DECRYPT' })).toEqual(
      unsupported,
    )
    const rotating = { KeySpec: 'EC_P256', EnableAutomaticRotation: true, RotationInterval: '7d' }
    expect(await house.problem('CreateKey', rotating)).toEqual(unsupported)
    expect(await house.problem('CreateKey', { KeySpec: 'AES_256' })).toEqual({
      code: 'InvalidParameter',
      name: 'KeySpec',
    })
  })

  it('puts a key into the built-in instance, and knows no other', async () => {
    const { DefaultKmsInstanceId } = await house.ok('GetDefaultKmsInstance')
    const { KeyMetadata } = await house.ok('CreateKey', {
      DKMSInstanceId: DefaultKmsInstanceId,
      ProtectionLevel: 'HSM',
    })
    expect(KeyMetadata).toMatchObject({ DKMSInstanceId: DefaultKmsInstanceId, ProtectionLevel: 'SOFTWARE' })
    expect(await house.problem('CreateKey', { DKMSInstanceId: 'kst-other' })).toEqual({
      code: 'InstanceNotFound',
    })
  })

  it('matches kms:KeyOrigin of a key in the instance by both its names', async () => {
    const KeyId = await house.key({ DKMSInstanceId: 'kst-keyward' })
    const plain = await house.key()
    for (const origin of ['Aliyun_KMS', 'KmsInstance']) {
      const who = house.user('by-origin', [
        {
          Effect: 'Allow',
          Action: 'kms:DescribeKey',
          Resource: '*',
          Condition: { StringEquals: { 'kms:KeyOrigin': origin } },
        },
      ])
      expect(await house.call(who, 'DescribeKey', { KeyId })).toMatchObject({ ok: true })
      expect((await house.call(who, 'DescribeKey', { KeyId: plain })).ok).toBe(origin === 'Aliyun_KMS')
    }
  })

  it('starts rotation and tags with the key', async () => {
    const { KeyMetadata } = await house.ok('CreateKey', {
      EnableAutomaticRotation: true,
      RotationInterval: '168h',
      Tags: [{ TagKey: 'a', TagValue: 'b' }],
    })
    expect(KeyMetadata).toMatchObject({ AutomaticRotation: 'Enabled', RotationInterval: '604800s' })
    const { KeyId, CreationDate, NextRotationDate } = KeyMetadata
    expect(Date.parse(NextRotationDate) - Date.parse(CreationDate)).toBe(7 * 86_400_000)
    expect(await house.ok('ListResourceTags', { KeyId })).toEqual({
      Tags: { Tag: [{ KeyId, TagKey: 'a', TagValue: 'b' }] },
    })
    for (const RotationInterval of ['6d', '731d', '0d', '7', '7w', '-7d', '1e3d']) {
      expect(await house.problem('CreateKey', { EnableAutomaticRotation: true, RotationInterval })).toEqual({
        code: 'InvalidParameter',
        name: 'RotationInterval',
      })
    }
    expect(await house.problem('CreateKey', { EnableAutomaticRotation: true })).toEqual({
      code: 'MissingParameter',
      name: 'RotationInterval',
    })
  })
})

describe('the end of a key', () => {
  it('comes when the window has passed, for good', async () => {
    const KeyId = await house.key()
    await house.ok('CreateAlias', { KeyId, AliasName: 'alias/doomed' })
    const { CiphertextBlob } = await house.ok('Encrypt', { KeyId, Plaintext: 'x' })
    await house.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    const { DeleteDate, KeyState } = await metadata(KeyId)
    expect(KeyState).toBe('PendingDeletion')
    expect(Date.parse(DeleteDate) - house.clock.now()).toBeGreaterThan(7 * 86_400_000 - 5_000)
    house.days(6.9)
    expect(await house.work()).toBe(0)
    expect((await metadata(KeyId)).KeyState).toBe('PendingDeletion')
    house.days(0.2)
    // The clock alone is enough: the job may come later.
    for (const still of [true, false]) {
      expect(await house.problem('DescribeKey', { KeyId })).toEqual({ code: 'KeyNotFound' })
      expect(await house.problem('CancelKeyDeletion', { KeyId })).toEqual({ code: 'KeyNotFound' })
      expect(await house.problem('Decrypt', { CiphertextBlob })).toEqual({ code: 'KeyNotFound' })
      expect((await materialRows(KeyId)).length).toBe(still ? 1 : 0)
      if (still) expect(await house.work()).toBe(1)
    }
    expect(await house.problem('DescribeKey', { KeyId: 'alias/doomed' })).toEqual({ code: 'AliasNotFound' })
    expect(await house.work()).toBe(0)
    expect(house.audited.at(-1)?.operation).not.toBe('keyward:DestroyKey')
    expect(house.audited).toContainEqual(
      expect.objectContaining({ operation: 'keyward:DestroyKey', input: { KeyId } }),
    )
  })

  it('is called off by CancelKeyDeletion, back to Enabled or to PendingImport', async () => {
    const KeyId = await house.key()
    await house.ok('DisableKey', { KeyId })
    await house.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 366 })
    await house.ok('CancelKeyDeletion', { KeyId })
    expect(await metadata(KeyId)).toMatchObject({ KeyState: 'Enabled', DeleteDate: '' })
    const external = await house.key({ Origin: 'EXTERNAL' })
    await house.ok('ScheduleKeyDeletion', { KeyId: external, PendingWindowInDays: 7 })
    await house.ok('CancelKeyDeletion', { KeyId: external })
    expect(await metadata(external)).toMatchObject({ KeyState: 'PendingImport' })
  })

  it.each([6, 367, 7.5])('refuses a window of %s days', async (PendingWindowInDays) => {
    const KeyId = await house.key()
    expect(await house.problem('ScheduleKeyDeletion', { KeyId, PendingWindowInDays })).toEqual({
      code: 'InvalidParameter',
      name: 'PendingWindowInDays',
    })
  })

  it('waits for deletion protection to be lifted', async () => {
    const KeyId = await house.key()
    const { Arn } = await metadata(KeyId)
    const text = 'orders need it'
    await house.ok('SetDeletionProtection', {
      ProtectedResourceArn: Arn,
      EnableDeletionProtection: true,
      DeletionProtectionDescription: text,
    })
    expect(await metadata(KeyId)).toMatchObject({
      DeletionProtection: 'Enabled',
      DeletionProtectionDescription: text,
    })
    expect(await house.problem('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).toMatchObject({
      code: 'StateModifiedFailed',
    })
    await house.ok('SetDeletionProtection', { KeyId, EnableDeletionProtection: false })
    expect(await metadata(KeyId)).toMatchObject({ DeletionProtection: 'Disabled' })
    await house.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  })

  it('names the thing to protect once, and as what it is', async () => {
    const set = (input: object) =>
      house.problem('SetDeletionProtection', { EnableDeletionProtection: true, ...input })
    const KeyId = await house.key()
    expect(await set({})).toMatchObject({ code: 'MissingParameter' })
    expect(await set({ KeyId, KmsInstanceId: 'kst-keyward' })).toMatchObject({ code: 'InvalidParameter' })
    expect(await set({ ProtectedResourceArn: KeyId })).toMatchObject({ code: 'InvalidParameter' })
    expect(await set({ KmsInstanceId: 'kst-keyward' })).toMatchObject({ code: 'UnsupportedOperation' })
    expect(await set({ KmsInstanceId: 'kst-other' })).toEqual({ code: 'InstanceNotFound' })
  })
})

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
    expect(await house.problem('CreateKeyVersion', { KeyId })).toMatchObject({ code: 'OperationRejected' })
    for (let versions = 2; versions <= 50; versions += 1) {
      house.days(7)
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

describe('work by the clock', () => {
  it('does nothing with a row that moved since it was found', async () => {
    const KeyId = await house.key()
    await house.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    house.days(7.1)
    // Two workers found the same row; the second one sees that it is gone.
    const [one, two] = await Promise.all([house.work(), house.work()])
    expect(one).toBe(1)
    expect(two).toBeLessThanOrEqual(1)
    const entries = house.audited.filter(
      ({ operation, input }) => operation === 'keyward:DestroyKey' && input?.KeyId === KeyId,
    )
    expect(entries).toHaveLength(1)
  })
})

describe('other accounts', () => {
  it('use a key by its ARN when both sides allow, and never manage it', async () => {
    const KeyId = await house.key()
    const { Arn } = await metadata(KeyId)
    const anything = [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }]
    const guest = house.user('guest', anything, OTHER)
    const hidden = { code: 'AccessDenied', denial: { foreign: true } }
    expect(await house.problem('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)).toMatchObject(hidden)
    await house.ok('SetKeyPolicy', {
      KeyId,
      Policy: JSON.stringify({
        Version: '1',
        Statement: [{ Effect: 'Allow', Principal: { RAM: [guest.arn] }, Action: ['kms:*'], Resource: ['*'] }],
      }),
    })
    const { CiphertextBlob } = await house.ok('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)
    expect((await house.ok('Decrypt', { CiphertextBlob }, guest)).Plaintext).toBe('x')
    for (const action of ['DescribeKey', 'ListKeyVersions', 'ListAliasesByKeyId', 'GenerateDataKey']) {
      await house.ok(action, { KeyId: Arn }, guest)
    }
    // By its id alone it is looked for in the caller's own account.
    expect(await house.problem('Encrypt', { KeyId, Plaintext: 'x' }, guest)).toEqual({ code: 'KeyNotFound' })
    const management: Record<string, object> = {
      DisableKey: {},
      ScheduleKeyDeletion: { PendingWindowInDays: 7 },
      UpdateKeyDescription: { Description: '' },
      TagResource: { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
      SetKeyPolicy: { Policy: JSON.stringify({ Version: '1', Statement: [] }) },
      GetKeyPolicy: {},
      CreateKeyVersion: {},
      DeleteKeyMaterial: {},
      ListResourceTags: {},
    }
    for (const [action, input] of Object.entries(management)) {
      const answer = await house.call(guest, action, { KeyId: Arn, ...input })
      if (action === 'SetKeyPolicy' && !answer.ok && answer.problem.code === 'MalformedPolicy') continue
      expect([action, answer]).toMatchObject([action, { ok: false, problem: hidden }])
    }
    house.user('guest', undefined, OTHER)
    expect(await house.problem('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)).toMatchObject(hidden)
  })
})
