import { refuse } from '../base/problem.ts'
import { NO_TAGS, type Tags, writeTags } from '../base/tags.ts'
import type { WriteHandle } from '../store/store.ts'
import { newHexId, newRamId } from './ids.ts'
import { QUOTAS } from './limits.ts'
import {
  type Author,
  assertBelowLimit,
  assertFree,
  changed,
  chunksInTurns,
  countOf,
  freshEntity,
  insertRows,
  isThere,
  updateRow,
} from './rows.ts'

/** What can be said of a user. A field that is left out of a change stays as it is. */
export interface UserFields {
  readonly displayName?: string | undefined
  readonly description?: string | undefined
  readonly mobilePhone?: string | undefined
  readonly email?: string | undefined
  /** With false none of its access keys signs. */
  readonly enabled?: boolean | undefined
  readonly tags?: Tags | undefined
}

export interface NewUser extends UserFields {
  /** See {@link newUserIds}: random, so made before the transaction. */
  readonly id: string
  readonly ramId: string
  readonly name: string
}

export function newUserIds(): Pick<NewUser, 'id' | 'ramId'> {
  return { id: newHexId(), ramId: newRamId() }
}

/** Makes users of one account. Raises `IdentityExists`, `IdentityQuota`. */
export async function createUsers(
  tx: WriteHandle,
  account: string,
  users: readonly NewUser[],
  author: Author,
): Promise<void> {
  await assertFree(
    tx,
    'users',
    'user',
    account,
    users.map(({ name }) => name),
  )
  await assertBelowLimit(author, 'user', QUOTAS.usersPerAccount, users.length, () =>
    countOf(tx, 'users', account),
  )
  await insertRows(
    tx,
    'users',
    users.map((user) => ({
      ...freshEntity(author),
      id: user.id,
      ram_id: user.ramId,
      account_uid: account,
      name: user.name,
      display_name: user.displayName ?? '',
      description: user.description ?? '',
      mobile_phone: user.mobilePhone ?? '',
      email: user.email ?? '',
      enabled: Number(user.enabled ?? true),
      tags: writeTags(user.tags ?? NO_TAGS),
    })),
  )
}

/** Changes a user, its name too. Raises `IdentityExists` when the account has that name already. */
export async function updateUser(
  tx: WriteHandle,
  account: string,
  id: string,
  { name, ...fields }: UserFields & { readonly name?: string | undefined },
  author: Author,
): Promise<void> {
  if (name !== undefined) {
    const twin = tx.selectFrom('users').select('id').where('account_uid', '=', account)
    if (await isThere(twin.where('name', '=', name).where('id', '!=', id)))
      throw refuse({ code: 'IdentityExists', entity: 'user' })
  }
  await updateRow(tx, 'users', id, {
    ...changed(author),
    name,
    display_name: fields.displayName,
    description: fields.description,
    mobile_phone: fields.mobilePhone,
    email: fields.email,
    enabled: fields.enabled === undefined ? undefined : Number(fields.enabled),
    tags: fields.tags && writeTags(fields.tags),
  })
}

/**
 * Deletes users. Raises `IdentityInUse` while one is in a group, has an access key, a policy or a login profile; with an
 * apply, a login profile goes with its user: no file can name one. `withTies`: groups and login profile go with it.
 */
export async function deleteUsers(
  tx: WriteHandle,
  ids: readonly string[],
  author: Author,
  withTies = false,
): Promise<void> {
  for await (const part of chunksInTurns(ids)) await deleteSome(tx, part, author, withTies)
}

export function deleteUser(tx: WriteHandle, id: string, author: Author, withTies = false): Promise<void> {
  return deleteUsers(tx, [id], author, withTies)
}

async function deleteSome(
  tx: WriteHandle,
  ids: readonly string[],
  { by }: Author,
  withTies: boolean,
): Promise<void> {
  const inUse = (holds: 'access-key' | 'group' | 'login-profile' | 'policy') =>
    refuse({ code: 'IdentityInUse', entity: 'user', holds })
  const memberships = tx.selectFrom('group_members').select('user_id').where('user_id', 'in', ids)
  if (!withTies && (await isThere(memberships))) throw inUse('group')
  if (await isThere(tx.selectFrom('access_keys').select('id').where('user_id', 'in', ids)))
    throw inUse('access-key')
  const policies = tx.selectFrom('policy_attachments').select('policy_id').where('target_id', 'in', ids)
  if (await isThere(policies.where('target_kind', '=', 'user'))) throw inUse('policy')
  if (
    by === 'api' &&
    !withTies &&
    (await isThere(tx.selectFrom('login_profiles').select('user_id').where('user_id', 'in', ids)))
  )
    throw inUse('login-profile')
  await tx.deleteFrom('group_members').where('user_id', 'in', ids).execute()
  await tx.deleteFrom('login_profiles').where('user_id', 'in', ids).execute()
  await tx.deleteFrom('users').where('id', 'in', ids).execute()
}
