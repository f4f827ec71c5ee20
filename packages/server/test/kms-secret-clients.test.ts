import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AlibabaCaller, acs3Caller, v1Caller } from './clients/alibabaClients.ts'
import { openTarget } from './rotation-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// What users of secrets send: the Terraform provider for a managed secret (the others are in cases/terraform), the cloud's
// secret-cache client, and External Secrets, in their order and with their parameters (their public sources name them).

let service: TestService
let who: Credential
beforeAll(async () => {
  service = await startService()
  who = await service.user('terraform', {
    ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
  })
})
afterAll(() => service.close())

const REGION = { RegionId: 'cn-hangzhou' }
let count = 0

describe.each([
  ['@alicloud/kms20160120 (V1)', v1Caller],
  ['@alicloud/openapi-client (ACS3)', acs3Caller],
] as const)('by %s', (_client, caller) => {
  let call: AlibabaCaller
  beforeAll(() => {
    call = caller({ url: service.url, ...who })
  })
  const failing = (action: string, input: object) =>
    call(action, input as Record<string, unknown>).then(
      () => 'succeeded',
      ({ code, status }: { code: string; status?: number }) => [code, status],
    )
  const tagsOf = async (name: string) => {
    const input = { ...REGION, 'ResourceId.1': name, ResourceType: 'secret' }
    const { TagResources } = await call('ListTagResources', input)
    const tags = TagResources.TagResource as { TagKey: string; TagValue: string }[]
    return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]))
  }

  it('alicloud_kms_secret in an instance, under a key, of a managed type, with a policy', async () => {
    count += 1
    const { KeyMetadata } = await call('CreateKey', {})
    const SecretName = `tf/testacc/managed-${count}`
    const policy = JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { RAM: [`acs:ram::${service.root.accountUid}:*`] },
          Action: ['kms:*'],
          Resource: ['*'],
        },
      ],
    })
    const ExtendedConfig = {
      SecretSubType: 'SingleUser',
      DBInstanceId: await openTarget(service),
      CustomData: {},
    }
    await call('CreateSecret', {
      SecretName,
      SecretData: '{"Accounts":[{"AccountName":"shop","AccountPassword":"H8d$23"}]}',
      VersionId: 'v1',
      SecretType: 'Rds',
      EncryptionKeyId: KeyMetadata.KeyId,
      DKMSInstanceId: 'kst-keyward',
      ExtendedConfig: JSON.stringify(ExtendedConfig),
      EnableAutomaticRotation: true,
      RotationInterval: '605800s',
      Policy: policy,
    })
    const described = await call('DescribeSecret', { SecretName })
    expect(described).toMatchObject({
      SecretType: 'Rds',
      EncryptionKeyId: KeyMetadata.KeyId,
      AutomaticRotation: 'Enabled',
      RotationInterval: '605800s',
      DKMSInstanceId: 'kst-keyward',
    })
    expect(JSON.parse(described.ExtendedConfig)).toEqual(ExtendedConfig)
    expect(JSON.parse((await call('GetSecretPolicy', { SecretName })).Policy)).toEqual(JSON.parse(policy))
    expect(await tagsOf(SecretName)).toEqual({})
    await call('UpdateSecretRotationPolicy', { SecretName, EnableAutomaticRotation: false })
    await call('SetSecretPolicy', { SecretName, Policy: policy.replace('kms:*', 'kms:Get*') })
    expect((await call('DescribeSecret', { SecretName })).AutomaticRotation).toBe('Disabled')
    await call('DeleteSecret', { SecretName, RecoveryWindowInDays: '7' })
    expect((await call('DescribeSecret', { SecretName })).PlannedDeleteTime).toMatch(/Z$/)
  })

  it('the secret-cache client: reads a stage, falls back, tells what is retried from what is not', async () => {
    count += 1
    const SecretName = `cache-${count}`
    await call('CreateSecret', { SecretName, SecretData: 'one', VersionId: 'v1' })
    const fetched = await call('GetSecretValue', {
      SecretName,
      VersionStage: 'ACSCurrent',
      FetchExtendedConfig: true,
    })
    // Its blob is made of exactly these members, and compares the version to know whether anything is new.
    for (const member of [
      'SecretName',
      'SecretType',
      'SecretData',
      'SecretDataType',
      'VersionId',
      'CreateTime',
    ]) {
      expect([member, typeof fetched[member]]).toEqual([member, 'string'])
    }
    expect(fetched).toMatchObject({ ExtendedConfig: '', NextRotationDate: '', RotationInterval: '' })
    expect((await failing('GetSecretValue', { SecretName: 'none' }))[0]).toBe('Forbidden.ResourceNotFound')
    expect((await failing('GetSecretValue', { SecretName, DryRun: 'true' }))[0]).toBe('DryRunOperationError')
  })

  it('a batch, with an error beside the values', async () => {
    count += 1
    const SecretName = `batch-${count}`
    await call('CreateSecret', { SecretName, SecretData: 'one', VersionId: 'v1' })
    const SecretsList = JSON.stringify([{ SecretName }, { SecretName: 'none', VersionStage: 'ACSCurrent' }])
    expect(await call('BatchGetSecretValue', { SecretsList })).toMatchObject({
      SecretValues: [{ SecretName, SecretData: 'one', VersionStages: { VersionStage: ['ACSCurrent'] } }],
      Errors: [
        {
          SecretName: 'none',
          Code: 'Forbidden.ResourceNotFound',
          HttpStatus: 404,
          Message: 'Resource not found.',
        },
      ],
    })
  })
})

describe('External Secrets', () => {
  it('reads by a GET that is signed in its query, with headers of the newer kind beside it', async () => {
    const root = v1Caller({ url: service.url, ...who })
    await root('CreateSecret', { SecretName: 'eso/db', SecretData: '{"a":"b"}', VersionId: 'v1' })
    const encode = (text: string) =>
      encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    const query: Record<string, string> = {
      AccessKeyId: who.accessKeyId,
      Action: 'GetSecretValue',
      Format: 'json',
      SecretName: 'eso/db',
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: crypto.randomUUID(),
      SignatureVersion: '1.0',
      Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
      Version: '2016-01-20',
    }
    const canonical = Object.keys(query)
      .sort()
      .map((name) => `${encode(name)}=${encode(query[name]!)}`)
      .join('&')
    const Signature = createHmac('sha1', `${who.accessKeySecret}&`)
      .update(`GET&%2F&${encode(canonical)}`)
      .digest('base64')
    const answer = await fetch(`${service.url}/?${canonical}&Signature=${encode(Signature)}`, {
      headers: {
        'x-acs-action': 'GetSecretValue',
        'x-acs-version': '2016-01-20',
        'x-acs-date': query.Timestamp!,
        'x-acs-signature-nonce': query.SignatureNonce!,
        accept: 'application/json',
      },
    })
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { SecretName: 'eso/db', SecretData: '{"a":"b"}', SecretDataType: 'text' },
    ])
  })
})
