import {
  DefaultQueryExecutor,
  type Dialect,
  Kysely,
  type QueryExecutor,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely'
import { bodyDriver } from '../body-driver.ts'
import type { Schema } from '../schema/index.ts'
import type { ReadHandle, WriteHandle } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

const compiler = new SqliteQueryCompiler()
const adapter = new SqliteAdapter()

const dialect: Dialect = Object.freeze<Dialect>({
  createAdapter: () => adapter,
  createDriver: () => bodyDriver,
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => compiler,
})

function propsOver(executor: QueryExecutor) {
  return { config: { dialect }, driver: bodyDriver, dialect, executor }
}

/** A query builder over one connection. Queries run at once, in the order in which they are executed. */
export function readHandle(connection: SqliteConnection): ReadHandle {
  const provider = {
    provideConnection: <T>(use: (connection: SqliteConnection) => Promise<T>) => use(connection),
  }
  return new Kysely<Schema>(propsOver(new DefaultQueryExecutor(compiler, adapter, provider)))
}

/** As {@link readHandle}, for one body of a write: `isOpen` is asked at every query. */
export function writeHandle(connection: SqliteConnection, isOpen: () => boolean): WriteHandle {
  const provider = {
    async provideConnection<T>(use: (connection: SqliteConnection) => Promise<T>) {
      if (!isOpen()) throw new TypeError('a write was used after its body had ended: a query was not awaited')
      return use(connection)
    },
  }
  return new Transaction<Schema>(propsOver(new DefaultQueryExecutor(compiler, adapter, provider)))
}
