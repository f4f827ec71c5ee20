import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { createAccessKeys, deleteAccessKey, keysOf, updateAccessKey } from './access-keys.ts'
import { clearAccountAlias, renameAccount, setAccountAlias } from './accounts.ts'
import { attachPolicies, claimAttachment, detachPolicy } from './attachments.ts'
import { builtInId } from './built-in.ts'
import { addMembers, createGroups, deleteGroup, removeMember, updateGroup } from './groups.ts'
import { newHexId } from './ids.ts'
import { QUOTAS } from './limits.ts'
import { createPolicies } from './policies.ts'
import { createRoles, deleteRole, updateRole } from './roles.ts'
import { API, aKey, aRow, aUser, DOCUMENT, FILE, type VerbFixture, verbFixture } from './testing/verbs.ts'
import { createUsers, deleteUser, updateUser } from './users.ts'

// The verbs of users, groups, roles, attachments and access keys; those of policies and of the organization are beside them.

let folder: string
let store: Store
let fixture: VerbFixture
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-verbs-'))
  store = await openStore(`sqlite:${join(folder, 'db')}`)
})
beforeEach(async () => {
  fixture = await verbFixture(store)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))
const row = (table: 'roles' | 'user_groups' | 'users', id: string) =>
  fixture.db.selectFrom(table).selectAll().where('id', '=', id).executeTakeFirst()

describe('users', () => {
  it('are made together, with what was said of them, changed and deleted', async () => {
    const users = [
      aUser('alice', {
        email: 'a@b',
        tags: new Map([
          ['b', '1'],
          ['a', '2'],
        ]),
      }),
      aUser('bob'),
    ]
    await fixture.run((tx) => createUsers(tx, fixture.uid, users, API))
    const { id } = users[0]!
    const made = {
      name: 'alice',
      email: 'a@b',
      tags: '{"a":"2","b":"1"}',
      declared_by: 'api',
      updated_at: 1000,
    }
    expect(await row('users', id)).toMatchObject({ ...made, version: 1 })
    const later = { ...API, now: 5000 }
    await fixture.run((tx) => updateUser(tx, fixture.uid, id, { name: 'alicia', displayName: 'A' }, later))
    const after = { ...made, name: 'alicia', display_name: 'A', updated_at: 5000, version: 2 }
    expect(await row('users', id)).toMatchObject(after)
    await fixture.run((tx) => deleteUser(tx, id, API))
    expect(await row('users', id)).toBeUndefined()
  })

  it('have names of their own, also when they are renamed', async () => {
    const [alice, bob] = [aUser('alice'), aUser('bob')]
    await fixture.run((tx) => createUsers(tx, fixture.uid, [alice, bob], API))
    const exists = { code: 'IdentityExists', entity: 'user' }
    expect(await fixture.refused((tx) => createUsers(tx, fixture.uid, [aUser('bob')], API))).toEqual(exists)
    expect(
      await fixture.refused((tx) => updateUser(tx, fixture.uid, alice.id, { name: 'bob' }, API)),
    ).toEqual(exists)
    await fixture.run((tx) => updateUser(tx, fixture.uid, alice.id, { name: 'alice' }, API))
  })

  it('are as many as the limit says; a file is counted by its plan', async () => {
    const users = many(QUOTAS.usersPerAccount, (i) => aUser(`u${i}`))
    await fixture.run((tx) => createUsers(tx, fixture.uid, users, API))
    expect(await fixture.refused((tx) => createUsers(tx, fixture.uid, [aUser('v')], API))).toEqual({
      code: 'IdentityQuota',
      entity: 'user',
      limit: QUOTAS.usersPerAccount,
    })
    await fixture.run((tx) => createUsers(tx, fixture.uid, [aUser('v')], FILE))
  })

  it('stay while something hangs on them', async () => {
    const [user, group] = [aUser('alice'), aRow('g')]
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    const gone = async (holds: string) =>
      expect(await fixture.refused((tx) => deleteUser(tx, user.id, API))).toEqual({
        code: 'IdentityInUse',
        entity: 'user',
        holds,
      })
    await fixture.run((tx) => createGroups(tx, fixture.uid, [group], API))
    await fixture.run((tx) => addMembers(tx, fixture.uid, [{ group: group.id, user: user.id }], API))
    await gone('group')
    await fixture.run((tx) => removeMember(tx, { group: group.id, user: user.id }))
    const key = aKey(fixture.uid, user.id)
    await fixture.run((tx) => createAccessKeys(tx, fixture.uid, [key], API))
    await gone('access-key')
    await fixture.run((tx) => deleteAccessKey(tx, key.id))
    const policy = { policy: builtInId('ram', 'AdministratorAccess'), kind: 'user' as const, target: user.id }
    await fixture.run((tx) => attachPolicies(tx, fixture.uid, [policy], API))
    await gone('policy')
    await fixture.run((tx) => detachPolicy(tx, policy, API))
    const profile = { user_id: user.id, account_uid: fixture.uid, reset_required: 0, mfa_required: 0 }
    await fixture.run((tx) =>
      tx
        .insertInto('login_profiles')
        .values({ ...profile, created_at: 0, version: 1 })
        .execute(),
    )
    await gone('login-profile')
    await fixture.run((tx) => deleteUser(tx, user.id, FILE))
  })
})

describe('groups', () => {
  it('are made, renamed, filled, emptied and deleted', async () => {
    const [group, other, user] = [aRow('g', { description: 'x' }), aRow('h'), aUser('alice')]
    await fixture.run((tx) => createGroups(tx, fixture.uid, [group, other], API))
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    const exists = { code: 'IdentityExists', entity: 'group' }
    expect(await fixture.refused((tx) => createGroups(tx, fixture.uid, [aRow('g')], API))).toEqual(exists)
    expect(await fixture.refused((tx) => updateGroup(tx, fixture.uid, group.id, { name: 'h' }, API))).toEqual(
      exists,
    )
    await fixture.run((tx) => updateGroup(tx, fixture.uid, group.id, { name: 'i' }, API))
    expect(await row('user_groups', group.id)).toMatchObject({ name: 'i', description: 'x', version: 2 })
    const member = { group: group.id, user: user.id }
    await fixture.run((tx) => addMembers(tx, fixture.uid, [member], API))
    const joined = { code: 'IdentityExists', entity: 'user-group' }
    expect(await fixture.refused((tx) => addMembers(tx, fixture.uid, [member], API))).toEqual(joined)
    const held = { code: 'IdentityInUse', entity: 'group', holds: 'user' }
    expect(await fixture.refused((tx) => deleteGroup(tx, group.id))).toEqual(held)
    await fixture.run((tx) => removeMember(tx, member))
    const away = { code: 'IdentityNotFound', entity: 'user-group' }
    expect(await fixture.refused((tx) => removeMember(tx, member))).toEqual(away)
    await fixture.run((tx) => deleteGroup(tx, group.id))
  })

  it('are as many as the limits say, in an account and for a user', async () => {
    const groups = many(QUOTAS.groupsPerAccount, (i) => aRow(`g${i}`))
    const user = aUser('alice')
    await fixture.run((tx) => createGroups(tx, fixture.uid, groups, API))
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    const full = { code: 'IdentityQuota', entity: 'group', limit: QUOTAS.groupsPerAccount }
    expect(await fixture.refused((tx) => createGroups(tx, fixture.uid, [aRow('one-more')], API))).toEqual(
      full,
    )
    const join = (i: number) => [{ group: groups[i]!.id, user: user.id }]
    for (const i of many(QUOTAS.groupsPerUser, (n) => n))
      await fixture.run((tx) => addMembers(tx, fixture.uid, join(i), API))
    const last = await fixture.refused((tx) => addMembers(tx, fixture.uid, join(QUOTAS.groupsPerUser), API))
    expect(last).toEqual({ code: 'IdentityQuota', entity: 'user-group', limit: QUOTAS.groupsPerUser })
  })
})

describe('roles', () => {
  it('are made, changed and deleted', async () => {
    const role = aUser('r', { trustRam: '{}', tags: new Map([['a', 'b']]) })
    await fixture.run((tx) => createRoles(tx, fixture.uid, [role], API))
    const exists = { code: 'IdentityExists', entity: 'role' }
    expect(await fixture.refused((tx) => createRoles(tx, fixture.uid, [aUser('r')], API))).toEqual(exists)
    await fixture.run((tx) => updateRole(tx, role.id, { maxSession: 7200 }, API))
    expect(await row('roles', role.id)).toMatchObject({ max_session: 7200, trust_ram: '{}', version: 2 })
    const policy = { policy: builtInId('ram', 'AdministratorAccess'), kind: 'role' as const, target: role.id }
    await fixture.run((tx) => attachPolicies(tx, fixture.uid, [policy], API))
    const held = { code: 'IdentityInUse', entity: 'role', holds: 'policy' }
    expect(await fixture.refused((tx) => deleteRole(tx, role.id, API))).toEqual(held)
    await fixture.run((tx) => detachPolicy(tx, policy, API))
    await fixture.run((tx) => deleteRole(tx, role.id, API))
  })

  it('of a service are changed by an apply alone', async () => {
    const role = aUser('r', { service: 'x' })
    await fixture.run((tx) => createRoles(tx, fixture.uid, [role], FILE))
    const locked = { code: 'ServiceRoleLocked' }
    expect(await fixture.refused((tx) => updateRole(tx, role.id, { trustRam: '{}' }, API))).toEqual(locked)
    expect(await fixture.refused((tx) => deleteRole(tx, role.id, API))).toEqual(locked)
    const policy = { policy: builtInId('ram', 'AdministratorAccess'), kind: 'role' as const, target: role.id }
    expect(await fixture.refused((tx) => attachPolicies(tx, fixture.uid, [policy], API))).toEqual(locked)
    await fixture.run((tx) => attachPolicies(tx, fixture.uid, [policy], FILE))
    expect(await fixture.refused((tx) => detachPolicy(tx, policy, API))).toEqual(locked)
    await fixture.run((tx) => detachPolicy(tx, policy, FILE))
    await fixture.run((tx) => deleteRole(tx, role.id, FILE))
  })
})

describe('attachments', () => {
  it('are there once, and count apart for built-in policies', async () => {
    const user = aUser('alice')
    const policies = many(QUOTAS.attachedToUser + 1, (i) => ({
      ...aRow(`p${i}`),
      language: 'ram' as const,
      document: DOCUMENT,
    }))
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    await fixture.run((tx) => createPolicies(tx, fixture.uid, policies, API))
    const of = (policy: string) => ({ policy, kind: 'user' as const, target: user.id })
    const attach = (policy: string) => fixture.run((tx) => attachPolicies(tx, fixture.uid, [of(policy)], API))
    const problem = (policy: string) =>
      fixture.refused((tx) => attachPolicies(tx, fixture.uid, [of(policy)], API))
    for (const { id } of policies.slice(0, -1)) await attach(id)
    const limit = QUOTAS.attachedToUser
    expect(await problem(policies.at(-1)!.id)).toEqual({
      code: 'IdentityQuota',
      entity: 'user-policy',
      limit,
    })
    await attach(builtInId('ram', 'AliyunKMSFullAccess'))
    expect(await problem(policies[0]!.id)).toEqual({ code: 'IdentityExists', entity: 'user-policy' })
    await fixture.run((tx) => detachPolicy(tx, of(policies[0]!.id), API))
    const gone = await fixture.refused((tx) => detachPolicy(tx, of(policies[0]!.id), API))
    expect(gone).toEqual({ code: 'IdentityNotFound', entity: 'user-policy' })
  })

  it('become a file’s when it declares them', async () => {
    const user = aUser('alice')
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    const one = { policy: builtInId('ram', 'AliyunKMSFullAccess'), kind: 'user' as const, target: user.id }
    await fixture.run((tx) => attachPolicies(tx, fixture.uid, [one], API))
    await fixture.run((tx) => claimAttachment(tx, one))
    const rows = fixture.db.selectFrom('policy_attachments').select('declared_by')
    expect(await rows.where('target_id', '=', user.id).execute()).toEqual([{ declared_by: 'file' }])
  })
})

describe('access keys', () => {
  it('are two at most for a user, and for root; they change and go', async () => {
    const user = aUser('alice')
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    for (const owner of [user.id, null]) {
      const keys = many(QUOTAS.accessKeysPerOwner, () => aKey(fixture.uid, owner))
      await fixture.run((tx) => createAccessKeys(tx, fixture.uid, keys, API))
      const more = await fixture.refused((tx) =>
        createAccessKeys(tx, fixture.uid, [aKey(fixture.uid, owner)], API),
      )
      expect(more).toEqual({ code: 'IdentityQuota', entity: 'access-key', limit: QUOTAS.accessKeysPerOwner })
      await fixture.run((tx) => updateAccessKey(tx, keys[0]!.id, { status: 'inactive' }, API))
      await fixture.run((tx) => deleteAccessKey(tx, keys[1]!.id))
      const left = await keysOf(fixture.db, fixture.uid, owner)
      expect(left).toMatchObject([{ id: keys[0]!.id, status: 'inactive', version: 2 }])
    }
  })
})

describe('accounts', () => {
  it('have a name and an alias that no other has', async () => {
    const other = await verbFixture(store)
    const alias = `alias-${newHexId()}`
    await fixture.run((tx) => setAccountAlias(tx, fixture.uid, alias))
    await fixture.run((tx) => setAccountAlias(tx, fixture.uid, alias))
    const taken = await other.refused((tx) => setAccountAlias(tx, other.uid, alias))
    expect(taken).toEqual({ code: 'IdentityExists', entity: 'account-alias' })
    await fixture.run((tx) => clearAccountAlias(tx, fixture.uid))
    await other.run((tx) => setAccountAlias(tx, other.uid, alias))
    const name = await other.refused((tx) => renameAccount(tx, other.uid, `a${fixture.uid}`))
    expect(name).toEqual({ code: 'IdentityExists', entity: 'account' })
  })
})
