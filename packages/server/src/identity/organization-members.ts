import type { LanguageName } from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import { NO_TAGS, type Tags, writeTags } from '../base/tags.ts'
import type { WriteHandle } from '../store/store.ts'
import { forgetOrganizationSettings } from './account-settings.ts'
import { createAccounts } from './accounts.ts'
import { attachPolicies } from './attachments.ts'
import { builtInId } from './built-in.ts'
import { QUOTAS } from './limits.ts'
import { moveOrganization } from './organization.ts'
import type { Account } from './principal.ts'
import { createRoles, type NewRole } from './roles.ts'
import { type Author, assertBelowLimit, fresh, insertRows, isThere } from './rows.ts'

/** How an account came into the organization: made as a member of it, or there before. */
export type Joined = 'created' | 'invited'

export interface NewMember {
  /** Uid. */
  readonly account: string
  readonly folder: string
  /** `invited` when it is left out. */
  readonly joined?: Joined
  readonly description?: string | undefined
  readonly tags?: Tags | undefined
}

/** Puts accounts into folders of the organization, which none of them stands in yet. Raises `IdentityQuota`. */
export async function placeAccounts(
  tx: WriteHandle,
  places: readonly NewMember[],
  author: Author,
): Promise<void> {
  await moveOrganization(tx)
  await assertBelowLimit(author, 'account', QUOTAS.members, places.length, async () => {
    const rows = await tx.selectFrom('organization_members').select('account_uid').execute()
    return rows.length
  })
  await insertRows(
    tx,
    'organization_members',
    places.map(({ account, folder, joined = 'invited', description = '', tags = NO_TAGS }) => ({
      ...fresh(author),
      updated_at: author.now,
      account_uid: account,
      folder_id: folder,
      joined,
      description,
      tags: writeTags(tags),
      checked_at: 0,
    })),
  )
}

/** The role by which the management account enters a member that it has made, with every permission in one language. */
export interface EntryRole extends Pick<NewRole, 'id' | 'name' | 'ramId'> {
  readonly language: LanguageName
  readonly management: Account
}

/**
 * Makes an account as a member. Nobody has a key of it: the management account enters it through its role, or nobody does.
 * Raises `IdentityExists`, `IdentityQuota`.
 */
export async function createMember(
  tx: WriteHandle,
  account: Account,
  member: Omit<NewMember, 'account' | 'joined'>,
  entry: EntryRole,
  author: Author,
): Promise<void> {
  await createAccounts(tx, [account], author)
  await placeAccounts(tx, [{ ...member, account: account.uid, joined: 'created' }], author)
  const { id, ramId, name, language } = entry
  const description = 'the management account enters through it'
  const role = { id, ramId, name, description, ...trustOf(entry) }
  await createRoles(tx, account.uid, [role], author)
  const policy = builtInId(language, 'AdministratorAccess')
  await attachPolicies(tx, account.uid, [{ policy, kind: 'role', target: id }], author)
}

function trustOf({ language, management }: EntryRole): Pick<NewRole, 'trustIam' | 'trustRam'> {
  if (language === 'ram') {
    const Principal = { RAM: [`acs:ram::${management.uid}:root`] }
    const Statement = [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal }]
    return { trustRam: JSON.stringify({ Statement, Version: '1' }) }
  }
  const Statement = [
    { Action: ['sts:agencies:assume'], Effect: 'Allow', Principal: { IAM: [management.domainId] } },
  ]
  return { trustIam: JSON.stringify({ Statement, Version: '5.0' }) }
}

/** Moves an account to another folder: what binds it is then what is attached there and above. */
export async function moveAccount(tx: WriteHandle, account: string, folder: string): Promise<void> {
  await moveOrganization(tx)
  await tx
    .updateTable('organization_members')
    .set((eb) => ({ folder_id: folder, version: eb('version', '+', 1) }))
    .where('account_uid', '=', account)
    .execute()
}

/**
 * Takes an account out of the organization: nothing of it binds the account any more. Raises `OrganizationRejects` for the
 * management account, and, but in an apply, for an account that was made as a member, which only its organization can enter.
 */
export async function removeAccount(tx: WriteHandle, account: string, author?: Author): Promise<void> {
  const organizations = tx.selectFrom('organizations').select('id').where('management_uid', '=', account)
  const member = tx.selectFrom('organization_members').select('joined').where('account_uid', '=', account)
  if (author?.by === 'api') {
    const { joined } = (await member.executeTakeFirst()) ?? {}
    if (joined === 'created' || (await isThere(organizations)))
      throw refuse({ code: 'OrganizationRejects', reason: 'member-kind' })
  }
  await moveOrganization(tx)
  await tx.deleteFrom('organization_attachments').where('target_id', '=', account).execute()
  await tx.deleteFrom('organization_delegations').where('account_uid', '=', account).execute()
  await forgetOrganizationSettings(tx, account)
  await tx.deleteFrom('organization_members').where('account_uid', '=', account).execute()
}

/** Changes what is said of a member. */
export async function updateMember(
  tx: WriteHandle,
  account: string,
  { description, tags }: { readonly description?: string | undefined; readonly tags?: Tags | undefined },
  { now }: Author,
): Promise<void> {
  await moveOrganization(tx)
  await tx
    .updateTable('organization_members')
    .set({
      updated_at: now,
      ...(description !== undefined && { description }),
      ...(tags && { tags: writeTags(tags) }),
    })
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('account_uid', '=', account)
    .execute()
}

/** Notes that it was asked whether a member may be deleted. */
export async function noteChecked(tx: WriteHandle, account: string, { now }: Author): Promise<void> {
  await moveOrganization(tx)
  const members = tx.updateTable('organization_members').set({ checked_at: now })
  await members.where('account_uid', '=', account).execute()
}

/** An apply says of a member that is there that it is the file's. */
export async function claimPlace(tx: WriteHandle, account: string): Promise<void> {
  const members = tx.updateTable('organization_members').set({ declared_by: 'file' })
  await members.where('account_uid', '=', account).execute()
}
