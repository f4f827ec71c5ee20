import { decide, type LanguageName } from '@keyward/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { createRevisionCache } from '../store/revision-cache.ts'
import { userCaller } from './callers.ts'
import { createDirectory } from './directory.ts'
import type { Caller } from './principal.ts'
import { type Fixture, openFixture } from './testing/fixture.ts'

let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
  await fixture.applied(world('kms:Encrypt'))
})
afterAll(() => fixture.close())

/** alice has her own policies and those of a group; bob is in the group alone; carol has nothing. */
const world = (own: string) => `accounts:
  - name: main
    policies:
      - {name: Own, language: ram, document: {Version: "1", Statement: [{Effect: Allow, Action: "${own}", Resource: "*"}]}}
      - {name: Shared, language: ram, document: {Version: "1", Statement: [{Effect: Allow, Action: kms:DescribeKey, Resource: "*"}]}}
      - {name: Pairs, language: iam, document: {Version: "5.0", Statement: [{Effect: Allow, Action: [kps:SSHKeyPair:list]}]}}
    groups:
      - {name: g, members: [alice, bob], policies: {ram: [Shared], iam: [Pairs]}}
    users:
      - {name: alice, policies: {ram: [Own, Shared]}, accessKeys: [{id: ALICE, secret: alice-secret}]}
      - {name: bob, accessKeys: [{id: BOB, secret: bob-secret, status: inactive}]}
      - {name: carol}
  - name: other
    uid: "1234567890123456"
    users: [{name: alice, accessKeys: [{id: OTHER, secret: other-secret}]}]
`

async function caller(name: string): Promise<Caller> {
  const { account } = fixture.first
  return userCaller(account, (await fixture.directory.users(account.uid)).byName(name)!, 'LTAItest')
}

async function allows(who: Caller, language: LanguageName, action: string): Promise<boolean> {
  const layers = await fixture.directory.layersFor(who, language)
  const account = language === 'ram' ? who.account.uid : who.account.domainId
  const principal = { kind: who.kind, account, id: language === 'ram' ? who.arn : who.urn }
  const request = {
    principal,
    action,
    resource: '*',
    resourceAccount: account,
    context: { get: () => undefined },
  }
  return decide(language, request, layers).allowed
}

describe('layers', () => {
  it('are the union of what the user and its groups have, a language each', async () => {
    const [alice, bob, carol] = [await caller('alice'), await caller('bob'), await caller('carol')]
    expect(await allows(alice, 'ram', 'kms:Encrypt')).toBe(true)
    expect(await allows(alice, 'ram', 'kms:DescribeKey')).toBe(true)
    expect(await allows(alice, 'ram', 'kms:Decrypt')).toBe(false)
    expect(await allows(alice, 'iam', 'kps:SSHKeyPair:list')).toBe(true)
    expect(await allows(alice, 'iam', 'kps:SSHKeyPair:create')).toBe(false)
    expect(await allows(bob, 'ram', 'kms:Encrypt')).toBe(false)
    expect(await allows(bob, 'ram', 'kms:DescribeKey')).toBe(true)
    expect(await allows(carol, 'ram', 'kms:DescribeKey')).toBe(false)
    // Attached twice, compiled once.
    expect((await fixture.directory.layersFor(alice, 'ram')).identity?.statements).toBe(2)
    expect((await fixture.directory.layersFor(carol, 'iam')).identity?.statements).toBe(0)
  })

  it('of a user with the same name in another account are not these', async () => {
    const other = (await fixture.directory.account('1234567890123456'))!
    const twin = (await fixture.directory.users(other.uid)).byName('alice')!
    expect(await allows(userCaller(other, twin, 'OTHER'), 'ram', 'kms:Encrypt')).toBe(false)
    // Nor do they bind one who claims another account with the id of this one's user.
    const mixed = userCaller(other, { ...twin, id: (await caller('alice')).iamId }, 'OTHER')
    expect(await allows(mixed, 'ram', 'kms:Encrypt')).toBe(false)
  })

  it('are not for root, who needs none', async () => {
    const layers = await fixture.directory.layersFor(fixture.root, 'ram')
    expect(Object.keys(layers)).toEqual(['surroundings'])
    expect(await allows(fixture.root, 'ram', 'kms:ScheduleKeyDeletion')).toBe(true)
  })

  it('come without a promise, as the same compiled policies, once they are warm', async () => {
    const alice = await caller('alice')
    const first = await fixture.directory.layersFor(alice, 'ram')
    const again = fixture.directory.layersFor(alice, 'ram')
    expect('identity' in again && again.identity).toBe(first.identity)
    const key = await fixture.directory.findAccessKey('ALICE')
    expect(fixture.directory.findAccessKey('ALICE')).toBe(key)
    const { uid, domainId } = fixture.first.account
    for (const look of [
      () => fixture.directory.account(uid),
      () => fixture.directory.accountByDomain(domainId),
      () => fixture.directory.users(uid),
    ]) {
      const cold = await look()
      expect(look()).toBe(cold)
    }
  })

  it('change with the policies, at once here and within the bound in another process', async () => {
    const cache = createRevisionCache({ store: fixture.store, clock: systemClock, lookEveryMs: 20 })
    const elsewhere = createDirectory({ store: fixture.store, cache, keyring: fixture.keyring })
    const alice = await caller('alice')
    const before = await elsewhere.layersFor(alice, 'ram')
    expect(await allows(alice, 'ram', 'kms:Encrypt')).toBe(true)
    await fixture.applied(world('kms:Decrypt'))
    expect(await allows(alice, 'ram', 'kms:Encrypt')).toBe(false)
    expect(await allows(alice, 'ram', 'kms:Decrypt')).toBe(true)
    await expect
      .poll(() => elsewhere.layersFor(alice, 'ram'), { timeout: 1000, interval: 10 })
      .not.toBe(before)
    await cache.close()
  })

  it('with a stored policy that cannot be read refuse the caller rather than forget it', async () => {
    const alice = await caller('alice')
    const { uid } = fixture.first.account
    const broken = (document: string) =>
      fixture.store.write((tx) =>
        tx.updateTable('policies').set({ document }).where('name', '=', 'Own').execute(),
      )
    const [row] = await fixture.store.read
      .selectFrom('policies')
      .select('document')
      .where('name', '=', 'Own')
      .execute()
    await broken('{"Version": "1"')
    fixture.cache.drop(uid)
    await expect(
      Promise.resolve().then(() => fixture.directory.layersFor(alice, 'ram')),
    ).rejects.toMatchObject({
      problem: { code: 'Unavailable', detail: 'the stored policy `Own` cannot be read' },
    })
    await broken(row!.document)
    fixture.cache.drop(uid)
  })
})

describe('access keys', () => {
  it('are found with whose they are', async () => {
    const { account, accessKey } = fixture.first
    expect(await fixture.directory.findAccessKey(accessKey.id)).toMatchObject({
      id: accessKey.id,
      active: true,
      caller: { kind: 'root', account, arn: `acs:ram::${account.uid}:root`, accessKeyId: accessKey.id },
    })
    expect(await fixture.directory.findAccessKey('BOB')).toMatchObject({
      active: false,
      caller: {
        kind: 'user',
        name: 'bob',
        ramId: expect.stringMatching(/^\d{18}$/),
        iamId: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    })
    expect(await fixture.directory.findAccessKey('OTHER')).toMatchObject({
      caller: { account: { name: 'other' } },
    })
  })

  it.each(['missing', 'alice', '', 'a b', "'; --", '\u0000', 'x'.repeat(200), 'ALICE '])(
    '`%s` is none',
    async (id) => {
      expect(await fixture.directory.findAccessKey(id)).toBeUndefined()
    },
  )

  it('do not open once their row was moved to root or to another account', async () => {
    const move = (id: string, set: { user_id?: string | null; account_uid?: string }) =>
      fixture.store.write((tx) => tx.updateTable('access_keys').set(set).where('id', '=', id).execute())
    await move('OTHER', { account_uid: fixture.first.account.uid })
    fixture.cache.drop('1234567890123456')
    await expect(
      Promise.resolve().then(() => fixture.directory.findAccessKey('OTHER')),
    ).rejects.toMatchObject({
      problem: { code: 'Unavailable' },
    })
    await move('OTHER', { account_uid: '1234567890123456' })
    const [row] = await fixture.store.read
      .selectFrom('access_keys')
      .selectAll()
      .where('id', '=', 'OTHER')
      .execute()
    await move('OTHER', { user_id: null })
    await expect(
      Promise.resolve().then(() => fixture.directory.findAccessKey('OTHER')),
    ).rejects.toMatchObject({
      problem: { code: 'Unavailable' },
    })
    await move('OTHER', { user_id: row!.user_id })
    expect(await fixture.directory.findAccessKey('OTHER')).toBeDefined()
  })
})

describe('look-ups', () => {
  it('find users by each of their names, and accounts by theirs', async () => {
    const { account } = fixture.first
    const users = await fixture.directory.users(account.uid)
    const alice = users.byName('alice')!
    expect(users.byId(alice.id)).toBe(alice)
    expect(users.byRamId(alice.ramId)).toBe(alice)
    expect(users.byName('Alice')).toBeUndefined()
    expect(await fixture.directory.account(account.uid)).toEqual(account)
    expect(await fixture.directory.accountByDomain(account.domainId)).toEqual(account)
    expect(await fixture.directory.account('0000000000000000')).toBeUndefined()
    expect(await fixture.directory.operator()).toEqual(account)
    expect((await fixture.directory.users('0000000000000000')).byName('alice')).toBeUndefined()
  })
})
