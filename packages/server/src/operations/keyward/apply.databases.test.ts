import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { claimFirstWorld, proposeFirstWorld } from '../../identity/first-world.ts'
import { type Fixture, makeKeyring, openFixture } from '../../identity/testing/fixture.ts'
import { openStore } from '../../store/open.ts'
import { testDatabases } from '../../store/testing/databases.ts'

// biome-ignore lint/suspicious/noExplicitAny: an answer
const lines = (output: any): string[] => output.Changes.map((c: { Line: string }) => c.Line)

/** A world as a value, from few names, so that one meets the next. */
const names = (...from: string[]) => fc.subarray(from)
const account = fc
  .record({
    policies: names('P', 'Q', 'R'),
    documents: fc.array(fc.constantFrom('kms:Encrypt', 'kms:Decrypt'), { minLength: 3, maxLength: 3 }),
    users: names('alice', 'bob', 'carol'),
    groups: names('g', 'h'),
    roles: names('r'),
    description: fc.constantFrom(undefined, '', 'x'),
    status: fc.constantFrom(undefined, 'active', 'inactive'),
    secret: fc.constantFrom('first-secret', 'second-secret'),
  })
  .map(({ policies, documents, users, groups, roles, description, status, secret }) => ({
    policies: policies.map((name, i) => ({
      name,
      language: 'ram',
      description,
      document: { Version: '1', Statement: [{ Effect: 'Allow', Action: documents[i], Resource: '*' }] },
    })),
    users: users.map((name, i) => ({
      name,
      description,
      policies: { ram: policies.slice(i) },
      accessKeys: i === 0 ? [{ id: `KEY-${name}`, secret, status }] : [{ generate: 'k', status }],
    })),
    groups: groups.map((name, i) => ({
      name,
      members: users.slice(i),
      policies: { ram: policies.slice(0, i) },
    })),
    roles: roles.map((name) => ({ name, description, policies: { ram: policies } })),
  }))
/** Lists of an entity: left out, or all of them. */
const limits = fc.option(
  fc
    .tuple(names('X', 'Y'), names('Z'))
    .map(([ram, iam]) => ({ ram: ['FullAliyunAccess', ...ram], iam: ['FullAccess', ...iam] })),
  { nil: undefined },
)
const organization = fc
  .record({
    document: fc.constantFrom('kms:Encrypt', 'kms:Decrypt'),
    root: limits,
    folders: names('a', 'b'),
    inner: names('c'),
    place: fc.constantFrom('root', 'folder', 'inner', 'nowhere'),
    limits,
  })
  .map(({ document, root, folders, inner, place, limits }) => (others: readonly string[]) => {
    const accounts = others.map((account) => ({ account, policies: limits }))
    const at = (where: string) => (where === place ? accounts : [])
    return {
      managementAccount: 'main',
      policies: ['X', 'Y', 'Z'].map((name) => ({
        name,
        language: name === 'Z' ? 'iam' : 'ram',
        document:
          name === 'Z'
            ? { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['kps:*:*'] }] }
            : { Version: '1', Statement: [{ Effect: 'Deny', Action: document, Resource: '*' }] },
      })),
      root: {
        policies: root,
        accounts: at('root'),
        folders: folders.map((name, i) => ({
          name,
          policies: limits,
          accounts: i === 0 ? at('folder') : [],
          folders: inner.map((name) => ({ name, accounts: i === 0 ? at('inner') : [] })),
        })),
      },
    }
  })
const networks = fc
  .tuple(names('10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32'), fc.constantFrom('vpc-1', 'vpc-2'))
  .map(([cidrs, vpc]) => cidrs.map((cidr) => ({ cidr, vpc })))
const optional = <T>(part: fc.Arbitrary<T>) => fc.option(part, { nil: undefined })
const world = fc
  .tuple(account, fc.option(account), optional(organization), optional(networks))
  .map(([main, other, organize, networks]) => ({
    ...(organize && { organization: organize(other ? ['other'] : []) }),
    ...(networks && { networks }),
    accounts: [
      { name: 'main', ...main },
      ...(other
        ? [{ name: 'other', ...other, users: other.users.map((u) => ({ ...u, accessKeys: [] })) }]
        : []),
    ],
  }))

const databases = await testDatabases()

for (const database of databases) {
  describe.skipIf(database.missing)(`a directory on ${database.name}`, () => {
    let fixture: Fixture
    beforeAll(async () => {
      fixture = await openFixture({ url: await database.fresh() })
    })
    afterAll(async () => {
      expect(fixture?.defects ?? []).toEqual([])
      await fixture?.close()
    })

    it('after any world is what the world says: applied again, nothing changes', async () => {
      let changed = 0
      await fc.assert(
        fc.asyncProperty(world, fc.boolean(), async (declared, Prune) => {
          const text = JSON.stringify(declared)
          const preview = await fixture.applied(text, { Prune, Preview: true })
          const output = await fixture.applied(text, { Prune })
          expect(lines(output)).toEqual(lines(preview))
          changed += output.Changes.length
          const again = await fixture.applied(text, { Prune })
          expect(lines(again)).toEqual([])
          expect(again.Kept).toEqual(output.Kept)
          if (Prune) {
            const users = declared.accounts.map((a) => [a.name, a.users.map((u) => u.name)] as const)
            for (const [name, wanted] of users) {
              const row = await fixture.store.read
                .selectFrom('accounts')
                .select('id')
                .where('name', '=', name)
                .executeTakeFirstOrThrow()
              const there = await fixture.store.read
                .selectFrom('users')
                .select('name')
                .where('account_uid', '=', row.id)
                .execute()
              expect(there.map((u) => u.name).sort()).toEqual([...wanted].sort())
            }
          }
        }),
        { numRuns: database.name === 'sqlite' ? 100 : 30 },
      )
      expect(changed).toBeGreaterThan(50)
    })
  })
}

describe('processes over one PostgreSQL', () => {
  const database = databases.find((d) => d.name === 'postgres')!

  it.skipIf(database.missing)('that start together make one world', async () => {
    const url = await database.fresh()
    const stores = await Promise.all(Array.from({ length: 3 }, () => openStore(url)))
    const keyring = makeKeyring()
    const proposals = stores.map(proposeFirstWorld)
    const won = await Promise.all(
      stores.map((store, i) => claimFirstWorld({ store, keyring, clock: systemClock }, proposals[i]!)),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    const accounts = await stores[0]!.read.selectFrom('accounts').select('id').execute()
    expect(accounts).toEqual([{ id: proposals[won.indexOf(true)]!.account.uid }])
    await Promise.all(stores.map((store) => store.close()))
  })

  it.skipIf(database.missing)('that apply at the same moment make every entity once', async () => {
    const url = await database.fresh()
    const one = await openFixture({ url })
    const two = await openFixture({ url, beside: one })
    const text = (user: string) =>
      `accounts: [{name: main, users: [{name: ${user}}, {name: shared, accessKeys: [{generate: k}]}]}, {name: other, groups: [{name: g}]}]`
    const outputs = await Promise.all([
      one.applied(text('a')),
      two.applied(text('b')),
      one.applied(text('c')),
    ])
    const all = outputs.flatMap(lines)
    for (const once of [
      '+ account other',
      '+ user shared',
      '+ group g',
      '+ generated access key k of user shared',
    ]) {
      expect(all.filter((line) => line === once)).toHaveLength(1)
    }
    const { AccessKeyId } = outputs.flatMap((o) => o.Credentials)[0]
    expect(await two.directory.findAccessKey(AccessKeyId)).toMatchObject({ caller: { name: 'shared' } })
    expect([...one.defects, ...two.defects]).toEqual([])
    await Promise.all([one.close(), two.close()])
  })
})
