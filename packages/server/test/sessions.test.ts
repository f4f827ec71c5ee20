import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { signAcs3, signAcs4, signV1 } from '../src/wire/alibaba/sign.ts'
import {
  ALLOW_ALL,
  assume,
  assumeAgency,
  makeAccount,
  outcome,
  statement,
  type TestAccount,
} from './identity-kit.ts'
import { startPostgres } from './postgres.ts'
import { disagreements } from './recorded-decisions.ts'
import { type Credential, startService, type TestService } from './service.ts'

vi.mock('@keyward/policy', async (load) => {
  const { recording } = await import('./recorded-decisions.ts')
  return recording(await load())
})

// Sessions of roles and agencies over both wires: who may open one, what it may do, and when it is over.

const postgres = await startPostgres()

describe.each([
  ['sqlite', (): Promise<string> | undefined => undefined],
  ['postgres', (): Promise<string> | undefined => postgres?.createDatabase()],
] as const)('sessions on %s', (database, createDatabase) => {
  if (database === 'postgres' && !postgres) return
  let service: TestService
  let home: TestAccount
  let other: TestAccount

  beforeAll(async () => {
    const url = await createDatabase()
    service = await startService({
      switches: ['test-clock'],
      ...(url === undefined ? {} : { database: url }),
    })
    home = await makeAccount(service, 'home')
    other = await makeAccount(service, 'other')
    await declareRoles()
  })
  afterAll(() => service.close())

  const trust = (uid: string, domainId: string, condition?: object) => ({
    ram: statement.ram({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: `acs:ram::${uid}:root` },
      ...(condition && { Condition: condition }),
    }),
    iam: statement.iam({
      Effect: 'Allow',
      Action: ['sts:agencies:assume', 'sts::setSourceIdentity'],
      Principal: { IAM: [domainId] },
      ...(condition && { Condition: condition }),
    }),
  })
  const all = (['ram', 'iam'] as const).map((language) => ({
    name: 'all',
    language,
    document: ALLOW_ALL[language],
  }))
  /** `reader` trusts its own account, `lonely` nobody, `guarded` those who know an external id, `foreign` another account. */
  const declareRoles = (extra: object[] = []) => {
    const policies = { ram: ['all'], iam: ['all'] }
    const own = trust(home.uid, home.domainId)
    const nobody = {
      ram: statement.ram({ Effect: 'Deny', Action: 'sts:AssumeRole', Principal: { RAM: '*' } }),
    }
    const secret = trust(home.uid, home.domainId, { StringEquals: { 'sts:ExternalId': 'open-sesame' } })
    const theirs = trust(other.uid, other.domainId)
    return service.apply({
      accounts: [
        {
          uid: home.uid,
          policies: all,
          roles: [
            { name: 'worker', trust: own, policies, maxSessionSeconds: 7200 },
            { name: 'lonely', policies },
            { name: 'never', trust: nobody, policies },
            { name: 'guarded', trust: secret, policies },
            { name: 'foreign', trust: theirs, policies },
            ...extra,
          ],
        },
      ],
    })
  }
  const arn = (name: string, uid = home.uid) => `acs:ram::${uid}:role/${name}`
  const urn = (name: string, domain = home.domainId) => `iam::${domain}:agency:${name}`
  const open = (who: Credential, name: string, more: Record<string, unknown> = {}) =>
    service.call(who, 'sts:AssumeRole', { RoleArn: arn(name), RoleSessionName: 'ci', ...more })
  const openAgency = (who: Credential, name: string, more: Record<string, unknown> = {}) =>
    service.call(who, 'sts:AssumeAgency', { agency_urn: urn(name), agency_session_name: 'ci', ...more })
  const listKeys = async (who: Credential) => outcome(await service.call(who, 'kms:ListKeys', {}))
  const listPairs = async (who: Credential) => (await service.call(who, 'kps:ListKeypairs', {})).status

  describe('are opened', () => {
    it('over the Alibaba wire, and say who they are on both', async () => {
      const answer = await open(home.admin, 'worker')
      expect(answer).toMatchObject({
        status: 200,
        body: {
          AssumedRoleUser: {
            Arn: `${arn('worker')}/ci`,
            AssumedRoleId: expect.stringMatching(/^\d{18}:ci$/),
          },
          Credentials: {
            AccessKeyId: expect.stringMatching(/^STS\.\w{20}$/),
            Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          },
        },
      })
      const session = await assume(service, home.admin, arn('worker'))
      expect((await service.call(session, 'sts:GetCallerIdentity', {})).body).toMatchObject({
        IdentityType: 'AssumedRoleUser',
        AccountId: home.uid,
        RoleId: expect.stringMatching(/^\d{18}$/),
        PrincipalId: expect.stringMatching(/^\d{18}:ci$/),
        Arn: `acs:ram::${home.uid}:assumed-role/worker/ci`,
      })
      expect((await service.call(session, 'sts:CallerIdentity', {})).body).toEqual({
        account_id: home.domainId,
        principal_urn: `sts::${home.domainId}:assumed-agency:worker/ci`,
        principal_id: expect.stringMatching(/^[0-9a-f]{32}:ci$/),
      })
      expect([await listKeys(session), await listPairs(session)]).toEqual(['200', 200])
    })

    it('over the Huawei wire', async () => {
      const answer = await openAgency(home.admin, 'worker')
      expect(answer).toMatchObject({
        status: 200,
        body: {
          assumed_agency: {
            urn: `sts::${home.domainId}:assumed-agency:worker/ci`,
            id: expect.stringMatching(/^[0-9a-f]{32}:ci$/),
          },
        },
      })
      const session = await assumeAgency(service, home.admin, urn('worker'))
      expect([await listKeys(session), await listPairs(session)]).toEqual(['200', 200])
    })

    it('and their token goes with every signature of the wire', async () => {
      const session = await assume(service, home.admin, arn('worker'))
      const call = {
        ...session,
        method: 'POST' as const,
        host: new URL(service.url).host,
        action: 'ListKeys',
        version: '2016-01-20',
        query: {},
      }
      const token = session.securityToken!
      const header = { headers: { 'x-acs-security-token': token } }
      for (const signed of [
        signV1({ ...call, query: { SecurityToken: token } }),
        signAcs3({ ...call, ...header }),
        signAcs4({ ...call, ...header }, 'cn-hangzhou', 'Kms'),
      ]) {
        const answer = await fetch(`${service.url}${signed.target}`, { ...signed, body: null })
        expect(answer.status).toBe(200)
        await answer.text()
      }
    })

    it.each(['sts:AssumeRole', 'sts:AssumeAgency'])('only when both sides allow: %s', async (name) => {
      const one = name === 'sts:AssumeRole' ? open : openAgency
      expect((await one(home.admin, 'worker')).status).toBe(200)
      // No policy of the caller's own; no trust; a root identity.
      expect((await one(home.nobody, 'worker')).status).toBe(403)
      expect((await one(home.admin, 'lonely')).status).toBe(403)
      expect((await one(home.root, 'worker')).status).toBe(403)
    })

    it('and the refusal says which side it was', async () => {
      const side = async (who: Credential, role: string) =>
        (await open(who, role)).body.AccessDeniedDetail as Record<string, string>
      expect((await side(home.admin, 'lonely')).PolicyType).toBe('AssumeRolePolicy')
      expect((await side(home.nobody, 'worker')).PolicyType).toBe('AccountLevelIdentityBasedPolicy')
      expect(String((await openAgency(home.admin, 'lonely')).body.error_msg)).toContain(
        'no trust policy allows',
      )
    })

    it('across accounts, when both sides allow', async () => {
      expect((await open(other.admin, 'foreign')).status).toBe(200)
      expect((await openAgency(other.admin, 'foreign')).status).toBe(200)
      expect((await open(other.nobody, 'foreign')).status).toBe(403)
      expect((await open(home.admin, 'foreign')).status).toBe(403)
    })

    it('and nobody learns whether another account has a role', async () => {
      const told = ({ status, body }: { status: number; body: Record<string, unknown> }) => {
        const { RequestId: _, request_id: __, ...rest } = body
        return { status, rest }
      }
      expect(told(await open(other.admin, 'worker'))).toEqual(told(await open(other.admin, 'missing')))
      expect(told(await openAgency(other.admin, 'worker'))).toEqual(
        told(await openAgency(other.admin, 'missing')),
      )
      // Nor who may not assume it whether one's own account has it, and what it trusts.
      const detail = async (role: string) => {
        const { AccessDeniedDetail } = (await open(home.nobody, role)).body
        const {
          AuthResource: _,
          EncodedDiagnosticMessage: __,
          ...rest
        } = AccessDeniedDetail as Record<string, string>
        return rest
      }
      expect(await detail('never')).toEqual(await detail('missing'))
      expect((await open(home.admin, 'never')).body.AccessDeniedDetail).toMatchObject({
        PolicyType: 'AssumeRolePolicy',
        NoPermissionType: 'ExplicitDeny',
      })
      // In one's own account, who would be allowed does.
      expect(outcome(await open(home.admin, 'missing'))).toBe('404 EntityNotExist.Role')
      expect((await open(home.nobody, 'missing')).status).toBe(403)
      expect(outcome(await openAgency(home.admin, 'missing'))).toBe('403 STS5.9001')
    })

    it('with the external id that the trust policy asks for', async () => {
      expect((await open(home.admin, 'guarded')).status).toBe(403)
      expect((await open(home.admin, 'guarded', { ExternalId: 'guess' })).status).toBe(403)
      expect((await open(home.admin, 'guarded', { ExternalId: 'open-sesame' })).status).toBe(200)
      expect((await openAgency(home.admin, 'guarded')).status).toBe(403)
      expect((await openAgency(home.admin, 'guarded', { external_id: 'open-sesame' })).status).toBe(200)
    })

    it.each([
      ['InvalidParameter.RoleArn', { RoleArn: 'acs:ram::1:role/x' }],
      ['InvalidParameter.RoleSessionName', { RoleSessionName: 'a b' }],
      ['InvalidParameter.DurationSeconds', { DurationSeconds: 899 }],
      ['InvalidParameter.DurationSeconds', { DurationSeconds: 7201 }],
      ['InvalidParameter.PolicyGrammar', { Policy: '{"Version":"1"}' }],
      ['InvalidParameter.PolicySize', { Policy: JSON.stringify(ALLOW_ALL.ram).padEnd(2049) }],
      ['InvalidParameter.ExternalId', { ExternalId: 'a' }],
    ])('not with %s', async (code, more) => {
      expect(outcome(await open(home.admin, 'worker', more))).toBe(`400 ${code}`)
    })
  })

  describe('may do what their role may', () => {
    const onlyLists = JSON.stringify(
      statement.ram({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }),
    )
    const onlyPairs = JSON.stringify(statement.iam({ Effect: 'Allow', Action: ['kps:SSHKeyPair:list'] }))

    it('and what their session policy leaves of it, in the language that it was given in', async () => {
      const cut = await assume(service, home.admin, arn('worker'), { Policy: onlyLists })
      expect(await listKeys(cut)).toBe('200')
      const refused = await service.call(cut, 'kms:CreateKey', {})
      expect(refused.body.AccessDeniedDetail).toMatchObject({
        PolicyType: 'SessionPolicy',
        NoPermissionType: 'ImplicitDeny',
        AuthPrincipalType: 'AssumedRoleUser',
        AuthPrincipalDisplayName: 'worker:ci',
      })
      expect(await listPairs(cut)).toBe(403)
      const pairs = await assumeAgency(service, home.admin, urn('worker'), { policy: onlyPairs })
      expect(await listPairs(pairs)).toBe(200)
      expect(await listKeys(pairs)).toBe('403 Forbidden.NoPermission')
    })

    it('a session policy adds nothing', async () => {
      await declareRoles([{ name: 'weak', trust: trust(home.uid, home.domainId) }])
      const session = await assume(service, home.admin, arn('weak'), {
        Policy: JSON.stringify(ALLOW_ALL.ram),
      })
      expect(await listKeys(session)).toBe('403 Forbidden.NoPermission')
    })

    it('which cannot be cut by a policy that the account does not have', async () => {
      const unknown = await openAgency(home.admin, 'worker', { policy_ids: ['0'.repeat(32)] })
      expect(unknown.status).toBe(400)
    })

    it('and a key pair of one session’s user scope belongs to all sessions of the agency', async () => {
      const first = await assumeAgency(service, home.admin, urn('worker'))
      const second = await assume(service, home.admin, arn('worker'), { RoleSessionName: 'again' })
      const keypair = { name: 'of-worker', algorithm: 'SSH_ED25519' }
      expect((await service.call(first, 'kps:CreateKeypair', { keypair })).status).toBe(200)
      const show = (who: Credential) =>
        service.call(who, 'kps:ListKeypairDetail', { keypair_name: 'of-worker' })
      expect((await show(second)).status).toBe(200)
      expect((await show(home.admin)).status).toBe(404)
    })

    it('a policy that names the role means its sessions, and one may open the next', async () => {
      const onlyWorker = {
        ram: statement.ram({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: arn('worker') } }),
      }
      await declareRoles([{ name: 'second', trust: onlyWorker, policies: { ram: ['all'] } }])
      const worker = await assume(service, home.admin, arn('worker'), { SourceIdentity: 'alice' })
      const second = await open(worker, 'second')
      expect(second).toMatchObject({ status: 200, body: { SourceIdentity: 'alice' } })
      expect((await open(home.admin, 'second')).status).toBe(403)
      expect((await open(worker, 'second', { SourceIdentity: 'mallory' })).status).toBe(400)
    })
  })

  describe('end', () => {
    it.each([
      ['no token', (s: Credential) => without(s), '400 MissingSecurityToken'],
      [
        'no token at all',
        (s: Credential) => ({ ...s, securityToken: 'nonsense' }),
        '400 InvalidSecurityToken.Malformed',
      ],
      [
        'one bit changed',
        (s: Credential) => ({ ...s, securityToken: flip(s.securityToken!) }),
        '400 InvalidSecurityToken.Malformed',
      ],
      [
        'a cut token',
        (s: Credential) => ({ ...s, securityToken: s.securityToken!.slice(0, -4) }),
        '400 InvalidSecurityToken.Malformed',
      ],
      [
        'a wrong secret',
        (s: Credential) => ({ ...s, accessKeySecret: 'x'.repeat(40) }),
        '400 SignatureDoesNotMatch',
      ],
    ])('with %s', async (_what, change, expected) => {
      const session = await assume(service, home.admin, arn('worker'))
      expect(await listKeys(change(session))).toBe(expected)
      expect(await listPairs(change(session))).toBe(401)
      expect(await listKeys(session)).toBe('200')
    })

    it('with the token of another session, or on a permanent key', async () => {
      const [one, two] = [
        await assume(service, home.admin, arn('worker')),
        await assume(service, home.admin, arn('worker')),
      ]
      const mixed = { ...one, securityToken: two.securityToken! }
      expect(await listKeys(mixed)).toBe('400 InvalidSecurityToken.MismatchWithAccessKey')
      expect(await listPairs(mixed)).toBe(401)
      const permanent = { ...home.admin, securityToken: two.securityToken! }
      expect(await listKeys(permanent)).toBe('400 InvalidSecurityToken.MismatchWithAccessKey')
      expect(await listPairs(permanent)).toBe(401)
    })

    it('when the token is another service’s', async () => {
      const elsewhere = await startService()
      try {
        const uid = elsewhere.root.accountUid
        const trusting = { ram: trust(uid, elsewhere.root.domainId).ram }
        await elsewhere.apply({ accounts: [{ uid, roles: [{ name: 'worker', trust: trusting }] }] })
        const user = await elsewhere.user('u', { ram: [ALLOW_ALL.ram] })
        const session = await assume(elsewhere, user, arn('worker', uid))
        expect((await elsewhere.call(session, 'sts:GetCallerIdentity', {})).status).toBe(200)
        expect(await listKeys(session)).toBe('400 InvalidSecurityToken.Malformed')
      } finally {
        await elsewhere.close()
      }
    })

    it('when the clock says so', async () => {
      const clock = service.service.clock as TestClock
      const session = await assume(service, home.admin, arn('worker'), { DurationSeconds: 900 })
      clock.advance(890_000)
      expect(await listKeys(session)).toBe('200')
      clock.advance(11_000)
      expect(await listKeys(session)).toBe('400 InvalidSecurityToken.Expired')
      expect(await listPairs(session)).toBe(401)
    })

    it('with their role, also when one of the same name takes its place', async () => {
      const role = { name: 'short', trust: trust(home.uid, home.domainId), policies: { ram: ['all'] } }
      const declare = (roles: object[]) =>
        service.apply({ accounts: [{ uid: other.uid, policies: all, roles, users: [] }] })
      await declare([role])
      const session = await assume(service, home.admin, arn('short', other.uid))
      expect(await listKeys(session)).toBe('200')
      const kept = { uid: other.uid, policies: all, users: otherUsers() }
      await service.apply({ accounts: [kept] }, { Prune: true })
      expect(await listKeys(session)).toBe('400 InvalidSecurityToken.Expired')
      await declare([role])
      expect(await listKeys(session)).toBe('400 InvalidSecurityToken.Expired')
      expect(await listKeys(await assume(service, home.admin, arn('short', other.uid)))).toBe('200')
    })
  })

  function otherUsers() {
    return ['admin', 'nobody'].map((name) => {
      const { accessKeyId: id, accessKeySecret: secret } = name === 'admin' ? other.admin : other.nobody
      const policies = name === 'admin' ? { ram: ['all'], iam: ['all'] } : {}
      return { name, policies, accessKeys: [{ id, secret }] }
    })
  }
})

// Last: it looks at what all the others did.
describe('the offline tool', () => {
  it('decides every decision of this file as the service did', () => {
    const { decisions, odd, apart } = disagreements()
    expect({ odd, apart }).toEqual({ odd: 0, apart: [] })
    expect(decisions).toBeGreaterThan(60)
  })
})

function without({ securityToken: _, ...rest }: Credential): Credential {
  return rest
}

function flip(token: string): string {
  const bytes = Buffer.from(token, 'base64')
  const at = 20 + (randomBytes(1)[0]! % (bytes.length - 20))
  bytes[at]! ^= 1
  return bytes.toString('base64')
}
