import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acs4Caller } from './clients/acs4Clients.ts'
import { type AlibabaCaller, acs3Caller, kmsClient, kmsModels, v1Caller } from './clients/alibabaClients.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// The main job, by the vendors' own clients against a started service, on both databases: an allowed user works with
// keys and key pairs, a refused one gets the vendor's error with its reason.

const postgres = await startPostgres()

const KEYS = {
  Version: '1',
  Statement: [
    {
      Effect: 'Allow',
      Action: [
        'kms:CreateKey',
        'kms:ListKeys',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ],
      Resource: '*',
    },
  ],
}
const PAIRS = { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['kps:*:*'] }] }

describe.each([
  ['SQLite', async (): Promise<string | undefined> => undefined],
  ['PostgreSQL', async (): Promise<string | undefined> => postgres?.createDatabase()],
] as const)('on %s', (kind, database) => {
  let service: TestService
  let alice: Credential
  let bob: Credential
  const login = (who: Credential) => ({ url: service.url, ...who })

  beforeAll(async () => {
    const url = await database()
    service = await startService(url === undefined ? {} : { database: url })
    alice = await service.user('alice', { ram: [KEYS], iam: [PAIRS] })
    bob = await service.user('bob')
  })
  afterAll(() => service?.close())

  describe.skipIf(kind === 'PostgreSQL' && !postgres).each([
    ['@alicloud/kms20160120 (V1)', v1Caller],
    ['@alicloud/openapi-client (ACS3)', acs3Caller],
    ['@alicloud/gateway-pop (ACS4)', acs4Caller],
  ] as const)('%s', (_client, caller) => {
    let call: AlibabaCaller
    beforeAll(() => {
      call = caller(login(alice))
    })

    it('creates a key, encrypts, decrypts and makes a data key', async () => {
      const { KeyMetadata } = await call('CreateKey', { Description: 'orders', KeySpec: 'Aliyun_AES_256' })
      expect(KeyMetadata).toMatchObject({
        KeyState: 'Enabled',
        KeySpec: 'Aliyun_AES_256',
        KeyUsage: 'ENCRYPT/DECRYPT',
      })
      const KeyId: string = KeyMetadata.KeyId
      const context = JSON.stringify({ Project: 'A b', x: '=&+' })
      const sealed = await call('Encrypt', {
        KeyId,
        Plaintext: 'aGVsbG8gd29ybGQ=',
        EncryptionContext: context,
      })
      expect(sealed.CiphertextBlob).toHaveLength(Math.ceil((16 + 64) / 3) * 4)
      const opened = await call('Decrypt', {
        CiphertextBlob: sealed.CiphertextBlob,
        EncryptionContext: context,
      })
      expect(opened).toMatchObject({ Plaintext: 'aGVsbG8gd29ybGQ=', KeyId })
      const dataKey = await call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
      expect(Buffer.from(dataKey.Plaintext, 'base64')).toHaveLength(32)
      const again = await call('Decrypt', { CiphertextBlob: dataKey.CiphertextBlob })
      expect(again.Plaintext).toBe(dataKey.Plaintext)
      expect((await call('DescribeKey', { KeyId })).KeyMetadata.Arn).toContain(KeyId)
      const listed = await call('ListKeys', { PageSize: 100 })
      expect(listed.Keys.Key).toContainEqual({ KeyId, KeyArn: KeyMetadata.Arn })
    })

    it('does not open a ciphertext under another context', async () => {
      const { KeyMetadata } = await call('CreateKey')
      const sealed = await call('Encrypt', {
        KeyId: KeyMetadata.KeyId,
        Plaintext: 'secret',
        EncryptionContext: JSON.stringify({ Project: 'A' }),
      })
      for (const context of [undefined, { Project: 'B' }, { Project: 'A', more: '1' }]) {
        const wrong = call('Decrypt', {
          CiphertextBlob: sealed.CiphertextBlob,
          ...(context ? { EncryptionContext: JSON.stringify(context) } : {}),
        })
        await expect(wrong).rejects.toMatchObject({ code: 'InvalidParameter' })
      }
    })

    it('refuses who has no policy, with the reason', async () => {
      const { KeyMetadata } = await call('CreateKey')
      const refused = caller(login(bob))('Encrypt', { KeyId: KeyMetadata.KeyId, Plaintext: 'x' })
      await expect(refused).rejects.toMatchObject({
        code: 'Forbidden.NoPermission',
        accessDeniedDetail: {
          AuthAction: 'kms:Encrypt',
          AuthPrincipalType: 'SubUser',
          AuthPrincipalOwnerId: service.root.accountUid,
          NoPermissionType: 'ImplicitDeny',
          PolicyType: 'AccountLevelIdentityBasedPolicy',
        },
      })
    })

    it('says who calls, which needs no policy', async () => {
      const answer = await caller(login(bob))('GetCallerIdentity', {}, '2015-04-01')
      expect(answer).toMatchObject({
        IdentityType: 'RAMUser',
        AccountId: service.root.accountUid,
        Arn: `acs:ram::${service.root.accountUid}:user/bob`,
      })
    })

    it('tells a wrong secret from an unknown key', async () => {
      const wrong = caller({ ...login(alice), accessKeySecret: 'x' })('ListKeys')
      await expect(wrong).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
      const unknown = caller({ ...login(alice), accessKeyId: 'LTAIunknown' })('ListKeys')
      await expect(unknown).rejects.toMatchObject({ code: 'InvalidAccessKeyId.NotFound' })
    })
  })

  describe.skipIf(kind === 'PostgreSQL' && !postgres)('typed calls of @alicloud/kms20160120', () => {
    it('reads regions, and a key that a key policy shares with a user', async () => {
      const client = kmsClient(login(service.root))
      const regions = (await v1Caller(login(service.root))('DescribeRegions')).Regions.Region
      expect(regions).toEqual([{ RegionId: 'cn-hangzhou' }])
      const created = await client.createKey(new kmsModels.CreateKeyRequest({ description: 'shared' }))
      const keyId = created.keyMetadata?.keyId as string
      await expect(v1Caller(login(bob))('DescribeKey', { KeyId: keyId })).rejects.toMatchObject({
        code: 'Forbidden.NoPermission',
      })
      const root = v1Caller(login(service.root))
      const Policy = JSON.stringify({
        Version: '1',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { RAM: [`acs:ram::${service.root.accountUid}:user/bob`] },
            Action: ['kms:DescribeKey'],
            Resource: ['*'],
          },
        ],
      })
      await root('SetKeyPolicy', { KeyId: keyId, Policy })
      expect((await root('GetKeyPolicy', { KeyId: keyId })).Policy).toBe(Policy)
      expect((await v1Caller(login(bob))('DescribeKey', { KeyId: keyId })).KeyMetadata.KeyId).toBe(keyId)
    })
  })

  describe.skipIf(kind === 'PostgreSQL' && !postgres)('@huaweicloud/huaweicloud-sdk-core', () => {
    let kps: KpsClient
    beforeAll(() => {
      kps = kpsClient(login(alice))
    })

    it('creates, lists, shows and deletes a key pair', async () => {
      const created = await kps.createKeypair({ name: 'web-01', type: 'ssh' })
      expect(created.keypair.private_key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/)
      expect(created.keypair.public_key).toMatch(/^ssh-rsa /)
      const listed = await kps.listKeypairs()
      expect(listed.keypairs.map((one: { keypair: { name: string } }) => one.keypair.name)).toContain(
        'web-01',
      )
      const shown = await kps.listKeypairDetail('web-01')
      expect(shown.keypair).toMatchObject({ name: 'web-01', fingerprint: created.keypair.fingerprint })
      expect(JSON.stringify(shown)).not.toContain('PRIVATE KEY')
      expect((await kps.deleteKeypair('web-01')).httpStatusCode).toBe(204)
      await expect(kps.listKeypairDetail('web-01')).rejects.toMatchObject({ httpStatusCode: 404 })
    })

    it('refuses who has no policy, with the reason', async () => {
      await expect(kpsClient(login(bob)).createKeypair({ name: 'mine' })).rejects.toMatchObject({
        httpStatusCode: 403,
        errorMsg: expect.stringContaining('kps:SSHKeyPair:create'),
      })
    })

    it('tells a wrong secret apart', async () => {
      const wrong = kpsClient({ ...login(alice), accessKeySecret: 'x' }).listKeypairs()
      await expect(wrong).rejects.toMatchObject({
        httpStatusCode: 401,
        errorMsg: expect.stringContaining('verify aksk signature fail'),
      })
    })

    it('refuses the project of another account before anything else', async () => {
      const other = kpsClient({ ...login(alice), projectId: '0'.repeat(32) }).listKeypairs()
      await expect(other).rejects.toMatchObject({ httpStatusCode: 403 })
    })
  })
})
