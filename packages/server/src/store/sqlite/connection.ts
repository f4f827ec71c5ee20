import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { asUnavailable } from '../errors.ts'

/** One connection to a SQLite file. Its statements are compiled once and kept. */
export interface SqliteConnection extends DatabaseConnection {
  /** Runs a statement without rows at once; returns how many rows it changed. */
  run(sql: string, parameters?: readonly unknown[]): number
  /** Runs a query at once and returns its rows. */
  all(sql: string, parameters?: readonly unknown[]): readonly Record<string, unknown>[]
  readonly inTransaction: boolean
  close(): void
}

interface Prepared {
  readonly statement: StatementSync
  readonly hasRows: boolean
}

/** Texts differ only by the length of their lists; beyond this many the oldest is compiled anew when it comes again. */
const KEPT_STATEMENTS = 512

// Types that node:sqlite binds: null, number, bigint, string, bytes.
type Bound = SQLInputValue

/** Errors that speak of the disk or the file come out as `Unavailable`, all others unchanged. */
export function openConnection(path: string, options: { readonly readOnly: boolean }): SqliteConnection {
  const db = guarded(() => new DatabaseSync(path, { readOnly: options.readOnly, timeout: 5000 }))
  const kept = new Map<string, Prepared>()

  function prepare(sql: string): Prepared {
    const found = kept.get(sql)
    if (found) return found
    const statement = db.prepare(sql)
    const made = { statement, hasRows: statement.columns().length > 0 }
    if (kept.size >= KEPT_STATEMENTS) kept.delete(kept.keys().next().value!)
    kept.set(sql, made)
    return made
  }

  return Object.freeze<SqliteConnection>({
    run: (sql, parameters = []) =>
      guarded(() => Number(prepare(sql).statement.run(...(parameters as Bound[])).changes)),
    all: (sql, parameters = []) => guarded(() => prepare(sql).statement.all(...(parameters as Bound[]))),
    get inTransaction() {
      return db.isTransaction
    },
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      return guarded(() => {
        const { statement, hasRows } = prepare(sql)
        if (hasRows) return { rows: statement.all(...(parameters as Bound[])) as R[] }
        const { changes } = statement.run(...(parameters as Bound[]))
        return { rows: [], numAffectedRows: BigInt(changes) }
      })
    },
    async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      // A statement of its own: a kept one would start over when its text is run again half way through.
      for (const row of db.prepare(sql).iterate(...(parameters as Bound[]))) yield { rows: [row as R] }
    },
    close: () => db.close(),
  })
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asUnavailable(error) ?? error
  }
}
