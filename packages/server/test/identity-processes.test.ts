import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assume, newKey } from './identity-kit.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Two servers over one PostgreSQL. Something is taken away by a call of RAM on one, while the other is called in a loop:
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

  /** Each way: the calls that take the right of `who` away, as the root. */
  const WAYS: readonly (readonly [
    who: string,
    calls: readonly (readonly [string, Record<string, unknown>])[],
  ])[] = [
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
    }
    const users = [...names, 'opener'].map((name) => {
      const key = newKey()
      keys.set(name, { accessKeyId: key.id, accessKeySecret: key.secret, projectId: one.root.projectId })
      return {
        name,
        accessKeys: [key],
        ...(own[name] ?? {
          policies: { ram: [READ, 'AliyunSTSAssumeRoleAccess'].slice(0, name === 'opener' ? 2 : 1) },
        }),
      }
    })
    const trust = {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${uid}:user/opener` } },
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
          ],
          users,
          groups: [
            { name: 'readers', members: ['removed'], policies: { ram: [READ] } },
            { name: 'losers', members: ['grouped'], policies: { ram: [READ] } },
          ],
          roles: ['worker', 'gone'].map((name) => ({
            name,
            trust: { ram: trust },
            policies: { ram: [READ] },
          })),
        },
      ],
    })
    for (const name of ['worker', 'gone'])
      keys.set(`role:${name}`, await assume(one, keys.get('opener')!, `acs:ram::${uid}:role/${name}`))
  }, 60_000)
  afterAll(async () => {
    await one?.close()
    await two?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const list = async (service: TestService, who: Credential) =>
    (await service.call(who, 'kms:ListKeys', {})).status

  /** Calls the other server until told to stop; when each allowed call began. */
  function loop(who: Credential) {
    const allowed: number[] = []
    const state = { ended: false, calls: 0 }
    const done = (async () => {
      while (!state.ended) {
        const begun = performance.now()
        if ((await list(two, who)) === 200) allowed.push(begun)
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
    for (const [who] of WAYS)
      for (const service of [one, two]) expect([who, await list(service, keys.get(who)!)]).toEqual([who, 200])
    const outcomes = await Promise.all(
      WAYS.map(async ([who, calls]) => {
        const credential = keys.get(who)!
        const calling = loop(credential)
        for (const [call, input] of calls) {
          const key = /AccessKey/.test(call) ? { UserAccessKeyId: credential.accessKeyId } : {}
          const answer = await one.call(one.root, `ram:${call}`, { ...input, ...key })
          expect([who, call, answer.status, answer.body.Message]).toEqual([who, call, 200, undefined])
        }
        const taken = performance.now()
        const here = await list(one, credential)
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
