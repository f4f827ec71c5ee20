import {
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
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
