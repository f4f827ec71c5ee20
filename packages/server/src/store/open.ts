import { migrate } from './migrate.ts'
import { openPostgres } from './postgres/store.ts'
import { openSqlite } from './sqlite/store.ts'
import type { Store } from './store.ts'

export interface OpenOptions {
  /** Reads only: no lock, no migration, no change. For the offline tools. */
  readonly readOnly?: boolean
  /** Brings the database to the present schema (default). */
  readonly migrate?: boolean
  /** Writes that may wait before `Overloaded`; 4096 by default. */
  readonly maxWaiting?: number
  /** SQLite: bodies that share one commit at most; 512 by default. */
  readonly maxGroup?: number
  /** PostgreSQL: connections for writes, and as many for reads; 8 by default. */
  readonly maxConnections?: number
  /** PostgreSQL: how often a body is run at most; 12 by default. */
  readonly attempts?: number
  /** How long a body, or on SQLite a group of them, may take, in milliseconds; 5000 by default. */
  readonly bodyTimeout?: number
  /** Told of what an operator should know. */
  readonly onNotice?: (message: string) => void
}

/**
 * Opens the database at `sqlite:<path>` or `postgres://...` and brings it to the present schema. Throws an error whose
 * message is a sentence for the operator when another server has the file, when the database is newer than the program
 * or would not keep what it acknowledged; `Unavailable` when it does not answer.
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Store> {
  const { readOnly = false, maxWaiting = 4096, bodyTimeout = 5000 } = options
  let store: Store
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length)
    if (path === '') throw new Error('the database `sqlite:` names no file')
    store = openSqlite(path, {
      readOnly,
      maxWaiting,
      maxGroup: options.maxGroup ?? 512,
      bodyTimeout,
      ...(options.onNotice ? { onNotice: options.onNotice } : {}),
    })
  } else if (/^postgres(ql)?:\/\//.test(url)) {
    store = await openPostgres(url, {
      maxWaiting,
      maxConnections: options.maxConnections ?? 8,
      attempts: options.attempts ?? 12,
      bodyTimeout,
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
