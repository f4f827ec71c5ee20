import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  type PostgresPoolClient,
  PostgresQueryCompiler,
  type QueryResult,
  Transaction,
} from 'kysely'
import { bodyDriver } from '../body-driver.ts'
import type { Schema } from '../schema/index.ts'
import type { WriteHandle } from '../store.ts'

const compiler = new PostgresQueryCompiler()
const adapter = new PostgresAdapter()
const dialect: Dialect = Object.freeze<Dialect>({
  createAdapter: () => adapter,
  createDriver: () => bodyDriver,
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => compiler,
})

/** One connection in a transaction of a group. */
export interface GroupConnection extends DatabaseConnection {
  /** Runs statements without parameters in one round trip; returns the last one's command. */
  command(text: string): Promise<string>
  /** Whether a statement failed since the last call: until a rollback to a savepoint the transaction then does nothing. */
  takeFailed(): boolean
}

const CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

export function groupConnection(client: PostgresPoolClient): GroupConnection {
  let failed = false
  async function query(text: string, parameters: readonly unknown[]) {
    try {
      return await client.query<unknown>(text, parameters as unknown[])
    } catch (error) {
      failed = true
      throw error
    }
  }
  return {
    async command(text) {
      const results = (await query(text, [])) as unknown
      return (Array.isArray(results) ? results.at(-1) : results).command
    },
    takeFailed() {
      const was = failed
      failed = false
      return was
    },
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { command, rowCount, rows } = await query(sql, parameters)
      return {
        rows: rows as R[],
        ...(CHANGES.has(command) ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}),
      }
    },
    // biome-ignore lint/correctness/useYield: bodies of groups do not stream
    async *streamQuery() {
      throw new TypeError('a write does not stream')
    },
  }
}

/** A query builder for one body of a write: `isOpen` is asked at every query. */
export function groupHandle(connection: DatabaseConnection, isOpen: () => boolean): WriteHandle {
  const provider = {
    async provideConnection<T>(use: (connection: DatabaseConnection) => Promise<T>) {
      if (!isOpen()) throw new TypeError('a write was used after its body had ended: a query was not awaited')
      return use(connection)
    },
  }
  const executor = new DefaultQueryExecutor(compiler, adapter, provider)
  return new Transaction<Schema>({ config: { dialect }, driver: bodyDriver, dialect, executor })
}
