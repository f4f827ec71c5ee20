import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { type AlibabaCaller, acs3Caller, v1Caller } from './clients/alibabaClients.ts'
import { startService, type TestService } from './service.ts'

// The calls that the Terraform provider for Alibaba Cloud makes for its KMS resources, in its order and with its
// parameters (its public source and acceptance tests name them), by the official clients.

let service: TestService
beforeAll(async () => {
  service = await startService({ flags: { 'test-clock': 'true' } })
})
afterAll(() => service.close())

const REGION = { RegionId: 'cn-hangzhou' }

describe.each([
  ['@alicloud/kms20160120 (V1)', v1Caller],
  ['@alicloud/openapi-client (ACS3)', acs3Caller],
] as const)('by %s', (client, caller) => {
  let call: AlibabaCaller
  beforeAll(async () => {
    const name = client.includes('V1') ? 'terraform-v1' : 'terraform-acs3'
    const who = await service.user(name, {
      ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
    })
    call = caller({ url: service.url, ...who })
  })
  const read = async (KeyId: string) => (await call('DescribeKey', { KeyId })).KeyMetadata
  const tagsOf = async (KeyId: string) => {
    const { TagResources } = await call('ListTagResources', {
      ...REGION,
      'ResourceId.1': KeyId,
      ResourceType: 'key',
    })
    return Object.fromEntries(
      TagResources.TagResource.map((tag: { TagKey: string; TagValue: string }) => [tag.TagKey, tag.TagValue]),
    )
  }

  it('alicloud_kms_key: create, read, update everything, delete', async () => {
    const policy = JSON.stringify({
      Version: '1',
      Statement: [
        {
          Sid: 'Enable RAM User Permissions',
          Effect: 'Allow',
          Principal: { RAM: [`acs:ram::${service.root.accountUid}:*`] },
          Action: ['kms:*'],
          Resource: ['*'],
        },
      ],
    })
    const { KeyMetadata } = await call('CreateKey', {
      Description: 'tf-testacc-key',
      KeySpec: 'Aliyun_AES_256',
      KeyUsage: 'ENCRYPT/DECRYPT',
      Origin: 'Aliyun_KMS',
      ProtectionLevel: 'SOFTWARE',
      EnableAutomaticRotation: true,
      RotationInterval: '604800s',
      Policy: policy,
      Tags: JSON.stringify([
        { TagKey: 'Created', TagValue: 'TF' },
        { TagKey: 'For', TagValue: 'acceptance' },
      ]),
    })
    const { KeyId } = KeyMetadata
    const shown = await read(KeyId)
    for (const field of [
      'Arn',
      'PrimaryKeyVersion',
      'LastRotationDate',
      'NextRotationDate',
      'Creator',
      'CreationDate',
    ]) {
      expect([field, typeof shown[field], shown[field] !== '']).toEqual([field, 'string', true])
    }
    expect(shown).toMatchObject({
      AutomaticRotation: 'Enabled',
      RotationInterval: '604800s',
      DeletionProtection: 'Disabled',
      Description: 'tf-testacc-key',
      KeyState: 'Enabled',
      KeySpec: 'Aliyun_AES_256',
      KeyUsage: 'ENCRYPT/DECRYPT',
      Origin: 'Aliyun_KMS',
      ProtectionLevel: 'SOFTWARE',
      DeleteDate: '',
      MaterialExpireTime: '',
    })
    expect(await tagsOf(KeyId)).toEqual({ Created: 'TF', For: 'acceptance' })
    expect((await call('GetKeyPolicy', { KeyId })).Policy).toBe(policy)

    await call('DisableKey', { KeyId })
    expect((await read(KeyId)).KeyState).toBe('Disabled')
    await call('EnableKey', { KeyId })
    await call('UpdateKeyDescription', { KeyId, Description: 'tf-testacc-update' })
    await call('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '2592000s' })
    expect(await read(KeyId)).toMatchObject({ KeyState: 'Enabled', RotationInterval: '2592000s' })
    await call('UpdateRotationPolicy', {
      KeyId,
      EnableAutomaticRotation: false,
      RotationInterval: '2592000s',
    })
    expect(await read(KeyId)).toMatchObject({
      AutomaticRotation: 'Disabled',
      Description: 'tf-testacc-update',
    })
    await call('SetDeletionProtection', {
      KeyId,
      EnableDeletionProtection: true,
      DeletionProtectionDescription: 'tf-testacc',
    })
    expect(await read(KeyId)).toMatchObject({
      DeletionProtection: 'Enabled',
      DeletionProtectionDescription: 'tf-testacc',
    })
    await call('SetKeyPolicy', { KeyId, Policy: policy.replace('Enable RAM', 'enable RAM') })
    await call('UntagResources', { ...REGION, ResourceType: 'key', 'ResourceId.1': KeyId, 'TagKey.1': 'For' })
    await call('TagResources', {
      ...REGION,
      ResourceType: 'key',
      'ResourceId.1': KeyId,
      'Tag.1.Key': 'Created',
      'Tag.1.Value': 'TF-update',
    })
    expect(await tagsOf(KeyId)).toEqual({ Created: 'TF-update' })

    await expect(call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).rejects.toMatchObject({
      code: 'Rejected.StateModifiedFailed',
    })
    await call('SetDeletionProtection', { KeyId, EnableDeletionProtection: false })
    await call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    expect(await read(KeyId)).toMatchObject({ KeyState: 'PendingDeletion' })
    ;(service.service.clock as TestClock).advance(7.1 * 86_400_000)
    await expect(read(KeyId)).rejects.toMatchObject({ code: 'Forbidden.KeyNotFound' })
  })

  it('alicloud_kms_alias: create, read by its name, move, delete', async () => {
    const make = async () => (await call('CreateKey', {})).KeyMetadata.KeyId as string
    const [one, two] = [await make(), await make()]
    const AliasName = `alias/tf-testacc-${client.length}`
    await call('CreateAlias', { AliasName, KeyId: one })
    expect((await read(AliasName)).KeyId).toBe(one)
    await call('UpdateAlias', { AliasName, KeyId: two })
    expect((await read(AliasName)).KeyId).toBe(two)
    const { Aliases } = await call('ListAliases', { PageNumber: 1, PageSize: 50 })
    expect(Aliases.Alias).toContainEqual(expect.objectContaining({ AliasName, KeyId: two }))
    await call('DeleteAlias', { AliasName })
    await expect(read(AliasName)).rejects.toMatchObject({ code: 'Forbidden.AliasNotFound' })
    await expect(call('DeleteAlias', { AliasName })).rejects.toMatchObject({
      code: 'Forbidden.AliasNotFound',
    })
  })

  it('alicloud_kms_key_version: create, read', async () => {
    const { KeyMetadata } = await call('CreateKey', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT/DECRYPT' })
    const { KeyId } = KeyMetadata
    // At once after the key: only versions that this call made lie seven days apart.
    const { KeyVersion } = await call('CreateKeyVersion', { KeyId })
    await expect(call('CreateKeyVersion', { KeyId })).rejects.toMatchObject({
      code: 'Rejected.UnsupportedOperation',
    })
    expect(KeyVersion.KeyId).toBe(KeyId)
    const shown = await call('DescribeKeyVersion', { KeyId, KeyVersionId: KeyVersion.KeyVersionId })
    expect(shown.KeyVersion).toEqual(KeyVersion)
    expect((await call('ListKeyVersions', { KeyId, PageSize: 100 })).TotalCount).toBe(2)
  })

  it('alicloud_kms_ciphertext and its data sources', async () => {
    const { KeyId } = (await call('CreateKey', { Description: 'tf-testacc' })).KeyMetadata
    for (const EncryptionContext of ['{}', JSON.stringify({ key: 'value' })]) {
      // The provider's own acceptance test encrypts the word `plaintext`, which is not Base64.
      const sealed = await call('Encrypt', { ...REGION, KeyId, Plaintext: 'plaintext', EncryptionContext })
      const { CiphertextBlob } = sealed
      expect((await call('Decrypt', { ...REGION, CiphertextBlob, EncryptionContext })).Plaintext).toBe(
        'plaintext',
      )
      await expect(
        call('Decrypt', { CiphertextBlob, EncryptionContext: JSON.stringify({ key: 'other' }) }),
      ).rejects.toMatchObject({ code: 'InvalidParameter' })
    }
    const filter = (Key: string, ...Values: string[]) => JSON.stringify([{ Key, Values }])
    const { Keys } = await call('ListKeys', {
      PageNumber: 1,
      PageSize: 100,
      Filters: filter('KeyState', 'Enabled'),
    })
    expect(Keys.Key.map((key: { KeyId: string }) => key.KeyId)).toContain(KeyId)
    expect((await call('DescribeAccountKmsStatus')).AccountStatus).toBe('Enabled')
    await expect(call('OpenKmsService')).rejects.toMatchObject({ code: 'Forbidden.Opened' })
  })

  it('tells apart what the provider branches on', async () => {
    await expect(read('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'Forbidden.KeyNotFound',
      status: 404,
    })
    await expect(read('alias/none')).rejects.toMatchObject({ code: 'Forbidden.AliasNotFound', status: 404 })
    await expect(
      call('ScheduleKeyDeletion', { KeyId: 'alias/none', PendingWindowInDays: 7 }),
    ).rejects.toMatchObject({
      code: 'Unsupported.Alias',
    })
    await expect(call('GetKmsInstance', { KmsInstanceId: 'kst-x' })).rejects.toMatchObject({
      code: 'UnsupportedOperation',
    })
  })
})
