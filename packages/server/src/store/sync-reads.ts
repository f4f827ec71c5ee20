import type { Store } from './store.ts'

type SyncRead = (sql: string, parameters: readonly unknown[]) => readonly Record<string, unknown>[]

const reads = new WeakMap<Store, SyncRead>()

/** For an embedded database, which can answer without a turn of the event loop. */
export function registerSyncReads(store: Store, read: SyncRead): void {
  reads.set(store, read)
}

/**
 * Revisions of the accounts, read at once; undefined where the database is elsewhere. An account without a row is left
 * out: its revision is 0.
 */
export function readRevisionsNow(
  store: Store,
  accountUids: Iterable<string>,
): ReadonlyMap<string, number> | undefined {
  const read = reads.get(store)
  if (!read) return undefined
  const found = new Map<string, number>()
  for (const uid of accountUids) {
    const [row] = read('select revision from revisions where account_uid = ?', [uid])
    if (row) found.set(uid, row.revision as number)
  }
  return found
}
