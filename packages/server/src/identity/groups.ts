import { refuse } from '../base/problem.ts'
import type { WriteHandle } from '../store/store.ts'
import { QUOTAS } from './limits.ts'
import {
  type Author,
  assertBelowLimit,
  assertFree,
  changed,
  chunksInTurns,
  countOf,
  fresh,
  freshEntity,
  insertRows,
  isThere,
  updateRow,
} from './rows.ts'

export interface GroupFields {
  readonly description?: string | undefined
}

export interface NewGroup extends GroupFields {
  /** 32 hex digits. */
  readonly id: string
  readonly name: string
}

/** That a user is in a group, by their ids. */
export interface Membership {
  readonly group: string
  readonly user: string
}

/** Makes groups of one account. Raises `IdentityExists`, `IdentityQuota`. */
export async function createGroups(
  tx: WriteHandle,
  account: string,
  groups: readonly NewGroup[],
  author: Author,
): Promise<void> {
  await assertFree(
    tx,
    'user_groups',
    'group',
    account,
    groups.map(({ name }) => name),
  )
  await assertBelowLimit(author, 'group', QUOTAS.groupsPerAccount, groups.length, () =>
    countOf(tx, 'user_groups', account),
  )
  await insertRows(
    tx,
    'user_groups',
    groups.map(({ id, name, description = '' }) => ({
      ...freshEntity(author),
      id,
      account_uid: account,
      name,
      description,
    })),
  )
}

/** Changes a group, its name too. Raises `IdentityExists` when the account has that name already. */
export async function updateGroup(
  tx: WriteHandle,
  account: string,
  id: string,
  { name, description }: GroupFields & { readonly name?: string | undefined },
  author: Author,
): Promise<void> {
  if (name !== undefined) {
    const twin = tx.selectFrom('user_groups').select('id').where('account_uid', '=', account)
    if (await isThere(twin.where('name', '=', name).where('id', '!=', id)))
      throw refuse({ code: 'IdentityExists', entity: 'group' })
  }
  await updateRow(tx, 'user_groups', id, { ...changed(author), name, description })
}

/** Deletes a group. Raises `IdentityInUse` while a user is in it or a policy is attached to it. */
export async function deleteGroup(tx: WriteHandle, id: string): Promise<void> {
  const inUse = (holds: 'policy' | 'user') => refuse({ code: 'IdentityInUse', entity: 'group', holds })
  if (await isThere(tx.selectFrom('group_members').select('user_id').where('group_id', '=', id)))
    throw inUse('user')
  const policies = tx.selectFrom('policy_attachments').select('policy_id').where('target_id', '=', id)
  if (await isThere(policies.where('target_kind', '=', 'group'))) throw inUse('policy')
  await tx.deleteFrom('user_groups').where('id', '=', id).execute()
}

/** Puts users into groups. Raises `IdentityExists` for one that is in already, `IdentityQuota`. */
export async function addMembers(
  tx: WriteHandle,
  account: string,
  members: readonly Membership[],
  author: Author,
): Promise<void> {
  if (author.by === 'api') for (const member of members) await assertAddable(tx, member, author)
  await insertRows(
    tx,
    'group_members',
    members.map(({ group, user }) => ({
      ...fresh(author),
      group_id: group,
      user_id: user,
      account_uid: account,
    })),
  )
}

async function assertAddable(tx: WriteHandle, { group, user }: Membership, author: Author): Promise<void> {
  const groups = await tx.selectFrom('group_members').select('group_id').where('user_id', '=', user).execute()
  if (groups.some(({ group_id }) => group_id === group))
    throw refuse({ code: 'IdentityExists', entity: 'user-group' })
  await assertBelowLimit(author, 'user-group', QUOTAS.groupsPerUser, 1, async () => groups.length)
}

/** As {@link removeMember}, many at once: for an apply, that knows who is in which group. */
export async function removeMembers(tx: WriteHandle, members: readonly Membership[]): Promise<void> {
  for (const [group, users] of Map.groupBy(members, (one) => one.group))
    for await (const part of chunksInTurns(users))
      await tx
        .deleteFrom('group_members')
        .where('group_id', '=', group)
        .where(
          'user_id',
          'in',
          part.map(({ user }) => user),
        )
        .execute()
}

/** Takes a user out of a group. Raises `IdentityNotFound` when it is not in it. */
export async function removeMember(tx: WriteHandle, { group, user }: Membership): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('group_members')
    .where('group_id', '=', group)
    .where('user_id', '=', user)
    .executeTakeFirst()
  if (numDeletedRows === 0n) throw refuse({ code: 'IdentityNotFound', entity: 'user-group' })
}

/** An apply says of a membership that is there that it is the file's. */
export async function claimMember(tx: WriteHandle, { group, user }: Membership): Promise<void> {
  await tx
    .updateTable('group_members')
    .set({ declared_by: 'file' })
    .where('group_id', '=', group)
    .where('user_id', '=', user)
    .execute()
}
