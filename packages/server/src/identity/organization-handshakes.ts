import { refuse } from '../base/problem.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { QUOTAS } from './limits.ts'
import { moveOrganization } from './organization.ts'
import { placeAccounts } from './organization-members.ts'
import { attachDefaults } from './organization-types.ts'
import { type Author, assertBelowLimit, insertRows, isThere } from './rows.ts'

/** How long an invitation may be answered. */
export const HANDSHAKE_LIFETIME = 14 * 86_400_000

export interface Handshake {
  /** `newTreeId` */
  readonly id: string
  /** Uid of the account that is invited. */
  readonly account: string
  /** Where it will stand. */
  readonly folder: string
  readonly note: string
}

/**
 * Invites an account. Raises `IdentityExists` for one that is in the organization or has an invitation that waits,
 * `IdentityQuota`.
 */
export async function inviteAccount(tx: WriteHandle, invitation: Handshake, author: Author): Promise<void> {
  const { id, account, folder, note } = invitation
  await moveOrganization(tx)
  const member = tx
    .selectFrom('organization_members')
    .select('account_uid')
    .where('account_uid', '=', account)
  if (await isThere(member)) throw refuse({ code: 'IdentityExists', entity: 'member' })
  const open = tx
    .selectFrom('organization_handshakes')
    .select('id')
    .where('status', '=', 'pending')
    .where('created_at', '>', author.now - HANDSHAKE_LIFETIME)
  if (await isThere(open.where('account_uid', '=', account)))
    throw refuse({ code: 'IdentityExists', entity: 'handshake' })
  await assertBelowLimit(author, 'handshake', QUOTAS.handshakes, 1, async () => {
    const rows = await open.execute()
    return rows.length
  })
  const dates = { created_at: author.now, updated_at: author.now }
  await insertRows(tx, 'organization_handshakes', [
    { id, account_uid: account, folder_id: folder, note, status: 'pending', ...dates },
  ])
}

/**
 * Ends an invitation; an account that accepts is a member from then on. Raises `OrganizationRejects` for one that has ended,
 * `IdentityNotFound` where its folder is gone, `IdentityExists`.
 */
export async function endHandshake(
  tx: WriteHandle,
  id: string,
  status: 'accepted' | 'cancelled' | 'declined',
  author: Author,
): Promise<void> {
  await moveOrganization(tx)
  const row = await findHandshake(tx, id)
  if (row === undefined || handshakeStatus(row, author.now) !== 'pending')
    throw refuse({ code: 'OrganizationRejects', reason: 'handshake-state' })
  await tx
    .updateTable('organization_handshakes')
    .set({ status, updated_at: author.now })
    .where('id', '=', id)
    .execute()
  if (status !== 'accepted') return
  const folder = tx.selectFrom('organization_folders').select('id').where('id', '=', row.folder_id)
  if (!(await isThere(folder))) throw refuse({ code: 'IdentityNotFound', entity: 'folder' })
  await placeAccounts(tx, [{ account: row.account_uid, folder: row.folder_id }], author)
  await attachDefaults(tx, [row.account_uid], author.now)
}

export type HandshakeRow = NonNullable<Awaited<ReturnType<typeof findHandshake>>>

export function findHandshake(db: ReadHandle, id: string) {
  return db.selectFrom('organization_handshakes').selectAll().where('id', '=', id).executeTakeFirst()
}

/** What became of an invitation; one that was not answered in time has ended. */
export function handshakeStatus(
  { status, created_at }: Pick<HandshakeRow, 'created_at' | 'status'>,
  now: number,
): string {
  return status === 'pending' && now >= Number(created_at) + HANDSHAKE_LIFETIME ? 'expired' : status
}
