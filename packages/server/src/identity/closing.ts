import type { Selectable } from 'kysely'
import { refuse } from '../base/problem.ts'
import type { IdentityTables } from '../store/schema/identity.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { deleteAccessKeys } from './access-keys.ts'
import { moveOrganization } from './organization.ts'
import { attachDefaults } from './organization-types.ts'
import { type Author, fresh, insertRows, isThere, moveDirectory } from './rows.ts'

// An account that was made as a member of an organization can be closed. From then on it is as if there were none: no key of
// it signs, no session of it goes on, no other account reaches what it owns. What it holds stays for a while, in which the
// operator can open it again, and is then destroyed.

export type ClosureRow = Readonly<Selectable<IdentityTables['account_closures']>>

/** How long what a closed account holds stays. As long as the one cloud keeps what it deletes, and half of the other. */
export const CLOSING_WINDOW = 45 * 86_400_000

/**
 * Raises `OrganizationRejects` for an account that the organization does not close: the management account, one that was not
 * made as a member, a delegated administrator.
 */
export async function assertClosable(db: ReadHandle, uid: string): Promise<void> {
  const organizations = db.selectFrom('organizations').select('id').where('management_uid', '=', uid)
  const member = db.selectFrom('organization_members').select('joined').where('account_uid', '=', uid)
  const { joined } = (await member.executeTakeFirst()) ?? {}
  if (joined !== 'created' || (await isThere(organizations)))
    throw refuse({ code: 'OrganizationRejects', reason: 'not-created' })
  const delegations = db
    .selectFrom('organization_delegations')
    .select('service')
    .where('account_uid', '=', uid)
  if (await isThere(delegations)) throw refuse({ code: 'OrganizationRejects', reason: 'delegate' })
}

/**
 * Closes an account: it leaves the organization and lets go of its names and of the policies that were attached to it.
 * Raises what {@link assertClosable} raises.
 */
export async function closeAccount(
  tx: WriteHandle,
  uid: string,
  organization: string,
  now: number,
): Promise<ClosureRow> {
  await assertClosable(tx, uid)
  await moveOrganization(tx)
  await moveDirectory(tx, uid)
  const account = tx.selectFrom('accounts').select('name').where('id', '=', uid)
  const { name } = await account.executeTakeFirstOrThrow()
  const members = tx.selectFrom('organization_members').selectAll().where('account_uid', '=', uid)
  const member = await members.executeTakeFirstOrThrow()
  const attached = await tx
    .selectFrom('organization_attachments')
    .select(['policy_id', 'language'])
    .where('target_id', '=', uid)
    .execute()
  const closure: ClosureRow = {
    id: uid,
    organization_id: organization,
    name,
    folder_id: member.folder_id,
    attached: JSON.stringify(attached.map(({ policy_id, language }) => [policy_id, language])),
    description: member.description,
    tags: member.tags,
    joined_at: Number(member.created_at),
    closed_at: now,
    ends_at: now + CLOSING_WINDOW,
    destroyed_at: 0,
    version: 1,
  }
  await tx.insertInto('account_closures').values(closure).execute()
  await tx.deleteFrom('organization_attachments').where('target_id', '=', uid).execute()
  await tx.deleteFrom('organization_members').where('account_uid', '=', uid).execute()
  await tx.deleteFrom('account_aliases').where('account_uid', '=', uid).execute()
  // No rule of names allows it, so it is nobody's and keeps nobody from a name.
  await tx
    .updateTable('accounts')
    .set({ name: `~${uid}`, closed_at: now })
    .where('id', '=', uid)
    .execute()
  return closure
}

/**
 * Opens a closed account again, under the name that it had or another one: it stands where it stood, under the policies that
 * were attached to it, as far as they are there. Raises `IdentityExists` when another account has the name, and
 * `OrganizationRejects` once its window has ended.
 */
export async function reopenAccount(
  tx: WriteHandle,
  closure: ClosureRow,
  name: string,
  author: Author,
): Promise<void> {
  if (closure.ends_at <= author.now) throw refuse({ code: 'OrganizationRejects', reason: 'closed' })
  const uid = closure.id
  if (await isThere(tx.selectFrom('accounts').select('id').where('name', '=', name)))
    throw refuse({ code: 'IdentityExists', entity: 'account' })
  await tx.deleteFrom('account_closures').where('id', '=', uid).execute()
  await tx.updateTable('accounts').set({ name, closed_at: 0 }).where('id', '=', uid).execute()
  const organizations = tx.selectFrom('organizations').select('id').where('id', '=', closure.organization_id)
  if (!(await isThere(organizations))) return
  await moveOrganization(tx)
  await insertRows(tx, 'organization_members', [
    {
      ...fresh(author),
      created_at: closure.joined_at,
      updated_at: author.now,
      account_uid: uid,
      folder_id: await folderOf(tx, closure.folder_id),
      joined: 'created',
      description: closure.description,
      tags: closure.tags,
      checked_at: 0,
    },
  ])
  await attachDefaults(tx, [uid], author.now)
  await attachAgain(tx, closure, author.now)
}

/** Where it stood; the root where that folder is gone. */
async function folderOf(tx: WriteHandle, id: string): Promise<string> {
  const folders = tx.selectFrom('organization_folders').select('id')
  if (await isThere(folders.where('id', '=', id))) return id
  return (await folders.where('parent_id', '=', '').executeTakeFirstOrThrow()).id
}

/** INVARIANT: a kind of policy of which something is attached again has exactly that, not what allows all besides. */
async function attachAgain(tx: WriteHandle, { id, attached }: ClosureRow, now: number): Promise<void> {
  const before = JSON.parse(attached) as [policy: string, language: string][]
  const policies = await tx.selectFrom('organization_policies').select('id').execute()
  const there = new Set(policies.map(({ id }) => id))
  const organization = await tx.selectFrom('organizations').selectAll().executeTakeFirstOrThrow()
  for (const language of ['ram', 'iam'] as const) {
    const own = before.filter(
      ([policy, of]) => of === language && (policy.startsWith('system/') || there.has(policy)),
    )
    if (own.length === 0 || Number(organization[`${language}_enabled`]) !== 1) continue
    await tx
      .deleteFrom('organization_attachments')
      .where('target_id', '=', id)
      .where('language', '=', language)
      .execute()
    const rows = own.map(([policy_id]) => ({ target_id: id, policy_id, language, created_at: now }))
    await insertRows(tx, 'organization_attachments', rows)
  }
}

export function findClosure(db: ReadHandle, uid: string): Promise<ClosureRow | undefined> {
  return db.selectFrom('account_closures').selectAll().where('id', '=', uid).executeTakeFirst()
}

/** Closed accounts of an organization, those that were closed last first. */
export function listClosures(db: ReadHandle, organization: string): Promise<ClosureRow[]> {
  return db
    .selectFrom('account_closures')
    .selectAll()
    .where('organization_id', '=', organization)
    .orderBy('closed_at', 'desc')
    .orderBy('id')
    .execute()
}

/** Closed accounts whose window has ended and of which something may be left. */
export function dueClosures(db: ReadHandle, now: number, most: number): Promise<ClosureRow[]> {
  return db
    .selectFrom('account_closures')
    .selectAll()
    .where('destroyed_at', '=', 0)
    .where('ends_at', '<=', now)
    .orderBy('ends_at')
    .orderBy('id')
    .limit(most)
    .execute()
}

const TABLES = [
  'login_profiles',
  'group_members',
  'policy_attachments',
  'access_keys',
  'users',
  'user_groups',
  'roles',
  'policies',
  'account_settings',
  'account_aliases',
  'organization_handshakes',
] as const

/** Destroys the identities of a closed account for good. The account's row stays, so that its ids are given to no other. */
export async function destroyIdentitiesOf(tx: WriteHandle, uid: string): Promise<void> {
  const keys = await tx.selectFrom('access_keys').select('id').where('account_uid', '=', uid).execute()
  await deleteAccessKeys(
    tx,
    keys.map(({ id }) => id),
  )
  const policies = tx.selectFrom('policies').select('id').where('account_uid', '=', uid)
  await tx.deleteFrom('policy_versions').where('policy_id', 'in', policies).execute()
  for (const table of TABLES)
    await tx
      .deleteFrom(table as 'users')
      .where('account_uid', '=', uid)
      .execute()
}

/** Says that nothing is left of a closed account, or that something still is. */
export async function noteDestroyed(tx: WriteHandle, { id, version }: ClosureRow, at: number): Promise<void> {
  await tx
    .updateTable('account_closures')
    .set({ destroyed_at: at, version: version + 1 })
    .where('id', '=', id)
    .execute()
}
