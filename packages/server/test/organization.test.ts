import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ALLOW_ALL,
  assume,
  assumeAgency,
  makeAccount,
  makeKey,
  outcome,
  statement,
  type TestAccount,
} from './identity-kit.ts'
import { startPostgres } from './postgres.ts'
import { disagreements } from './recorded-decisions.ts'
import { startService, type TestService } from './service.ts'

vi.mock('@keyward/policy', async (load) => {
  const { recording } = await import('./recorded-decisions.ts')
  return recording(await load())
})

// Control policies and service control policies over the wire: at each level, for whom they do not count, and at keys of
// another account.

const postgres = await startPostgres()

const deny = {
  ram: statement.ram({ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }),
  iam: statement.iam({ Effect: 'Deny', Action: ['kps:SSHKeyPair:list'], Resource: ['*'] }),
}
const policies = [
  { name: 'NoLists', language: 'ram', document: deny.ram },
  { name: 'NoLists', language: 'iam', document: deny.iam },
  {
    name: 'OnlyLists',
    language: 'ram',
    document: statement.ram({ Effect: 'Allow', Action: ['kms:List*', 'sts:*'], Resource: '*' }),
  },
  {
    name: 'OnlyLists',
    language: 'iam',
    document: statement.iam({ Effect: 'Allow', Action: ['kps:*:list'], Resource: ['*'] }),
  },
]
const FULL = { ram: ['FullAliyunAccess'], iam: ['FullAccess'] }
const NO_LISTS = { ram: ['FullAliyunAccess', 'NoLists'], iam: ['FullAccess', 'NoLists'] }

describe.each([
  ['sqlite', (): Promise<string> | undefined => undefined],
  ['postgres', (): Promise<string> | undefined => postgres?.createDatabase()],
] as const)('an organization on %s', (name, createDatabase) => {
  if (name === 'postgres' && !postgres) return
  let service: TestService
  let main: { uid: string; root: TestService['root'] }
  let prod: TestAccount
  let outside: TestAccount

  beforeAll(async () => {
    const database = await createDatabase()
    service = await startService(database === undefined ? {} : { database })
    main = { uid: service.root.accountUid, root: service.root }
    prod = await makeAccount(service, 'prod')
    outside = await makeAccount(service, 'outside')
    await organize({})
  })
  afterAll(() => service.close())

  interface Attached {
    readonly root?: object
    readonly upper?: object
    readonly lower?: object
    readonly account?: object
  }
  /** `prod` stands two folders below the root. What is not given has full access. */
  const organize = (attached: Attached) =>
    service.apply({
      accounts: [],
      organization: {
        managementAccount: 'main',
        policies,
        root: {
          policies: attached.root ?? FULL,
          folders: [
            {
              name: 'upper',
              policies: attached.upper ?? FULL,
              folders: [
                {
                  name: 'lower',
                  policies: attached.lower ?? FULL,
                  accounts: [{ account: 'prod', policies: attached.account ?? FULL }],
                },
              ],
            },
          ],
        },
      },
    })
  const lists = async (who: TestAccount['admin']) => [
    (await service.call(who, 'kms:ListKeys', {})).status,
    (await service.call(who, 'kps:ListKeypairs', {})).status,
  ]

  it('leaves everything as it was while full access is attached everywhere', async () => {
    expect(await lists(prod.admin)).toEqual([200, 200])
    expect(await lists(prod.nobody)).toEqual([403, 403])
  })

  it.each(['root', 'upper', 'lower', 'account'] as const)(
    'denies what is denied at the level: %s',
    async (level) => {
      await organize({ [level]: NO_LISTS })
      expect(await lists(prod.admin)).toEqual([403, 403])
      const refused = await service.call(prod.admin, 'kms:ListKeys', {})
      expect(refused.body.AccessDeniedDetail).toMatchObject({
        NoPermissionType: 'ExplicitDeny',
        PolicyType: 'ControlPolicy',
      })
      const told = String((await service.call(prod.admin, 'kps:ListKeypairs', {})).body.error_msg)
      expect(told).toContain('with an explicit deny in the service control policy')
      // Nobody else's account.
      expect(await lists(outside.admin)).toEqual([200, 200])
      await organize({})
      expect(await lists(prod.admin)).toEqual([200, 200])
    },
  )

  it.each(['root', 'upper', 'lower', 'account'] as const)(
    'allows only what is allowed at the level: %s',
    async (level) => {
      await organize({ [level]: { ram: ['OnlyLists'], iam: ['OnlyLists'] } })
      expect(await lists(prod.admin)).toEqual([200, 200])
      const created = await service.call(prod.admin, 'kms:CreateKey', {})
      expect(created.body.AccessDeniedDetail).toMatchObject({
        NoPermissionType: 'ImplicitDeny',
        PolicyType: 'ControlPolicy',
      })
      const pair = { keypair: { name: 'p', algorithm: 'SSH_ED25519' } }
      expect((await service.call(prod.admin, 'kps:CreateKeypair', pair)).status).toBe(403)
      await organize({})
    },
  )

  it('grants nothing', async () => {
    await organize({ account: { ram: ['FullAliyunAccess', 'OnlyLists'], iam: ['FullAccess', 'OnlyLists'] } })
    expect(await lists(prod.nobody)).toEqual([403, 403])
    await organize({})
  })

  it('binds a member’s root by service control policies, and not by control policies', async () => {
    await organize({ root: NO_LISTS })
    expect(await lists(prod.root)).toEqual([200, 403])
    await organize({})
    expect(await lists(prod.root)).toEqual([200, 200])
  })

  it('does not bind the management account, wherever it stands', async () => {
    await organize({ root: NO_LISTS })
    const user = await service.user('manager', { ram: [ALLOW_ALL.ram], iam: [ALLOW_ALL.iam] })
    expect(await lists(user)).toEqual([200, 200])
    expect(await lists(main.root)).toEqual([200, 200])
    await organize({})
  })

  it('binds sessions of roles, but not of a service’s own', async () => {
    const role = (extra: object) => ({
      trust: {
        ram: statement.ram({
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { RAM: `acs:ram::${prod.uid}:root` },
        }),
        iam: statement.iam({
          Effect: 'Allow',
          Action: ['sts:agencies:assume'],
          Principal: { IAM: [prod.domainId] },
        }),
      },
      policies: { ram: ['AdministratorAccess'], iam: ['AdministratorAccess'] },
      ...extra,
    })
    await service.apply({
      accounts: [
        {
          uid: prod.uid,
          roles: [role({ name: 'deployer' }), role({ name: 'linked', serviceLinked: 'kms.example' })],
        },
      ],
    })
    const arn = (name: string) => `acs:ram::${prod.uid}:role/${name}`
    const deployer = await assume(service, prod.admin, arn('deployer'))
    const linked = await assume(service, prod.admin, arn('linked'))
    const agency = await assumeAgency(service, prod.admin, `iam::${prod.domainId}:agency:deployer`)
    expect(await lists(deployer)).toEqual([200, 200])
    await organize({ upper: NO_LISTS })
    expect(await lists(deployer)).toEqual([403, 403])
    expect(await lists(agency)).toEqual([403, 403])
    expect(await lists(linked)).toEqual([200, 200])
    await organize({})
  })

  describe('and a key of another account', () => {
    let KeyId: string
    const encrypt = async (who: TestAccount['admin']) =>
      outcome(await service.call(who, 'kms:Encrypt', { KeyId, Plaintext: 'aGVsbG8=' }))
    const share = (uid: string, Effect = 'Allow') =>
      service.call(prod.admin, 'kms:SetKeyPolicy', {
        KeyId: KeyId.split('/').at(-1),
        Policy: JSON.stringify(
          statement.ram(
            {
              Effect: 'Allow',
              Action: 'kms:*',
              Resource: '*',
              Principal: { RAM: [`acs:ram::${prod.uid}:root`] },
            },
            { Effect, Action: 'kms:Encrypt', Resource: '*', Principal: { RAM: [`acs:ram::${uid}:root`] } },
          ),
        ),
      })
    beforeAll(async () => {
      KeyId = `acs:kms:cn-hangzhou:${prod.uid}:key/${await makeKey(service, prod.admin)}`
    })

    it('needs both sides', async () => {
      expect(await encrypt(outside.admin)).toBe('404 Forbidden.KeyNotFound')
      await share(outside.uid)
      expect(await encrypt(outside.admin)).toBe('200')
      expect(await encrypt(outside.nobody)).toBe('404 Forbidden.KeyNotFound')
      await share(outside.uid, 'Deny')
      expect(await encrypt(outside.admin)).toBe('404 Forbidden.KeyNotFound')
      await share(outside.uid)
    })

    it('is refused by the control policies of the owner’s account, and by those of the caller’s', async () => {
      const noUse = {
        name: 'NoUse',
        language: 'ram',
        document: statement.ram({ Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' }),
      }
      const organizeBoth = (prodPolicies: object, outsidePolicies: object) =>
        service.apply({
          accounts: [],
          organization: {
            policies: [noUse],
            root: {
              accounts: [
                { account: 'prod', policies: prodPolicies },
                { account: 'outside', policies: outsidePolicies },
              ],
            },
          },
        })
      const none = { ram: ['FullAliyunAccess'] }
      const some = { ram: ['FullAliyunAccess', 'NoUse'] }
      await organizeBoth(none, none)
      expect(await encrypt(outside.admin)).toBe('200')
      await organizeBoth(some, none)
      expect(await encrypt(outside.admin)).toBe('404 Forbidden.KeyNotFound')
      await organizeBoth(none, some)
      expect(await encrypt(outside.admin)).toBe('404 Forbidden.KeyNotFound')
      await organizeBoth(none, none)
      expect(await encrypt(outside.admin)).toBe('200')
    })
  })

  describe('and one key on two wires', () => {
    const noData = statement.iam({ Effect: 'Deny', Action: ['kms:cmk:createDataKey'], Resource: ['*'] })
    const generate = async (who: TestAccount['admin'], KeyId: string) =>
      outcome(await service.call(who, 'kms:GenerateDataKey', { KeyId, KeySpec: 'AES_256' }))

    it('refuses a call of the one wire by an explicit denial of the other’s identity policies', async () => {
      const KeyId = await makeKey(service, service.root)
      const free = await service.user('free', { ram: [ALLOW_ALL.ram] })
      const denied = await service.user('denied', { ram: [ALLOW_ALL.ram], iam: [noData] })
      const elsewhere = statement.iam({
        Effect: 'Deny',
        Action: ['kms:*:*'],
        Resource: ['kms:*:*:KeyId:another'],
      })
      const other = await service.user('other', { ram: [ALLOW_ALL.ram], iam: [elsewhere] })
      expect(await generate(free, KeyId)).toBe('200')
      expect(await generate(other, KeyId)).toBe('200')
      expect(await generate(denied, KeyId)).toBe('403 Forbidden.NoPermission')
      expect((await service.call(denied, 'kms:Encrypt', { KeyId, Plaintext: 'aGVsbG8=' })).status).toBe(200)
    })

    it('and by a service control policy', async () => {
      const KeyId = await makeKey(service, prod.admin)
      expect(await generate(prod.admin, KeyId)).toBe('200')
      const name = 'NoData'
      const organization = (iam: string[]) => ({
        policies: [{ name, language: 'iam', document: noData }],
        root: { accounts: [{ account: 'prod', policies: { iam } }] },
      })
      await service.apply({ accounts: [], organization: organization(['FullAccess', name]) })
      expect(await generate(prod.admin, KeyId)).toBe('403 Forbidden.NoPermission')
      await service.apply({ accounts: [], organization: organization(['FullAccess']) })
      expect(await generate(prod.admin, KeyId)).toBe('200')
    })
  })
})

// Last: it looks at what all the others did.
describe('the offline tool', () => {
  it('decides every decision of this file as the service did', () => {
    const { decisions, odd, apart } = disagreements()
    expect({ odd, apart }).toEqual({ odd: 0, apart: [] })
    expect(decisions).toBeGreaterThan(40)
  })
})
