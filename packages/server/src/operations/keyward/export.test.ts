import { setImmediate } from 'node:timers/promises'
import { decide, type LanguageName } from '@keyward/policy'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { readTags } from '../../base/tags.ts'
import { sessionCaller, userCaller } from '../../identity/callers.ts'
import type { Account, Caller } from '../../identity/principal.ts'
import { accountOf } from '../../identity/queries.ts'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { exportOperation } from './export.ts'

/** Every place where others may have a turn gives them one, however short the work was. */
const turns = vi.hoisted(() => ({ everywhere: false }))
vi.mock('../../base/turns.ts', async (original) => {
  const real = await original<typeof import('../../base/turns.ts')>()
  return {
    ...real,
    createBreather: (ms?: number) => real.createBreather(turns.everywhere ? 0 : ms),
    inTurns: (work: never, ms?: number) => real.inTurns(work, turns.everywhere ? 0 : ms),
  }
})

// A random world, made by a file; what is exported of it, applied to an empty directory, decides alike there.

const databases = await testDatabases()

const NAMES = ['a', 'b', 'c'] as const
const ACTIONS = {
  ram: ['kms:Encrypt', 'kms:ListKeys', 'ram:GetUser', 'ram:CreateAccessKey', 'sts:AssumeRole'],
  iam: ['kps:SSHKeyPair:create', 'kps:SSHKeyPair:list', 'kms:cmk:list', 'kms:cmk:createDataKey'],
} as const
const VERSION = { ram: '1', iam: '5.0' } as const

const name = fc.constantFrom(...NAMES)
const some = <T>(item: fc.Arbitrary<T>, maxLength = 3) => fc.uniqueArray(item, { maxLength })
const language = fc.constantFrom<LanguageName>('ram', 'iam')

/** A policy that speaks of the account's own ids, in resources and conditions, and of tags. */
const policyOf = (spoken: LanguageName, uid: string, domainId: string) =>
  fc.record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    Action: fc.uniqueArray(fc.constantFrom(...ACTIONS[spoken]), { minLength: 1, maxLength: 3 }),
    Resource: fc.constantFrom(
      ['*'],
      spoken === 'ram' ? [`acs:ram:*:${uid}:user/*`, `acs:kms:*:${uid}:key`] : [`kms:*:${domainId}:KeyId:*`],
    ),
    Condition: fc.constantFrom(
      {},
      spoken === 'ram'
        ? { StringEquals: { 'acs:PrincipalTag/team': ['a'] } }
        : { StringEquals: { 'g:PrincipalTag/team': ['a'] } },
    ),
  })
const tags = fc
  .option(fc.constantFrom('a', 'b'), { nil: undefined })
  .map((value) => (value === undefined ? {} : { tags: [{ key: 'team', value }] }))

const attached = (own: Record<LanguageName, string[]>) =>
  fc.record({
    ram: some(fc.constantFrom(...own.ram, 'AliyunKMSReadOnlyAccess', 'AdministratorAccess'), 2),
    iam: some(fc.constantFrom(...own.iam, 'DEW KeypairReadOnlyAccess'), 2),
  })

function accountArbitrary(ids: { uid: string; domainId: string; projectId: string; name: string }) {
  const { uid, domainId } = ids
  return fc
    .uniqueArray(fc.tuple(language, name), { maxLength: 5, selector: ([l, n]) => `${l}/${n}` })
    .chain((names) => {
      const own = { ram: [] as string[], iam: [] as string[] }
      for (const [spoken, one] of names) own[spoken].push(one)
      const policies = fc.tuple(
        ...names.map(([spoken, one]) =>
          fc.tuple(policyOf(spoken, uid, domainId), tags, fc.boolean()).map(([statement, tagged, asText]) => {
            const document = { Version: VERSION[spoken], Statement: [statement] }
            const text = JSON.stringify(document, null, 2)
            const path = spoken === 'iam' && asText ? { path: 'team/' } : {}
            return { language: spoken, name: one, ...path, ...tagged, document: asText ? text : document }
          }),
        ),
      )
      const users = some(name).chain((named) =>
        fc.tuple(
          ...named.map((one) =>
            fc
              .record({
                policies: attached(own),
                tags,
                generate: fc.boolean(),
                off: fc.boolean(),
                enabled: fc.boolean(),
              })
              .map((u) => ({
                name: one,
                displayName: `"${one}": {x}`,
                policies: u.policies,
                enabled: u.enabled,
                ...u.tags,
                ...(u.generate && { accessKeys: [{ generate: 'k', status: u.off ? 'inactive' : 'active' }] }),
              })),
          ),
        ),
      )
      const trust = fc.constantFrom(undefined, {
        ram: {
          Version: '1',
          Statement: [
            { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${uid}:user/a`] } },
          ],
        },
      })
      const roles = some(name).chain((named) =>
        fc.tuple(
          ...named.map((one) =>
            fc
              .tuple(attached(own), tags, trust, fc.constantFrom({}, { path: 'a/b/' }))
              .map(([policies, tagged, trusted, path]) => ({
                name: one,
                ...path,
                policies,
                ...tagged,
                ...(trusted && { trust: trusted }),
                maxSessionSeconds: 7200,
              })),
          ),
        ),
      )
      const alias = fc.constantFrom({}, { alias: `the-${ids.name}` })
      return fc.record({ policies, users, roles, alias }).chain(({ alias, ...rest }) =>
        some(name, 2)
          .chain((named) =>
            fc.tuple(
              ...named.map((one) =>
                fc
                  .tuple(attached(own), fc.subarray(rest.users.map((user) => user.name)))
                  .map(([policies, members]) => ({ name: one, members, policies })),
              ),
            ),
          )
          .map((groups) => ({ ...ids, ...alias, ...rest, groups })),
      )
    })
}

const organization = fc
  .record({
    deny: fc.constantFrom(...ACTIONS.ram),
    on: fc.constantFrom('root', 'folder', 'account'),
    off: fc.constantFrom({}, { policyTypes: { iam: false } }, { policyTypes: { iam: true } }),
    tagged: fc.tuple(tags, tags, tags, tags),
    description: fc.constantFrom({}, { description: 'what it is for' }),
    trusted: fc.constantFrom({}, { trustedServices: ['service.one', 'service.two'] }),
    delegated: fc.constantFrom({}, { delegatedServices: ['service.one'] }),
  })
  .map(({ deny, on, off, tagged, description, trusted, delegated }) => {
    const limits = (here: string) => ({
      policies: { ram: ['FullAliyunAccess', ...(on === here ? ['NoSuch'] : [])] },
    })
    const document = { Version: '1', Statement: [{ Effect: 'Deny', Action: deny, Resource: '*' }] }
    return {
      managementAccount: 'main',
      ...off,
      ...trusted,
      policies: [{ language: 'ram', name: 'NoSuch', ...tagged[0], document }],
      root: {
        ...limits('root'),
        ...tagged[1],
        folders: [
          {
            name: 'f',
            ...limits('folder'),
            ...tagged[2],
            accounts: [
              { account: 'second', ...limits('account'), ...tagged[3], ...description, ...delegated },
            ],
          },
        ],
      },
    }
  })

const SECOND = {
  uid: '2222222222222222',
  domainId: '2'.repeat(32),
  projectId: '3'.repeat(32),
  name: 'second',
}

/** What every user and session may do there: by account, name and language. */
async function decisions(fixture: Fixture): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const row of await fixture.store.read.selectFrom('accounts').selectAll().execute()) {
    const account = accountOf(row)
    const users = await fixture.store.read
      .selectFrom('users')
      .selectAll()
      .where('account_uid', '=', row.id)
      .execute()
    const roles = await fixture.store.read
      .selectFrom('roles')
      .selectAll()
      .where('account_uid', '=', row.id)
      .execute()
    const callers = [
      ...users.map((u) =>
        userCaller(account, { id: u.id, ramId: u.ram_id, name: u.name, tags: readTags(u.tags) }, 'K'),
      ),
      ...roles.map((r) => {
        const names = { id: r.id, ramId: r.ram_id, name: r.name, tags: readTags(r.tags) }
        return sessionCaller(account, names, { name: 's', openedAt: 0, expiresAt: 9e15 } as never, 'K')
      }),
    ]
    for (const caller of callers)
      for (const spoken of ['ram', 'iam'] as const)
        found[`${account.name} ${caller.kind} ${caller.name} ${spoken}`] = await allowedTo(
          fixture,
          account,
          caller,
          spoken,
        )
  }
  return found
}

async function allowedTo(
  fixture: Fixture,
  account: Account,
  caller: Caller,
  spoken: LanguageName,
): Promise<string[]> {
  const layers = await fixture.directory.layersFor(caller, spoken)
  const own = spoken === 'ram' ? account.uid : account.domainId
  const principal = {
    kind: caller.kind,
    account: own,
    id: spoken === 'ram' ? caller.arn : caller.urn,
    ...(layers.surroundings?.position.free && { managesOrganization: true }),
  }
  const context = new Map(
    [...(caller.tags ?? [])].flatMap(([key, value]) => [
      [`acs:principaltag/${key}`, value] as const,
      [`g:principaltag/${key}`, value] as const,
    ]),
  )
  const resources = {
    ram: ['*', `acs:ram:*:${account.uid}:user/x`, `acs:kms:*:${account.uid}:key`],
    iam: ['*', `kms:cn-north-4:${account.domainId}:KeyId:x`],
  }[spoken]
  return ACTIONS[spoken].flatMap((action) =>
    resources.flatMap((resource, i) => {
      const { allowed, reason } = decide(
        spoken,
        { act: 'call', principal, action, resource, context },
        layers,
      )
      return allowed || reason === 'ExplicitDeny' ? [`${action} ${i} ${reason}`] : []
    }),
  )
}

async function exported(fixture: Fixture, caller = fixture.root, input: Record<string, unknown> = {}) {
  const answer = await fixture.pipeline({
    operation: exportOperation,
    caller,
    connection: {
      requestId: 'REQUEST',
      sourceAddress: '127.0.0.1',
      tlsVersion: '1.3',
      userAgent: undefined,
      referer: undefined,
      receivedAt: Date.now(),
    },
    input,
  })
  if (!answer.ok && answer.problem.code === 'Internal') throw new Error(String(fixture.defects))
  if (!answer.ok) return { refused: answer.problem.code }
  const { World, Left } = answer.output as { World: string; Left: string[] }
  return { world: World, left: Left }
}

/** A world with the ids of its operator taken out: what two directories have in common. */
function withoutIds(world: string, { uid, domainId, projectId }: Account): unknown {
  return JSON.parse(
    world.replaceAll(uid, 'UID').replaceAll(domainId, 'DOMAIN').replaceAll(projectId, 'PROJECT'),
  )
}

for (const database of databases)
  describe.skipIf(database.missing)(`an export on ${database.name}`, () => {
    const runs = database.name === 'sqlite' ? 20 : 3

    it('applied to an empty directory, gives the same decisions and the same export', {
      timeout: 120_000,
    }, async () => {
      let grants = 0
      // The ids of the first account are known once there is one: the file stands for it with these.
      const FIRST = {
        uid: '1111111111111111',
        domainId: '4'.repeat(32),
        projectId: '5'.repeat(32),
        name: 'main',
      }
      const worlds = fc.tuple(accountArbitrary(FIRST), accountArbitrary(SECOND), fc.option(organization))
      await fc.assert(
        fc.asyncProperty(worlds, async ([first, second, tree]) => {
          const [one, two] = [
            await openFixture({ url: await database.fresh() }),
            await openFixture({ url: await database.fresh() }),
          ]
          try {
            const world = {
              operator: FIRST.uid,
              accounts: [first, second],
              ...(tree && { organization: tree }),
            }
            await one.applied(JSON.stringify(world))
            const here = await exported(one)
            await two.applied(here.world!)
            const there = await exported(two)
            expect(withoutIds(there.world!, two.first.account)).toEqual(
              withoutIds(here.world!, one.first.account),
            )
            const decided = await decisions(one)
            grants += Object.values(decided).flat().length
            expect(await decisions(two)).toEqual(decided)
            // Where it comes from it changes nothing.
            expect((await one.applied(here.world!)).Changes).toEqual([])
            expect([...one.defects, ...two.defects]).toEqual([])
          } finally {
            await one.close()
            await two.close()
          }
        }),
        { numRuns: runs, examples: [] },
      )
      expect(grants).toBeGreaterThan(runs)
    })
  })

describe('an export', () => {
  it('is of one’s own account alone, for who is not of the operator’s', async () => {
    const fixture = await openFixture()
    try {
      await fixture.applied(JSON.stringify({ accounts: [{ ...SECOND, users: [{ name: 'theirs' }] }] }))
      await fixture.applied(JSON.stringify({ accounts: [{ name: 'main', users: [{ name: 'ours' }] }] }))
      const row = await fixture.store.read
        .selectFrom('accounts')
        .selectAll()
        .where('id', '=', SECOND.uid)
        .executeTakeFirstOrThrow()
      const member = { ...fixture.root, account: accountOf(row), arn: `acs:ram::${SECOND.uid}:root` }
      const own = await exported(fixture, member)
      expect(own.world).toContain('theirs')
      expect(own.world).not.toContain('ours')
      // One that is there and one that is not are refused alike.
      for (const Accounts of [['main'], ['nobody']])
        expect(await exported(fixture, member, { Accounts })).toEqual({ refused: 'AccessDenied' })
      expect((await exported(fixture, fixture.root, { Accounts: ['second'] })).world).not.toContain('ours')
      expect(await exported(fixture, fixture.root, { Accounts: ['nobody'] })).toEqual({
        refused: 'InvalidParameter',
      })
    } finally {
      await fixture.close()
    }
  })

  it('names what no file can declare', async () => {
    const fixture = await openFixture()
    try {
      const users = [{ name: 'a', enabled: false, policies: { iam: ['p'] } }]
      const document = {
        Version: '5.0',
        Statement: [{ Effect: 'Allow', Action: ['kps:SSHKeyPair:list'], Resource: ['*'] }],
      }
      const policies = [{ language: 'iam', name: 'p', path: 'x/', document }]
      const accounts = [{ name: 'main', alias: 'the-main', users, policies }]
      await fixture.applied(JSON.stringify({ accounts, organization: { managementAccount: 'main' } }))
      const key = `account main: access key ${fixture.first.accessKey.id} of root`
      expect((await exported(fixture)).left).toEqual([key])
      const { id } = await fixture.store.read.selectFrom('users').select('id').executeTakeFirstOrThrow()
      const { uid } = fixture.first.account
      const row = { account_uid: uid, created_at: 1 }
      await fixture.store.write(async (tx) => {
        const profile = { ...row, user_id: id, reset_required: 0, mfa_required: 0, version: 1 }
        await tx.insertInto('login_profiles').values(profile).execute()
        const setting = { account_uid: uid, name: 'password-policy', value: '{}' }
        await tx.insertInto('account_settings').values(setting).execute()
        const invited = { ...row, id: 'h', folder_id: 'f', status: 'pending', note: '', updated_at: 1 }
        await tx.insertInto('organization_handshakes').values(invited).execute()
      })
      expect((await exported(fixture)).left).toEqual([
        key,
        'account main: login profiles',
        'account main: what is said of passwords, sign-in, contact and payer',
        'organization: invitations that wait for an answer',
      ])
    } finally {
      await fixture.close()
    }
  })

  it('has secrets only when they are asked for, and by who may have them', async () => {
    const fixture = await openFixture()
    try {
      const may = {
        Version: '1',
        Statement: [{ Effect: 'Allow', Action: 'keyward:ExportWorld', Resource: '*' }],
      }
      const key = { id: 'GIVENKEY00000001', secret: 'given-secret-given' }
      const policies = [{ language: 'ram', name: 'may', document: may }]
      const users = [{ name: 'reader', policies: { ram: ['may'] }, accessKeys: [key] }]
      await fixture.applied(JSON.stringify({ accounts: [{ name: 'main', policies, users }] }))
      const { id, ram_id, name } = await fixture.store.read
        .selectFrom('users')
        .selectAll()
        .executeTakeFirstOrThrow()
      const reader = userCaller(fixture.first.account, { id, ramId: ram_id, name }, key.id)
      const Accounts = ['main']
      const plain = await exported(fixture, reader, { Accounts })
      expect(plain.world).not.toContain(key.secret)
      expect(plain.left).toContain('account main: access key GIVENKEY00000001 of user reader')
      expect(await exported(fixture, reader, { Accounts, Secrets: true })).toEqual({
        refused: 'AccessDenied',
      })
      expect((await exported(fixture, fixture.root, { Secrets: true })).world).toContain(key.secret)
      expect(JSON.stringify(fixture.audited)).not.toContain(key.secret)
    } finally {
      await fixture.close()
    }
  })

  it('and a comparison of a large directory let others be answered between any two of its entities', async () => {
    const fixture = await openFixture()
    const many = 20
    const keyOf = (i: number) => ({ id: `GIVENKEY${10000 + i}`, secret: `given-secret-${i}` })
    const users = Array.from({ length: many }, (_, i) => ({
      name: `user-${i}`,
      policies: { ram: ['AdministratorAccess'] },
      accessKeys: [keyOf(i)],
    }))
    const world = JSON.stringify({ accounts: [{ name: 'main', users }] })

    /** Calls of others that are answered meanwhile. */
    async function answeredDuring(work: () => Promise<unknown>): Promise<number> {
      let answered = 0
      let over = false
      const others = (async () => {
        while (!over) {
          expect(await exported(fixture, fixture.root, { Accounts: ['nobody'] })).toHaveProperty('refused')
          answered += 1
          await setImmediate()
        }
      })()
      turns.everywhere = true
      await work().finally(() => {
        over = true
        turns.everywhere = false
      })
      await others
      return answered
    }
    try {
      const preview = () => fixture.apply(world, { Preview: true, Diff: true })
      // Three entities a user; they are read, matched, compared, counted, given an id and described.
      expect(await answeredDuring(preview)).toBeGreaterThan(34 * many)
      await fixture.applied(world)
      // Three that are read, and the user that is written down.
      expect(await answeredDuring(() => exported(fixture))).toBeGreaterThanOrEqual(4 * many)
      // And the secret that is opened.
      const withSecrets = () => exported(fixture, fixture.root, { Secrets: true })
      expect(await answeredDuring(withSecrets)).toBeGreaterThanOrEqual(5 * many)
    } finally {
      await fixture.close()
    }
  })
})
