import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assume, makeAccount, makeKey, newKey, statement, type TestAccount } from './identity-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Every global condition key that the service knows, met and unmet over the wire: one user and one session, whose only
// policy is the condition. What it cannot know is absent.

type Language = 'ram' | 'iam'

/** A test's view of the world, filled before the tests run. */
interface World {
  readonly account: TestAccount
  readonly managementDomain: string
  readonly user: Credential
  readonly session: Credential
  readonly keyId: string
}
interface Case {
  readonly key: string
  readonly operator: string
  readonly met: string | ((world: World) => string)
  readonly unmet: string
  readonly as?: 'session'
  readonly headers?: Readonly<Record<string, string>>
  readonly call?: readonly [name: string, input: (world: World) => Record<string, unknown>]
}

const PUBLIC = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
const VPC = { 'x-forwarded-for': '10.1.2.3', 'x-forwarded-proto': 'https' }
const INNER = { 'x-forwarded-for': '10.1.9.9', 'x-forwarded-proto': 'https' }
const LIST = { ram: 'kms:ListKeys', iam: 'kps:ListKeypairs' } as const

const text = (key: string, met: Case['met'], unmet = 'other', more: Partial<Case> = {}): Case => ({
  key,
  operator: 'StringEquals',
  met,
  unmet,
  ...more,
})
const like = (language: Language) => (language === 'ram' ? 'StringLike' : 'StringMatch')
const address = (key: string, met: string, headers: Case['headers']): Case => ({
  key,
  operator: 'IpAddress',
  met,
  unmet: '192.0.2.0/24',
  ...(headers && { headers }),
})
const describeKey = ['kms:DescribeKey', ({ keyId }: World) => ({ KeyId: keyId })] as const
const tagKey = [
  'kms:TagResource',
  ({ keyId }: World) => ({ KeyId: keyId, Tags: [{ TagKey: 'Stage', TagValue: 'live' }] }),
] as const

const cases: Readonly<Record<Language, readonly Case[]>> = {
  ram: [
    {
      key: 'acs:CurrentTime',
      operator: 'DateGreaterThan',
      met: '2020-01-01T00:00:00Z',
      unmet: '2100-01-01T00:00:00Z',
    },
    { key: 'acs:SecureTransport', operator: 'Bool', met: 'true', unmet: 'false', headers: PUBLIC },
    { key: 'acs:SecureTransport', operator: 'Bool', met: 'false', unmet: 'true' },
    address('acs:SourceIp', '203.0.113.0/24', PUBLIC),
    text('acs:SourceVpc', 'vpc-wide', 'vpc-narrow', { headers: VPC }),
    text('acs:SourceVpc', 'vpc-narrow', 'vpc-wide', { headers: INNER }),
    address('acs:VpcSourceIp', '10.1.2.0/24', VPC),
    text('acs:UserAgent', 'probe/1', 'other', { headers: { 'user-agent': 'probe/1' } }),
    text('acs:Referer', 'https://console.example/', 'other', {
      headers: { referer: 'https://console.example/' },
    }),
    text('acs:AccessId', ({ user }) => user.accessKeyId),
    text('acs:PrincipalARN', ({ account }) => `acs:ram::${account.uid}:user/probe`),
    text('acs:PrincipalARN', ({ account }) => `acs:ram::${account.uid}:role/probe`, 'other', {
      as: 'session',
    }),
    { key: 'acs:PrincipalRDId', operator: 'StringLike', met: 'rd-??????????', unmet: 'o-*' },
    {
      key: 'acs:PrincipalRDPath',
      operator: 'StringLike',
      met: ({ account }) => `rd-*/r-*/fd-*/fd-*/${account.uid}`,
      unmet: 'rd-*/r-*/fd-*/fd-*/fd-*/*',
    },
    text('acs:SourceIdentity', 'alice', 'bob', { as: 'session' }),
    text('acs:ResourceTag/Project', 'A', 'B', { call: describeKey }),
    text('acs:RequestTag/Stage', 'live', 'test', { call: tagKey }),
    {
      key: 'kms:TlsVersion',
      operator: 'NumericGreaterThanEquals',
      met: '1.0',
      unmet: '1.3',
      headers: PUBLIC,
    },
  ],
  iam: [
    {
      key: 'g:CurrentTime',
      operator: 'DateGreaterThan',
      met: '2020-01-01T00:00:00Z',
      unmet: '2100-01-01T00:00:00Z',
    },
    { key: 'g:SecureTransport', operator: 'Bool', met: 'true', unmet: 'false', headers: PUBLIC },
    address('g:SourceIp', '203.0.113.0/24', PUBLIC),
    text('g:SourceVpc', 'vpc-wide', 'vpc-narrow', { headers: VPC }),
    text('g:SourceVpce', 'vpce-1', 'vpce-2', { headers: INNER }),
    address('g:VpcSourceIp', '10.1.2.0/24', VPC),
    text('g:UserAgent', 'probe/1', 'other', { headers: { 'user-agent': 'probe/1' } }),
    text('g:Referer', 'https://console.example/', 'other', {
      headers: { referer: 'https://console.example/' },
    }),
    text('g:RequestedRegion', 'cn-north-4', 'cn-north-1'),
    { key: 'g:ViaService', operator: 'Bool', met: 'false', unmet: 'true' },
    text('g:DomainId', ({ account }) => account.domainId),
    text('g:DomainName', 'probed'),
    text('g:PrincipalAccount', ({ account }) => account.domainId),
    text('g:PrincipalUrn', ({ account }) => `iam::${account.domainId}:user:probe`),
    text('g:PrincipalUrn', ({ account }) => `sts::${account.domainId}:assumed-agency:probe/ci`, 'other', {
      as: 'session',
    }),
    { key: 'g:PrincipalId', operator: 'StringMatch', met: '????????????????????????????????', unmet: '*:*' },
    {
      key: 'g:PrincipalId',
      operator: 'StringMatch',
      met: '????????????????????????????????:ci',
      unmet: '*:cd',
      as: 'session',
    },
    { key: 'g:PrincipalIsRootUser', operator: 'Bool', met: 'false', unmet: 'true' },
    { key: 'g:PrincipalOrgId', operator: 'StringMatch', met: 'o-??????????', unmet: 'rd-*' },
    {
      key: 'g:PrincipalOrgPath',
      operator: 'StringMatch',
      met: ({ account }) => `o-*/r-*/ou-*/ou-*/${account.domainId}`,
      unmet: 'o-*/r-*/ou-*/ou-*/ou-*/*',
    },
    text('g:PrincipalOrgManagementAccountId', ({ managementDomain }) => managementDomain),
    { key: 'g:ResourceOrgId', operator: 'StringMatch', met: 'o-??????????', unmet: 'rd-*' },
    text('g:PrincipalTag/Team', 'blue', 'red'),
    text('g:PrincipalTag/Team', 'role', 'blue', { as: 'session' }),
    text('g:UserName', 'probe'),
    { key: 'g:UserId', operator: 'StringMatch', met: '????????????????????????????????', unmet: 'x*' },
    {
      key: 'g:TokenIssueTime',
      operator: 'DateGreaterThan',
      met: '2020-01-01T00:00:00Z',
      unmet: '2100-01-01T00:00:00Z',
      as: 'session',
    },
    text('g:SourceIdentity', 'alice', 'bob', { as: 'session' }),
  ],
}

/** Keys that a call does not carry, and with what it is made. */
const absent: Readonly<Record<Language, readonly (readonly [key: string, more: Partial<Case>])[]>> = {
  ram: [
    ['acs:MFAPresent', {}],
    ['acs:SourceIp', { headers: VPC }],
    ['acs:SourceVpc', { headers: PUBLIC }],
    ['acs:VpcSourceIp', { headers: PUBLIC }],
    ['acs:SourceIdentity', {}],
    ['acs:SessionTag/Team', { as: 'session' }],
    ['acs:ResourceGroupId', {}],
    ['acs:ResourceTag/Other', { call: describeKey }],
    ['acs:RequestTag/Other', { call: tagKey }],
    ['acs:Referer', {}],
  ],
  iam: [
    ['g:MFAPresent', {}],
    ['g:MFAAge', {}],
    ['g:SourceIp', { headers: VPC }],
    ['g:SourceVpc', { headers: PUBLIC }],
    // The wide network is a VPC without an endpoint.
    ['g:SourceVpce', { headers: VPC }],
    ['g:VpcSourceIp', { headers: PUBLIC }],
    ['g:UserName', { as: 'session' }],
    ['g:UserId', { as: 'session' }],
    ['g:TokenIssueTime', {}],
    ['g:SourceIdentity', {}],
    ['g:PrincipalTag/Other', {}],
    ['g:EnterpriseProjectId', {}],
    ['g:RequestTag/Team', {}],
    ['g:ResourceTag/Team', {}],
    ['g:TagKeys', {}],
    ['g:CalledVia', {}],
    ['g:ProjectName', {}],
  ],
}

describe('global condition keys', () => {
  let service: TestService
  let world: World

  beforeAll(async () => {
    service = await startService({ flags: { 'trusted-proxy': '127.0.0.1' } })
    const account = await makeAccount(service, 'probed')
    const keyId = await makeKey(service, account.root)
    await service.call(account.root, 'kms:TagResource', {
      KeyId: keyId,
      Tags: [{ TagKey: 'Project', TagValue: 'A' }],
    })
    const { id, secret } = newKey()
    const user = { ...account.root, accessKeyId: id, accessKeySecret: secret }
    const trust = {
      ram: statement.ram({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { RAM: `acs:ram::${account.uid}:root` },
      }),
    }
    const nothing = { ram: statement.ram({ Effect: 'Deny', Action: 'none:*', Resource: '*' }) }
    await service.apply({
      accounts: [
        {
          uid: account.uid,
          policies: [
            { name: 'probe', language: 'ram', document: nothing.ram },
            {
              name: 'probe',
              language: 'iam',
              document: statement.iam({ Effect: 'Deny', Action: ['none:x:y'] }),
            },
          ],
          users: [
            {
              name: 'probe',
              tags: [{ key: 'Team', value: 'blue' }],
              policies: { ram: ['probe'], iam: ['probe'] },
              accessKeys: [{ id, secret }],
            },
          ],
          roles: [
            {
              name: 'probe',
              trust,
              tags: [{ key: 'Team', value: 'role' }],
              policies: { ram: ['probe'], iam: ['probe'] },
            },
          ],
        },
      ],
      networks: [
        { cidr: '10.0.0.0/8', vpc: 'vpc-wide' },
        { cidr: '10.1.9.0/24', vpc: 'vpc-narrow', endpoint: 'vpce-1' },
      ],
      organization: {
        managementAccount: 'main',
        root: { folders: [{ name: 'a', folders: [{ name: 'b', accounts: [{ account: 'probed' }] }] }] },
      },
    })
    const session = await assume(service, account.admin, `acs:ram::${account.uid}:role/probe`, {
      SourceIdentity: 'alice',
    })
    world = { account, user, session, keyId, managementDomain: service.root.domainId }
  })
  afterAll(() => service.close())

  /** The status of a call under nothing but this condition. */
  async function under(
    language: Language,
    condition: object,
    { as, call, headers }: Partial<Case>,
  ): Promise<number> {
    const allow =
      language === 'ram'
        ? { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition }
        : { Effect: 'Allow', Action: ['*'], Resource: ['*'], Condition: condition }
    const policies = [{ name: 'probe', language, document: statement[language](allow) }]
    await service.apply({ accounts: [{ uid: world.account.uid, policies }] })
    const [name, input] = call ?? [LIST[language], () => ({})]
    const answer = await service.call(
      as === 'session' ? world.session : world.user,
      name,
      input(world),
      headers,
    )
    return answer.status
  }

  describe.each(['ram', 'iam'] as const)('of %s', (language) => {
    it.each(cases[language].map((one) => [one.key, one] as const))(
      '%s is met and unmet',
      async (key, one) => {
        const met = typeof one.met === 'string' ? one.met : one.met(world)
        expect(await under(language, { [one.operator]: { [key]: [met] } }, one)).toBe(200)
        expect(await under(language, { [one.operator]: { [key]: [one.unmet] } }, one)).toBe(403)
      },
    )

    it.each(absent[language])('%s is absent where it is not known', async (key, more) => {
      expect(await under(language, { [like(language)]: { [key]: ['*'] } }, more)).toBe(403)
      const missing = language === 'ram' ? { StringNotLike: { [key]: ['*'] } } : { Null: { [key]: ['true'] } }
      expect(await under(language, missing, more)).toBe(200)
    })
  })
})
