import type { FoundRevision, RevisionRow } from './revisions.ts'
import type { Store } from './store.ts'

type SyncRead = (sql: string, parameters: readonly unknown[]) => readonly unknown[]

const reads = new WeakMap<Store, SyncRead>()

/** For an embedded database, which can answer without a turn of the event loop. */
export function registerSyncReads(store: Store, read: SyncRead): void {
  reads.set(store, read)
}

/** As `readRevisions`, at once; undefined where the database is elsewhere. */
export function readRevisionsNow(
  store: Store,
  accountUids: Iterable<string>,
): readonly FoundRevision[] | undefined {
  const read = reads.get(store)
  if (!read) return undefined
  const found: FoundRevision[] = []
  for (const uid of accountUids) {
    const rows = read('select account_uid, kind, revision from revisions where account_uid = ?', [uid])
    found.push(...(rows as readonly FoundRevision[]))
  }
  return found
}

/** As `readRevisionRow`, at once. */
export function readRevisionRowNow(store: Store, accountUid: string, kind: string): RevisionRow | undefined {
  const [row] = reads.get(store)!(
    'select revision, recent from revisions where account_uid = ? and kind = ?',
    [accountUid, kind],
  )
  return row as RevisionRow | undefined
}
