import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assume, assumeAgency, newKey } from './identity-kit.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Two servers over one PostgreSQL. Something is taken away by a call of RAM or IAM on one, while the other is called in a loop:
// no call that begins after the bound is allowed, and on the first none after the answer. All ways run side by side.

/** The cache's bound of one second, with room for a slow machine around it. */
const BOUND_MS = 1000 + 250
/** How long the other server is called after the bound. */
const AFTER_MS = 500

const postgres = await startPostgres()

describe.skipIf(!postgres)('what is taken away by a call on one server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-identity-'))
  let one: TestService
  let two: TestService
  const keys = new Map<string, Credential>()

  const READ = 'AliyunKMSReadOnlyAccess'
  const document = (Action: string) => ({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  })
  const custom = { PolicyType: 'Custom' }
  const system = { PolicyType: 'System', PolicyName: READ }

  const IAM_READ = 'DEW KeypairReadOnlyAccess'
  const iamDocument = (action: string) => ({
    Version: '5.0',
    Statement: [{ Effect: 'Allow', Action: [action], Resource: ['*'] }],
  })
  type Input = Record<string, unknown>
  /** Ids of IAM by names. */
  type Ids = Readonly<Record<string, string>>

  /** Each way: the calls that take the right of `who` away, as the root. Those of IAM name ids. */
  const WAYS: readonly (readonly [
    who: string,
    calls: readonly (readonly [string, Input | ((ids: Ids) => Input)])[],
  ])[] = [
    [
      'iam-detached',
      [['iam:DetachUserPolicy', (ids) => ({ user_id: ids['iam-detached'], policy_id: ids[IAM_READ] })]],
    ],
    [
      'iam-removed',
      [['iam:RemoveUserFromGroup', (ids) => ({ user_id: ids['iam-removed'], group_id: ids['iam-readers'] })]],
    ],
    ['iam-disabled', [['iam:UpdateUser', (ids) => ({ user_id: ids['iam-disabled'], enabled: false })]]],
    [
      'iam-inactive',
      [['iam:UpdateAccessKey', (ids) => ({ user_id: ids['iam-inactive'], status: 'inactive' })]],
    ],
    ['iam-keyless', [['iam:DeleteAccessKey', (ids) => ({ user_id: ids['iam-keyless'] })]]],
    [
      'iam-versioned',
      [
        [
          'iam:CreatePolicyVersion',
          (ids) => ({
            policy_id: ids['iam-lists'],
            policy_document: JSON.stringify(iamDocument('kps:SSHKeyPair:create')),
            set_as_default: true,
          }),
        ],
      ],
    ],
    [
      'role:iam-worker',
      [['iam:DetachAgencyPolicy', (ids) => ({ agency_id: ids['iam-worker'], policy_id: ids[IAM_READ] })]],
    ],
    ['detached', [['DetachPolicyFromUser', { ...system, UserName: 'detached' }]]],
    ['removed', [['RemoveUserFromGroup', { UserName: 'removed', GroupName: 'readers' }]]],
    ['grouped', [['DetachPolicyFromGroup', { ...system, GroupName: 'losers' }]]],
    ['inactive', [['UpdateAccessKey', { UserName: 'inactive', Status: 'Inactive' }]]],
    ['keyless', [['DeleteAccessKey', { UserName: 'keyless' }]]],
    [
      'deleted',
      [
        ['DeleteAccessKey', { UserName: 'deleted' }],
        ['DetachPolicyFromUser', { ...system, UserName: 'deleted' }],
        ['DeleteUser', { UserName: 'deleted' }],
      ],
    ],
    [
      'versioned',
      [
        [
          'CreatePolicyVersion',
          {
            PolicyName: 'lists',
            PolicyDocument: JSON.stringify(document('kms:Encrypt')),
            SetAsDefault: true,
          },
        ],
      ],
    ],
    ['denied', [['AttachPolicyToUser', { ...custom, PolicyName: 'never', UserName: 'denied' }]]],
    ['renamed', [['UpdateUser', { UserName: 'renamed', NewUserName: 'another' }]]],
    ['role:worker', [['DetachPolicyFromRole', { ...system, RoleName: 'worker' }]]],
    [
      'role:gone',
      [
        ['DetachPolicyFromRole', { ...system, RoleName: 'gone' }],
        ['DeleteRole', { RoleName: 'gone' }],
      ],
    ],
  ]

  beforeAll(async () => {
    const database = await postgres?.createDatabase()
    if (database === undefined) return
    for (const name of ['one', 'two']) mkdirSync(join(folder, name), { mode: 0o700 })
    one = await startService({ database, data: join(folder, 'one') })
    cpSync(join(folder, 'one', 'root.key'), join(folder, 'two', 'root.key'))
    two = await startService({ database, data: join(folder, 'two'), root: one.root })
    const uid = one.root.accountUid
    const names = WAYS.map(([who]) => who).filter((who) => !who.startsWith('role:'))
    const own: Record<string, object> = {
      removed: {},
      grouped: {},
      versioned: { policies: { ram: ['lists'] } },
      renamed: { policies: { ram: ['named'] } },
      'iam-removed': {},
      'iam-versioned': { policies: { iam: ['iam-lists'] } },
      'iam-opener': { policies: { iam: ['iam-opens'] } },
    }
    const users = [...names, 'opener', 'iam-opener'].map((name) => {
      const key = newKey()
      keys.set(name, { accessKeyId: key.id, accessKeySecret: key.secret, projectId: one.root.projectId })
      return {
        name,
        accessKeys: [key],
        ...(own[name] ?? {
          policies: name.startsWith('iam-')
            ? { iam: [IAM_READ] }
            : { ram: [READ, 'AliyunSTSAssumeRoleAccess'].slice(0, name === 'opener' ? 2 : 1) },
        }),
      }
    })
    const trust = {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${uid}:user/opener` } },
      ],
    }
    const iamTrust = {
      Version: '5.0',
      Statement: [
        { Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: [one.root.domainId] } },
      ],
    }
    const ofName = { StringEquals: { 'acs:PrincipalARN': `acs:ram::${uid}:user/renamed` } }
    const named = {
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: ofName }],
    }
    const never = { Version: '1', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }
    await one.apply({
      accounts: [
        {
          uid,
          policies: [
            { name: 'lists', language: 'ram', document: document('kms:ListKeys') },
            { name: 'named', language: 'ram', document: named },
            { name: 'never', language: 'ram', document: never },
            { name: 'iam-lists', language: 'iam', document: iamDocument('kps:SSHKeyPair:list') },
            { name: 'iam-opens', language: 'iam', document: iamDocument('sts:agencies:assume') },
          ],
          users,
          groups: [
            { name: 'readers', members: ['removed'], policies: { ram: [READ] } },
            { name: 'iam-readers', members: ['iam-removed'], policies: { iam: [IAM_READ] } },
            { name: 'losers', members: ['grouped'], policies: { ram: [READ] } },
          ],
          roles: [
            ...['worker', 'gone'].map((name) => ({
              name,
              trust: { ram: trust },
              policies: { ram: [READ] },
            })),
            { name: 'iam-worker', trust: { iam: iamTrust }, policies: { iam: [IAM_READ] } },
          ],
        },
      ],
    })
    for (const name of ['worker', 'gone'])
      keys.set(`role:${name}`, await assume(one, keys.get('opener')!, `acs:ram::${uid}:role/${name}`))
    const urn = `iam::${one.root.domainId}:agency:iam-worker`
    keys.set('role:iam-worker', await assumeAgency(one, keys.get('iam-opener')!, urn))
  }, 60_000)
  afterAll(async () => {
    await one?.close()
    await two?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const list = async (service: TestService, who: Credential, call = 'kms:ListKeys') =>
    (await service.call(who, call, {})).status
  /** What somebody calls: that of the language in which it has a policy. */
  const callOf = (who: string) => (/^(role:)?iam-/.test(who) ? 'kps:ListKeypairs' : 'kms:ListKeys')

  async function idsOfIam(): Promise<Ids> {
    const found: [string, string][] = []
    for (const [call, member, kind] of [
      ['ListUsers', 'users', 'user'],
      ['ListGroups', 'groups', 'group'],
      ['ListAgencies', 'agencies', 'agency'],
      ['ListPolicies', 'policies', 'policy'],
    ] as const) {
      const { body } = await one.call(one.root, `iam:${call}`, { limit: 200 })
      for (const entity of body[member] as Record<string, string>[])
        found.push([entity[`${kind}_name`]!, entity[`${kind}_id`]!])
    }
    return Object.fromEntries(found)
  }

  /** Calls the other server until told to stop; when each allowed call began. */
  function loop(who: Credential, call: string) {
    const allowed: number[] = []
    const state = { ended: false, calls: 0 }
    const done = (async () => {
      while (!state.ended) {
        const begun = performance.now()
        if ((await list(two, who, call)) === 200) allowed.push(begun)
        state.calls += 1
        await sleep(30)
      }
    })()
    return {
      allowed,
      state,
      async stop() {
        state.ended = true
        await done
      },
    }
  }

  it('is gone there at once, and never allowed on the other after the bound', {
    timeout: 60_000,
  }, async () => {
    const ids = await idsOfIam()
    for (const [who] of WAYS)
      for (const service of [one, two])
        expect([who, await list(service, keys.get(who)!, callOf(who))]).toEqual([who, 200])
    const outcomes = await Promise.all(
      WAYS.map(async ([who, calls]) => {
        const credential = keys.get(who)!
        const calling = loop(credential, callOf(who))
        for (const [name, given] of calls) {
          const call = name.includes(':') ? name : `ram:${name}`
          const input = typeof given === 'function' ? given(ids) : given
          const field = call.startsWith('iam:') ? 'access_key_id' : 'UserAccessKeyId'
          const key = /AccessKey/.test(call) ? { [field]: credential.accessKeyId } : {}
          const answer = await one.call(one.root, call, { ...input, ...key })
          const { Message, error_msg } = answer.body
          const is = { status: Math.floor(answer.status / 100), told: Message ?? error_msg }
          expect([who, call, is]).toEqual([who, call, { status: 2, told: undefined }])
        }
        const taken = performance.now()
        const here = await list(one, credential, callOf(who))
        await sleep(BOUND_MS + AFTER_MS)
        await calling.stop()
        return {
          who,
          here,
          late: calling.allowed.filter((begun) => begun > taken + BOUND_MS).length,
          called: calling.state.calls > 2,
        }
      }),
    )
    expect(outcomes.filter(({ here, late, called }) => here === 200 || late > 0 || !called)).toEqual([])
  })

  it('is refused while the database is away, and served again when it is back', {
    timeout: 60_000,
  }, async () => {
    const opener = keys.get('opener')!
    expect(await list(two, opener)).toBe(200)
    await postgres!.stop()
    try {
      await sleep(BOUND_MS)
      for (const service of [one, two]) expect(await list(service, opener)).toBe(503)
    } finally {
      await postgres!.start()
    }
    const back = performance.now()
    for (const service of [one, two])
      while ((await list(service, opener)) !== 200) {
        expect(performance.now() - back).toBeLessThan(15_000)
        await sleep(100)
      }
    // What was taken away stays so.
    expect(await list(two, keys.get('detached')!)).toBe(403)
  })
})
