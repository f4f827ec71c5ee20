import { accountOf } from '../../identity/queries.ts'
import type { ReadHandle } from '../../store/store.ts'
import type { FoundClosed, FoundMember } from './found.ts'

/** Which accounts of the organization, the management account among them. Without any of these: all. */
export interface Members {
  /** Those in this folder. */
  readonly folder?: string | undefined
  readonly joined?: 'created' | undefined
  /** Those that are a delegated administrator, of this service or (null) of any. */
  readonly delegated?: string | null | undefined
  /** All but this one. */
  readonly without?: string | undefined
}

/** Which page of them, in the order of their uids. */
interface Part {
  readonly after?: string | undefined
  readonly offset?: number | undefined
  readonly limit?: number | undefined
}

function query(db: ReadHandle, { folder, joined, delegated, without }: Members) {
  let rows = db
    .selectFrom('organization_members')
    .innerJoin('accounts', 'accounts.id', 'organization_members.account_uid')
  if (folder !== undefined) rows = rows.where('folder_id', '=', folder)
  if (joined !== undefined) rows = rows.where('joined', '=', joined)
  if (without !== undefined) rows = rows.where('account_uid', '!=', without)
  if (delegated !== undefined) {
    const all = db.selectFrom('organization_delegations').select('account_uid')
    rows = rows.where('account_uid', 'in', delegated === null ? all : all.where('service', '=', delegated))
  }
  return rows
}

export async function readMembers(
  db: ReadHandle,
  { after, offset, limit, ...members }: Members & Part = {},
): Promise<Pick<FoundMember, 'account' | 'row'>[]> {
  let rows = query(db, members)
    .selectAll('organization_members')
    .select(['accounts.domain_id', 'accounts.project_id', 'accounts.name'])
    .orderBy('account_uid')
  if (after !== undefined) rows = rows.where('account_uid', '>', after)
  if (limit !== undefined) rows = rows.limit(limit)
  if (offset !== undefined) rows = rows.offset(offset)
  return (await rows.execute()).map(({ domain_id, project_id, name, ...row }) => ({
    row,
    account: accountOf({ id: row.account_uid, domain_id, project_id, name }),
  }))
}

export async function countMembers(db: ReadHandle, members: Members = {}): Promise<number> {
  const row = await query(db, members)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Closed accounts of the organization of which something is left, in the order of their uids. */
export async function readClosed(
  db: ReadHandle,
  organization: string,
  { after, limit }: Pick<Part, 'after' | 'limit'>,
): Promise<Pick<FoundClosed, 'account' | 'row'>[]> {
  let rows = db
    .selectFrom('account_closures')
    .innerJoin('accounts', 'accounts.id', 'account_closures.id')
    .selectAll('account_closures')
    .select(['accounts.domain_id', 'accounts.project_id'])
    .where('account_closures.organization_id', '=', organization)
    .where('account_closures.destroyed_at', '=', 0)
    .orderBy('account_closures.id')
  if (after !== undefined) rows = rows.where('account_closures.id', '>', after)
  if (limit !== undefined) rows = rows.limit(limit)
  return (await rows.execute()).map((row) => ({ row, account: accountOf(row) }))
}
