import type { Writable } from 'node:stream'
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import type { DamageLatch } from '../damage.ts'
import { asUnavailable, isDatabaseDamaged, isStaleStatement } from '../errors.ts'

/** int8 and numeric: every number of the schema is an integer below 2^53, so it is a number here, as on SQLite. */
const NUMBERS = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.NUMERIC])

function toNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a number of the database has more than 53 bits')
  return value
}

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    NUMBERS.has(oid) && format !== 'binary'
      ? toNumber
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
}

export interface PoolOptions {
  readonly maxConnections: number
  /** Longest wait for a connection and for an answer, in milliseconds. */
  readonly connectTimeout: number
  /** 0: as long as it takes. */
  readonly queryTimeout: number
  /** Called when damage is found; once something is found, no connection is given out. */
  readonly damage?: DamageLatch
  /** Statements are sent while others have no answer yet: for a connection that one transaction has for itself. */
  readonly pipeline?: boolean
  /** Every transaction reads only: the server refuses a change. */
  readonly readOnly?: boolean
}

/**
 * A pool as Kysely wants it. An error that says that the database does not serve comes out as `Unavailable`, and the
 * connection that met it is not used again.
 */
export function createPool(url: string, options: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeout,
    query_timeout: options.queryTimeout,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: options.pipeline ?? false,
    application_name: 'keyward',
    ...(options.readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
    types,
  })
  // A connection that dies while nobody uses it: the pool has let it go already.
  pool.on('error', () => {})
  // And one that dies with its first breath, before whoever asked for it has it. The query that follows fails.
  pool.on('connect', (client) => client.on('error', () => {}))
  // One wrapper a connection: Kysely keeps what it knows of a connection by this object.
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      if (options.damage?.found) throw options.damage.found
      const client = await pool.connect().catch(rethrow)
      let wrapper = wrapped.get(client)
      if (!wrapper) {
        wrapper = wrapClient(client, options)
        wrapped.set(client, wrapper)
      }
      return wrapper
    },
  }
}

function wrapClient(client: pg.PoolClient, { damage, pipeline }: PoolOptions): PostgresPoolClient {
  let broken = false
  const gather = pipeline ? gatherer((client as unknown as pg.Client).connection.stream) : () => {}
  // Without a listener, a connection that dies in use would end the process; the query that waits for it fails anyway.
  client.on('error', () => {
    broken = true
  })
  return {
    query: (async (sql: string, parameters: readonly unknown[]) => {
      gather()
      try {
        return (await client.query(sql, parameters as unknown[])) as unknown as PostgresQueryResult<never>
      } catch (error) {
        const unavailable = asUnavailable(error)
        if (unavailable || isStaleStatement(error)) broken = true
        if (isDatabaseDamaged(unavailable)) damage?.report(unavailable)
        throw unavailable ?? error
      }
    }) as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy || broken),
  }
}

/**
 * Keeps what is sent until the turn of the loop ends, so that statements that are sent together leave together: a write to
 * a socket costs more than what is done to build a statement.
 */
function gatherer(stream: Pick<Writable, 'cork' | 'uncork'>): () => void {
  let gathering = false
  const release = () => {
    gathering = false
    stream.uncork()
  }
  return () => {
    if (gathering) return
    gathering = true
    stream.cork()
    // After the promises that are settled now: what follows on them is sent along.
    process.nextTick(release)
  }
}

function rethrow(error: unknown): never {
  throw asUnavailable(error) ?? error
}
