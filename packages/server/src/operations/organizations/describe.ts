import type { Tags } from '../../base/tags.ts'
import { HANDSHAKE_LIFETIME, handshakeStatus } from '../../identity/organization-handshakes.ts'
import type { Account } from '../../identity/principal.ts'
import { accountOf, readAccount } from '../../identity/queries.ts'
import { chunks } from '../../identity/rows.ts'
import type { ReadHandle } from '../../store/store.ts'
import {
  type FolderRow,
  type FoundClosed,
  type FoundHandshake,
  type FoundMember,
  type FoundPolicy,
  folderText,
  type Organization,
  policyText,
} from './found.ts'

// How Organizations shows what is in it.

/** `2026-11-29T08:00:00Z` */
export function dateText(milliseconds: number | string): string {
  return `${new Date(Number(milliseconds)).toISOString().slice(0, 19)}Z`
}

export function urnOf({ id, management }: Organization, type: string, inside: string): string {
  return `organizations::${management.domainId}:${type}:o-${id}/${inside}`
}

export function describeOrganization({ id, management, createdAt }: Organization) {
  return {
    id: `o-${id}`,
    urn: `organizations::${management.domainId}:organization:o-${id}`,
    management_account_id: management.domainId,
    management_account_name: management.name,
    created_at: dateText(createdAt),
  }
}

export function describeRoot(organization: Organization) {
  const { root, enabled } = organization
  const id = folderText('iam', root)
  return {
    id,
    urn: urnOf(organization, 'root', id),
    name: 'root',
    // One that is switched off is not listed: clients wait for it to be gone.
    policy_types: enabled.iam ? [{ type: 'service_control_policy', status: 'enabled' }] : [],
    created_at: dateText(root.created_at),
  }
}

export function describeUnit(
  row: Pick<FolderRow, 'created_at' | 'id' | 'name' | 'parent_id'>,
  organization: Organization,
) {
  const id = folderText('iam', row)
  return { id, urn: urnOf(organization, 'ou', id), name: row.name, created_at: dateText(row.created_at) }
}

/** Whom an account was registered with. */
export interface Contact {
  readonly email?: string
  readonly phone?: string
}

export function describeAccount(
  { account, row }: Pick<FoundClosed, 'account' | 'row'> | Pick<FoundMember, 'account' | 'row'>,
  organization: Organization,
  { email = '', phone = '' }: Contact = {},
) {
  const isMember = 'joined' in row
  return {
    id: account.domainId,
    urn: urnOf(organization, 'account', account.domainId),
    name: isMember ? account.name : row.name,
    // Only those that were made here are closed.
    join_method: isMember ? row.joined : 'created',
    status: isMember ? 'active' : 'suspended',
    joined_at: dateText(isMember ? row.created_at : row.joined_at),
    description: row.description,
    email,
    mobile_phone: phone,
    // The number stands whole in the phone.
    intl_number_prefix: '',
  }
}

/** An account is made at once, so the status of its making is that of the account itself. */
export function describeCreation({ account, row }: Pick<FoundMember, 'account' | 'row'>) {
  const made = dateText(row.created_at)
  return {
    id: `car-${account.domainId}`,
    account_id: account.domainId,
    account_name: account.name,
    state: 'succeeded',
    created_at: made,
    completed_at: made,
    failure_reason: '',
  }
}

export function describeSummary(policy: FoundPolicy, organization: Organization) {
  const id = policyText('iam', policy)
  return {
    id,
    urn: urnOf(organization, 'policy', id),
    name: policy.name,
    type: 'service_control_policy',
    description: policy.row?.description ?? policy.builtIn?.description ?? '',
    is_builtin: policy.row === undefined,
  }
}

export function describePolicy(policy: FoundPolicy, organization: Organization) {
  return {
    content: policy.row?.document ?? policy.builtIn!.document,
    policy_summary: describeSummary(policy, organization),
  }
}

/** A folder or an account by the id that attachments have. */
export async function describeEntity(db: ReadHandle, id: string) {
  const folders = db.selectFrom('organization_folders').selectAll()
  const folder = await folders.where('id', '=', id).executeTakeFirst()
  return folder ? folderEntity(folder) : accountEntity((await readAccount(db, 'id', id))!)
}

/** As {@link describeEntity}, of many ids, in their order. */
export async function describeEntities(db: ReadHandle, ids: readonly string[]) {
  const found = new Map<string, ReturnType<typeof accountEntity>>()
  for (const part of chunks(ids)) {
    const folders = db.selectFrom('organization_folders').selectAll()
    for (const row of await folders.where('id', 'in', part).execute()) found.set(row.id, folderEntity(row))
    const accounts = db.selectFrom('accounts').selectAll()
    for (const row of await accounts.where('id', 'in', part).execute())
      found.set(row.id, accountEntity(accountOf(row)))
  }
  return ids.map((id) => found.get(id)!)
}

export function folderEntity(row: FolderRow) {
  const isRoot = row.parent_id === ''
  return {
    id: folderText('iam', row),
    name: isRoot ? 'root' : row.name,
    type: isRoot ? 'root' : 'organizational_unit',
  }
}

export function accountEntity({ domainId, name }: Account) {
  return { id: domainId, name, type: 'account' }
}

export function describeHandshake(
  { id, row, account }: Pick<FoundHandshake, 'account' | 'id' | 'row'>,
  organization: Organization,
  now: number,
) {
  return {
    id: `h-${id}`,
    urn: urnOf(organization, 'handshake', `h-${id}`),
    status: handshakeStatus(row, now),
    organization_id: `o-${organization.id}`,
    management_account_id: organization.management.domainId,
    management_account_name: organization.management.name,
    target: { type: 'account', entity: account.domainId },
    notes: row.note,
    created_at: dateText(row.created_at),
    updated_at: dateText(row.updated_at),
    expired_at: dateText(Number(row.created_at) + HANDSHAKE_LIFETIME),
  }
}

export function describeTags(tags: Tags) {
  return [...tags].map(([key, value]) => ({ key, value }))
}

export function tagsFrom(
  list: readonly { readonly key: string; readonly value?: string }[] | undefined,
): Tags | undefined {
  return list && new Map(list.map(({ key, value = '' }) => [key, value]))
}
