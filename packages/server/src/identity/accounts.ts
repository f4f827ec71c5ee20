import { refuse } from '../base/problem.ts'
import type { WriteHandle } from '../store/store.ts'
import type { Account } from './principal.ts'
import { type Author, chunksInTurns, fresh, insertRows, isThere } from './rows.ts'

/** Makes accounts, empty. Raises `IdentityExists` when the directory has one of their names already. */
export async function createAccounts(
  tx: WriteHandle,
  accounts: readonly Account[],
  author: Author,
): Promise<void> {
  for await (const part of chunksInTurns(accounts)) {
    const names = part.map(({ name }) => name)
    if (await isThere(tx.selectFrom('accounts').select('id').where('name', 'in', names)))
      throw refuse({ code: 'IdentityExists', entity: 'account' })
  }
  await insertRows(
    tx,
    'accounts',
    accounts.map(({ uid, domainId, projectId, name }) => ({
      ...fresh(author),
      id: uid,
      domain_id: domainId,
      project_id: projectId,
      name,
      closed_at: 0,
    })),
  )
}

/** Gives an account another name. Raises `IdentityExists` when another has it. */
export async function renameAccount(tx: WriteHandle, uid: string, name: string): Promise<void> {
  const twin = tx.selectFrom('accounts').select('id').where('name', '=', name).where('id', '!=', uid)
  if (await isThere(twin)) throw refuse({ code: 'IdentityExists', entity: 'account' })
  await tx.updateTable('accounts').set({ name }).where('id', '=', uid).execute()
}

/** Gives an account its alias, in place of the one that it had. Raises `IdentityExists` when another has it. */
export async function setAccountAlias(tx: WriteHandle, uid: string, alias: string): Promise<void> {
  const twin = tx.selectFrom('account_aliases').select('alias').where('alias', '=', alias)
  if (await isThere(twin.where('account_uid', '!=', uid)))
    throw refuse({ code: 'IdentityExists', entity: 'account-alias' })
  await clearAccountAlias(tx, uid)
  await tx.insertInto('account_aliases').values({ account_uid: uid, alias }).execute()
}

export async function clearAccountAlias(tx: WriteHandle, uid: string): Promise<void> {
  await tx.deleteFrom('account_aliases').where('account_uid', '=', uid).execute()
}
