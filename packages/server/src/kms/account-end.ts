import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { destroyKey } from './due-changes.ts'

/** What an account has of keys, as far as it matters to who would close it. */
export async function keysHeld(db: ReadHandle, accountUid: string) {
  const rows = await db
    .selectFrom('kms_keys')
    .select(['state', 'deletion_protection'])
    .where('account_uid', '=', accountUid)
    .where('service', 'is', null)
    .execute()
  return {
    protected: rows.filter((row) => Number(row.deletion_protection) === 1).length,
    /** Those whose deletion nobody has asked for. */
    living: rows.filter(({ state }) => state !== 'PendingDeletion').length,
  }
}

/** Destroys keys of a closed account for good, some at a time. Returns how many there were to destroy. */
export async function destroyKeysOf(tx: WriteHandle, accountUid: string, most: number): Promise<number> {
  const keys = tx.selectFrom('kms_keys').selectAll().where('account_uid', '=', accountUid)
  const rows = await keys.orderBy('id').limit(most).execute()
  for (const row of rows) await destroyKey(tx, row)
  return rows.length
}
