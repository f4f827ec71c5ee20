import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { DamageLatch } from '../damage.ts'
import { asUnavailable, isDatabaseDamaged } from '../errors.ts'
import { erasesSealed } from './erase.ts'

/** One connection to a SQLite file. Its statements are compiled once and kept. */
export interface SqliteConnection extends DatabaseConnection {
  /** Runs a statement without rows at once; returns how many rows it changed. */
  run(sql: string, parameters?: readonly unknown[]): number
  /** Runs a query at once and returns its rows. */
  all(sql: string, parameters?: readonly unknown[]): readonly Record<string, unknown>[]
  readonly inTransaction: boolean
  /** Whether a statement since the last call took sealed bytes away. */
  takeErased(): boolean
  close(): void
}

interface Prepared {
  readonly statement: StatementSync
  readonly hasRows: boolean
  readonly erases: boolean
}

export interface ConnectionOptions {
  readonly readOnly: boolean
  /** Called when damage is found; once something is found, everything but a rollback is refused. */
  readonly damage?: DamageLatch
}

/** Texts differ only by the length of their lists; beyond this many the oldest is compiled anew when it comes again. */
const KEPT_STATEMENTS = 512

// Types that node:sqlite binds: null, number, bigint, string, bytes.
type Bound = SQLInputValue

/** Errors that speak of the disk or the file come out as `Unavailable`, all others unchanged. */
export function openConnection(path: string, options: ConnectionOptions): SqliteConnection {
  const { damage } = options
  const db = guarded(() => new DatabaseSync(path, { readOnly: options.readOnly, timeout: 5000 }))
  const kept = new Map<string, Prepared>()
  let erased = false

  function guarded<T>(work: () => T): T {
    if (damage?.found) throw damage.found
    try {
      return work()
    } catch (error) {
      throw explained(error)
    }
  }

  function explained(error: unknown): unknown {
    const unavailable = asUnavailable(error, path)
    if (isDatabaseDamaged(unavailable)) damage?.report(unavailable)
    return unavailable ?? error
  }

  function prepare(sql: string): Prepared {
    const found = kept.get(sql)
    if (found) return found
    const statement = db.prepare(sql)
    const made = {
      statement,
      hasRows: statement.columns().length > 0,
      erases: !options.readOnly && erasesSealed(db, sql),
    }
    if (kept.size >= KEPT_STATEMENTS) kept.delete(kept.keys().next().value!)
    kept.set(sql, made)
    return made
  }

  function change({ statement, erases }: Prepared, parameters: readonly unknown[]): number | bigint {
    const { changes } = statement.run(...(parameters as Bound[]))
    if (erases && changes > 0) erased = true
    return changes
  }

  return Object.freeze<SqliteConnection>({
    run(sql, parameters = []) {
      if (sql === 'rollback') return Number(prepare(sql).statement.run().changes)
      return guarded(() => Number(change(prepare(sql), parameters)))
    },
    all: (sql, parameters = []) => guarded(() => prepare(sql).statement.all(...(parameters as Bound[]))),
    get inTransaction() {
      return db.isTransaction
    },
    takeErased() {
      const was = erased
      erased = false
      return was
    },
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      return guarded(() => {
        const prepared = prepare(sql)
        if (!prepared.hasRows) return { rows: [], numAffectedRows: BigInt(change(prepared, parameters)) }
        const rows = prepared.statement.all(...(parameters as Bound[])) as R[]
        if (prepared.erases) erased = true
        return { rows }
      })
    },
    async *streamQuery<R>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      if (damage?.found) throw damage.found
      try {
        // A statement of its own: a kept one would start over when its text is run again half way through.
        for (const row of db.prepare(sql).iterate(...(parameters as Bound[]))) yield { rows: [row as R] }
      } catch (error) {
        throw explained(error)
      }
    },
    close: () => db.close(),
  })
}
