import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeAccount, makeKey, outcome, statement, type TestAccount } from './identity-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// What a refused call says, and who may open the sealed part of it; built-in and legacy policies by their effect.

let service: TestService
let home: TestAccount
let other: TestAccount
let KeyId: string
beforeAll(async () => {
  service = await startService()
  home = await makeAccount(service, 'home')
  other = await makeAccount(service, 'other')
  KeyId = await makeKey(service, home.admin)
})
afterAll(() => service.close())

/** A user of `home` with these attachments, beside policies of its own. */
async function user(name: string, policies: object, documents: readonly object[] = []): Promise<Credential> {
  const key = { id: `LTAI${name}0000000000`, secret: `secret-of-${name}` }
  await service.apply({
    accounts: [{ uid: home.uid, policies: documents, users: [{ name, policies, accessKeys: [key] }] }],
  })
  return { ...home.admin, accessKeyId: key.id, accessKeySecret: key.secret }
}
const decode = (who: Credential, EncodedDiagnosticMessage: string) =>
  service.call(who, 'ram:DecodeDiagnosticMessage', { EncodedDiagnosticMessage })
const decodeIam = (who: Credential, encoded_message: string) =>
  service.call(who, 'sts:DecodeAuthorizationMessage', { encoded_message })
const encrypt = (who: Credential, EncryptionContext?: object, key = KeyId) =>
  service.call(who, 'kms:Encrypt', {
    KeyId: key,
    Plaintext: 'aGVsbG8=',
    ...(EncryptionContext && { EncryptionContext }),
  })
const detailOf = (body: Record<string, unknown>) => body.AccessDeniedDetail as Record<string, string>

describe('a refusal on the Alibaba wire', () => {
  const document = statement.ram(
    { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Deny',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringLike: { 'kms:EncryptionContext:Patient': 'mallory-*' } },
    },
  )

  it('says everything in its detail, and the rest in the sealed message', async () => {
    const who = await user('guarded', { ram: ['guard'] }, [{ name: 'guard', language: 'ram', document }])
    expect((await encrypt(who, { Patient: 'alice' })).status).toBe(200)
    const { status, body } = await encrypt(who, { Patient: 'mallory-4711' })
    expect(status).toBe(403)
    const resource = `acs:kms:cn-hangzhou:${home.uid}:key/${KeyId}`
    expect(detailOf(body)).toEqual({
      AuthAction: 'kms:Encrypt',
      AuthResource: resource,
      AuthPrincipalType: 'SubUser',
      AuthPrincipalOwnerId: home.uid,
      AuthPrincipalDisplayName: expect.stringMatching(/^\d{18}$/),
      NoPermissionType: 'ExplicitDeny',
      PolicyType: 'AccountLevelIdentityBasedPolicy',
      EncodedDiagnosticMessage: expect.stringMatching(/^AQEAAAAA[A-Za-z0-9+/=]+$/),
    })
    const message = detailOf(body).EncodedDiagnosticMessage!
    const opened = await decode(home.admin, message)
    expect(opened.body.DecodedDiagnosticMessage).toMatchObject({
      ExplicitDeny: true,
      NoPermissionPolicyType: 'AccountLevelIdentityBasedPolicy',
      AuthAction: 'kms:Encrypt',
      AuthResource: resource,
      AuthPrincipal: { AuthPrincipalType: 'SubUser', AuthPrincipalOwnerId: home.uid },
      AuthConditions: [{ ConditionKey: 'kms:EncryptionContext:Patient', ConditionValues: ['mallory-4711'] }],
      MatchedPolicies: [
        {
          PolicyIdentifier: 'guard',
          PolicyType: 'Custom',
          Effect: 'Allow',
          AttachedScope: 'Account',
          AttachedEntityType: 'RamUser',
        },
        { PolicyIdentifier: 'guard', Effect: 'Deny' },
      ],
    })
    // In clear nowhere else: not in the answer, the database or the audit.
    expect(JSON.stringify(body)).not.toContain('mallory-4711')
    for (const file of ['keyward.db', 'keyward.db-wal']) {
      expect(readFileSync(join(service.data, file)).includes('mallory-4711')).toBe(false)
    }
  })

  it('names what would have allowed but for one element', async () => {
    const near = statement.ram({
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { Bool: { 'acs:SecureTransport': 'true' } },
    })
    const who = await user('near', { ram: ['near'] }, [{ name: 'near', language: 'ram', document: near }])
    const message = detailOf((await encrypt(who)).body).EncodedDiagnosticMessage!
    const { NearMisses } = (await decode(home.admin, message)).body.DecodedDiagnosticMessage as {
      NearMisses: Record<string, string>[]
    }
    expect(NearMisses[0]).toMatchObject({ Policy: 'near', Statement: '#0', Layer: 'identity' })
    expect(JSON.parse(NearMisses[0]!.Failed!)).toMatchObject({
      element: 'condition',
      operator: 'Bool',
      key: 'acs:SecureTransport',
      wanted: ['true'],
      actual: 'false',
    })
  })

  it('is opened by those of the account who are allowed to, and by nobody else', async () => {
    const message = detailOf((await encrypt(home.nobody)).body).EncodedDiagnosticMessage!
    expect((await decode(home.admin, message)).status).toBe(200)
    expect((await decodeIam(home.admin, message)).status).toBe(200)
    expect(outcome(await decode(home.nobody, message))).toBe('403 NoPermission')
    expect(outcome(await decode(other.admin, message))).toBe('404 EntityNotExist')
    expect((await decodeIam(other.admin, message)).status).toBe(400)
    const bytes = Buffer.from(message, 'base64')
    bytes[bytes.length - 1]! ^= 1
    expect(outcome(await decode(home.admin, bytes.toString('base64')))).toBe('404 EntityNotExist')
    expect(outcome(await decode(home.admin, 'AQEAAAAA'))).toBe('400 NotSupport')
    expect(outcome(await decode(home.admin, 'no message'))).toBe('400 NotSupport')
  })

  it('a security token is no message, and a message no token', async () => {
    const message = detailOf((await encrypt(home.nobody)).body).EncodedDiagnosticMessage!
    const session = { ...home.admin, accessKeyId: 'STS.AAAAAAAAAAAAAAAAAAAA', securityToken: message }
    expect(outcome(await service.call(session, 'kms:ListKeys', {}))).toBe(
      '400 InvalidSecurityToken.Malformed',
    )
  })

  it('of another account’s key says nothing at all', async () => {
    const foreign = `acs:kms:cn-hangzhou:${home.uid}:key/${KeyId}`
    const denied = await encrypt(other.admin, undefined, foreign)
    const missing = await encrypt(other.admin, undefined, foreign.replace(KeyId, 'none'))
    const told = ({ RequestId: _, ...rest }: Record<string, unknown>) => rest
    expect(told(denied.body)).toEqual(told(missing.body))
    expect(denied.body.AccessDeniedDetail).toBeUndefined()
  })

  it('stays short, whatever was looked at', async () => {
    const keys = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`kms:EncryptionContext:k${i}`, 'x'.repeat(40)]),
    )
    const wide = statement.ram({
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringEquals: keys },
    })
    const who = await user('wide', { ram: ['wide'] }, [{ name: 'wide', language: 'ram', document: wide }])
    const context = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`k${i}`, randomBytes(40).toString('hex')]),
    )
    const message = detailOf((await encrypt(who, context)).body).EncodedDiagnosticMessage!
    expect(message.length).toBeLessThanOrEqual(10_240)
    expect((await decode(home.admin, message)).status).toBe(200)
  })
})

describe('a refusal on the Huawei wire', () => {
  it('carries a message that says who, what, by which and with which values', async () => {
    const document = statement.iam({
      Effect: 'Allow',
      Action: ['kps:SSHKeyPair:list'],
      Condition: { IpAddress: { 'g:SourceIp': ['192.0.2.0/24'] } },
    })
    const who = await user('office', { iam: ['office'] }, [{ name: 'office', language: 'iam', document }])
    const { status, body } = await service.call(who, 'kps:ListKeypairs', {})
    expect(status).toBe(403)
    expect(body).toMatchObject({
      error_code: 'KPS.40301',
      error_msg: expect.stringContaining('no identity-based policy allows the kps:SSHKeyPair:list action'),
    })
    const message = String(body.encoded_authorization_message)
    const opened = await decodeIam(home.admin, message)
    expect(JSON.parse(String(opened.body.decoded_message))).toMatchObject({
      allowed: false,
      explicit_deny: false,
      denied_by: 'identity',
      account_id: home.domainId,
      principal: { urn: `iam::${home.domainId}:user:office`, type: 'user' },
      action: 'kps:SSHKeyPair:list',
      resource: `kps:cn-north-4:${home.domainId}:SSHKeyPair:*`,
      conditions: { 'g:SourceIp': ['127.0.0.1'] },
      matched: [],
      nearMisses: [
        { policy: 'office', statement: '#0', failed: { element: 'condition', key: 'g:SourceIp' } },
      ],
    })
    expect((await decodeIam(home.nobody, message)).body.error_code).toBe('PAP5.0001')
  })
})

describe('policies attached by name', () => {
  const list = async (who: Credential) => [
    (await service.call(who, 'kms:ListKeys', {})).status,
    (await service.call(who, 'kms:CreateKey', {})).status,
    (await service.call(who, 'kps:ListKeypairs', {})).status,
    (await service.call(who, 'kps:DeleteKeypair', { keypair_name: 'none' })).status,
  ]

  it.each([
    ['AliyunKMSFullAccess', 'ram', [200, 200, 403, 403]],
    ['AliyunKMSReadOnlyAccess', 'ram', [200, 403, 403, 403]],
    ['AliyunKMSCryptoUserAccess', 'ram', [200, 403, 403, 403]],
    ['AdministratorAccess', 'ram', [200, 200, 403, 403]],
    ['DEW KeypairReadOnlyAccess', 'iam', [403, 403, 200, 403]],
    ['DEW KeypairFullAccess', 'iam', [403, 403, 200, 404]],
    ['AdministratorAccess', 'iam', [403, 403, 200, 404]],
  ] as const)('%s of %s', async (name, language, expected) => {
    const who = await user(`u${name.replaceAll(/\W/g, '')}${language}`, { [language]: [name] })
    expect(await list(who)).toEqual(expected)
  })

  it('reach the members of a group, and a refusal names them as built in', async () => {
    const never = statement.ram({ Effect: 'Deny', Action: 'kms:ListAliases', Resource: '*' })
    const who = await user('member', { ram: ['no-aliases'] }, [
      { name: 'no-aliases', language: 'ram', document: never },
    ])
    const readers = { name: 'readers', members: ['member'], policies: { ram: ['AliyunKMSReadOnlyAccess'] } }
    await service.apply({ accounts: [{ uid: home.uid, users: [{ name: 'member' }], groups: [readers] }] })
    expect(await list(who)).toEqual([200, 403, 403, 403])
    const denied = await service.call(who, 'kms:ListAliases', {})
    const opened = await decode(home.admin, detailOf(denied.body).EncodedDiagnosticMessage!)
    expect(opened.body.DecodedDiagnosticMessage).toMatchObject({
      MatchedPolicies: expect.arrayContaining([
        expect.objectContaining({
          PolicyIdentifier: 'AliyunKMSReadOnlyAccess',
          PolicyType: 'System',
          AttachedEntityType: 'RamGroup',
        }),
        expect.objectContaining({ PolicyIdentifier: 'no-aliases', AttachedEntityType: 'RamUser' }),
      ]),
    })
  })

  it('and legacy documents decide calls of the Huawei wire', async () => {
    const legacy = { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['kps:domainKeypairs:list'] }] }
    const who = await user('legacy', { iam: ['legacy'] }, [
      { name: 'legacy', language: 'iam', document: legacy },
    ])
    expect(await list(who)).toEqual([403, 403, 200, 403])
    const never = { Version: '1.1', Statement: [{ Effect: 'Deny', Action: ['kps:domainKeypairs:*'] }] }
    const both = await user('both', { iam: ['DEW KeypairFullAccess', 'never'] }, [
      { name: 'never', language: 'iam', document: never },
    ])
    expect(await list(both)).toEqual([403, 403, 403, 403])
  })
})
