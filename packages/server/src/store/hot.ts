import { type Compilable, CompiledQuery } from 'kysely'
import { partsOf } from './handles.ts'
import type { ReadHandle, WriteHandle } from './store.ts'

/**
 * A statement without rows that is built once per kind of database and then run with other parameters: the query
 * builder costs several times what SQLite does with the row.
 *
 * `build` uses placeholder values, each a parameter; `parameters` gives the real ones in the order of the text.
 * Returns the number of rows changed: on SQLite at once, so that a batch has no turn of the loop per row.
 */
export function hotStatement(build: (tx: WriteHandle) => Compilable) {
  const compiled = new Map<string, CompiledQuery>()
  return (tx: WriteHandle, parameters: readonly unknown[]): number | Promise<number> => {
    const { kind, run } = partsOf(tx)
    let query = compiled.get(kind)
    if (!query) {
      query = build(tx).compile()
      compiled.set(kind, query)
    }
    if (query.parameters.length !== parameters.length) throw new TypeError('wrong number of parameters')
    if (run) return run(query.sql, parameters)
    return tx
      .executeQuery(CompiledQuery.raw(query.sql, [...parameters]))
      .then((result) => Number(result.numAffectedRows ?? 0n))
  }
}

export type HotQuery<R> = (db: ReadHandle, parameters: readonly unknown[]) => Promise<readonly R[]>

/**
 * A query that is built once per kind of database and then run with other parameters, as {@link hotStatement}: for reads
 * that most calls of an operation make.
 */
export function hotQuery<R>(build: (db: ReadHandle) => Compilable<R>): HotQuery<R> {
  const compiled = new WeakMap<object, CompiledQuery<R>>()
  return async (db, parameters) => {
    const { adapter, plugins } = db.getExecutor()
    // A plugin sees every query, and may have its own way with it.
    let query = plugins.length > 0 ? build(db).compile() : compiled.get(adapter)
    if (!query) {
      query = build(db).compile()
      compiled.set(adapter, query)
    }
    if (query.parameters.length !== parameters.length) throw new TypeError('wrong number of parameters')
    const { rows } = await db.executeQuery({ ...query, parameters })
    return rows as readonly R[]
  }
}
