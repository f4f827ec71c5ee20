import { migrate } from './migrate.ts'
import { openSqlite } from './sqlite/store.ts'
import type { Store } from './store.ts'

export interface OpenOptions {
  /** Reads only: no lock, no migration, no change. For the offline tools. */
  readonly readOnly?: boolean
  /** Brings the database to the present schema (default). */
  readonly migrate?: boolean
  /** Writes that may wait before `Overloaded`; 16,384 by default. */
  readonly maxWaiting?: number
  /** Writes of one account that may wait; 4,096 by default. */
  readonly maxWaitingOfAccount?: number
  /** Bodies that share one commit at most; 512 by default, 128 on PostgreSQL, where others wait for the same accounts. */
  readonly maxGroup?: number
  /** PostgreSQL: connections for writes of no account, and as many for reads; 8 by default. */
  readonly maxConnections?: number
  /** How often a body is run at most; 12 by default. */
  readonly attempts?: number
  /** How long a write waits at most before `Overloaded`, in milliseconds; 30,000 by default. */
  readonly patience?: number
  /** How long a body may take, in milliseconds; 5000 by default. */
  readonly bodyTimeout?: number
  /** Called with what an operator should know. */
  readonly onNotice?: (message: string) => void
  /** SQLite: called for a disk that does not keep what was written; it must not return. By default the process ends. */
  readonly onFatal?: (message: string) => void
}

/**
 * Opens the database at `sqlite:<path>` or `postgres://...` and brings it to the present schema. Throws an error whose
 * message is a sentence for the operator when another server has the file, when the database is newer than the program
 * or would not keep what it acknowledged; `Unavailable` when it does not answer.
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Store> {
  const { readOnly = false } = options
  const limits = {
    maxWaiting: options.maxWaiting ?? 16_384,
    maxWaitingOfAccount: options.maxWaitingOfAccount ?? 4096,
    attempts: options.attempts ?? 12,
    patience: options.patience ?? 30_000,
    bodyTimeout: options.bodyTimeout ?? 5000,
  }
  let store: Store
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length)
    if (path === '') throw new Error('the database `sqlite:` names no file')
    store = openSqlite(path, {
      ...limits,
      readOnly,
      maxGroup: options.maxGroup ?? 512,
      ...(options.onFatal ? { onFatal: options.onFatal } : {}),
      ...(options.onNotice ? { onNotice: options.onNotice } : {}),
    })
  } else if (/^postgres(ql)?:\/\//.test(url)) {
    // Its driver is large, and a service on SQLite needs none of it.
    const { openPostgres } = await import('./postgres/store.ts')
    store = await openPostgres(url, {
      ...limits,
      maxGroup: options.maxGroup ?? 128,
      maxConnections: options.maxConnections ?? 8,
      connectTimeout: 5000,
      // An offline tool reads whole tables.
      queryTimeout: readOnly ? 0 : 10_000,
      readOnly,
    })
  } else {
    // The address may hold a password: it is not repeated.
    throw new Error('the database must be `sqlite:<path>` or `postgres://...`')
  }
  if (readOnly || options.migrate === false) return store
  try {
    await migrate(store)
    return store
  } catch (error) {
    await store.close({ discard: store.fresh === true })
    throw error
  }
}
