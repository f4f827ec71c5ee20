import { Kysely, PostgresDialect, sql } from 'kysely'
import { createGate } from '../../base/gate.ts'
import { refuse } from '../../base/problem.ts'
import { type CommitterOptions, createCommitter } from '../committer.ts'
import { createDamageLatch } from '../damage.ts'
import { createDoor, type DoorOptions } from '../door.ts'
import { asUnavailable, databaseAway, isReplayable } from '../errors.ts'
import { createParts, type HandleParts, registerHandle } from '../handles.ts'
import { isInTable } from '../nonces.ts'
import { writeBumps } from '../revisions.ts'
import type { Schema } from '../schema/index.ts'
import type { Store, WriteHandle, WriteOptions } from '../store.ts'
import { createDoubts } from './doubts.ts'
import { postgresGroups } from './groups.ts'
import { pipelined, single } from './pipelined.ts'
import { createPool, type PoolOptions } from './pool.ts'

export interface PostgresOptions extends PoolOptions, DoorOptions, CommitterOptions {}

/**
 * Opens a store on a database that speaks PostgreSQL's protocol. Throws a sentence when the database would forget what
 * it acknowledged, or is a replica.
 */
export async function openPostgres(url: string, given: PostgresOptions): Promise<Store> {
  const damage = createDamageLatch()
  const options: PostgresOptions = { ...given, damage }
  // Writes have their own connections: a stream of reads cannot hold them up, nor they the looks at the revisions.
  const read = open(url, options)
  const db = open(url, options)
  try {
    // Of a replica, too, one may read.
    if (!options.readOnly) await assertDurable(read)
  } catch (error) {
    await Promise.allSettled([read.destroy(), db.destroy()])
    throw error
  }
  const groupPool = createPool(url, { ...options, maxConnections: 1, pipeline: true })
  // What runs `last` (the audit's batches) never queues behind other writes.
  const lastPool = createPool(url, { ...options, maxConnections: 1, pipeline: true })
  const door = createDoor(options)
  const doubts = createDoubts()
  const committer = createCommitter(postgresGroups(groupPool, doubts), door, options)
  // For steps of a migration: neither a body's time nor a query's is bounded. Opened when it is wanted.
  let patient: Kysely<Schema> | undefined
  const gate = createGate(options.maxConnections)
  const active = new Set<Promise<unknown>>()
  let closed = false

  async function write<T>(body: (tx: WriteHandle) => Promise<T>, how: WriteOptions): Promise<T> {
    if (closed) throw databaseAway('the store is closed')
    if (how.unlimited) {
      patient ??= open(url, { ...options, maxConnections: 1, queryTimeout: 0 })
      return replayed(alone(patient), body, { ...options, bodyTimeout: 0 })
    }
    if (how.last) {
      const transact = how.single
        ? single(lastPool, doubts)
        : pipelined(lastPool, doubts, how.guarded === true)
      return replayed(transact, body, options)
    }
    if (how.accounts?.length) return committer.add(body, how)
    door.enter(NO_ACCOUNT)
    try {
      return await gate.pass(() => replayed(alone(db), body, options))
    } finally {
      door.leave(NO_ACCOUNT)
    }
  }

  return Object.freeze<Store>({
    kind: 'postgres',
    read,
    damage,
    isUsed: (nonce) => isInTable(read, nonce),
    snapshot: (body) =>
      read.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(body),
    write<T>(body: (tx: WriteHandle) => Promise<T>, how: WriteOptions = {}) {
      const promise = write(body, how)
      active.add(promise)
      const forget = () => active.delete(promise)
      promise.then(forget, forget)
      return promise
    },
    async close() {
      closed = true
      await Promise.allSettled(active)
      await committer.close()
      await Promise.all([groupPool.end(), lastPool.end(), read.destroy(), db.destroy(), patient?.destroy()])
    },
  })
}

function open(url: string, options: PoolOptions): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: createPool(url, options) }) })
}

/** Opens a transaction for a body and commits it. */
type Transact = <T>(body: (tx: WriteHandle) => Promise<T>) => Promise<T>

const alone =
  (db: Kysely<Schema>): Transact =>
  (body) =>
    db.transaction().setIsolationLevel('serializable').execute(body)

/** Runs a body until its transaction was serializable, or too often. */
async function replayed<T>(
  transact: Transact,
  body: (tx: WriteHandle) => Promise<T>,
  options: Pick<PostgresOptions, 'attempts' | 'bodyTimeout'>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    // A run that is repeated leaves no trace: what it asked to be called with goes with it.
    let parts: HandleParts | undefined
    try {
      const value = await transact(async (tx) => {
        parts = createParts({ kind: 'postgres' })
        registerHandle(tx, parts)
        const value = await timed(body(tx), options.bodyTimeout)
        await writeBumps(tx, parts.bumps)
        return value
      })
      for (const then of parts?.done ?? []) then()
      return value
    } catch (error) {
      const again = isReplayable(error)
      if (again && attempt < options.attempts) {
        await pause(attempt)
        continue
      }
      const reason = again ? refuse({ code: 'Overloaded' }) : (asUnavailable(error) ?? error)
      for (const then of parts?.failed ?? []) then(reason)
      throw reason
    }
  }
}

/** A random pause that grows: those who met once should not meet again. */
function pause(attempt: number): Promise<void> {
  const longest = Math.min(100, 2 ** attempt)
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest))
}

async function timed<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  if (milliseconds === 0) return work
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('a transaction body took too long: it must await nothing but its handle')),
      milliseconds,
    )
  })
  try {
    return await Promise.race([work, passed])
  } finally {
    clearTimeout(timer)
  }
}

/** What PostgreSQL is asked once. Engines that only speak its protocol may not know a question: that is no refusal. */
async function assertDurable(db: Kysely<Schema>): Promise<void> {
  const ask = async (question: string) => {
    try {
      const { rows } = await sql.raw<{ answer: unknown }>(question).execute(db)
      return rows[0]?.answer
    } catch (error) {
      if (/^42/.test(String((error as { code?: unknown }).code))) return undefined
      throw error
    }
  }
  if ((await ask(`select current_setting('synchronous_commit') as answer`)) === 'off') {
    throw new Error(
      'the database has `synchronous_commit = off`: it would forget writes that were acknowledged',
    )
  }
  if ((await ask('select pg_is_in_recovery() as answer')) === true) {
    throw new Error('the database is a replica: give the address of the primary')
  }
}

/** What stands on no account waits at the same door. */
const NO_ACCOUNT: readonly string[] = ['']
