import type { PostgresPool } from 'kysely'
import { isDatabaseAway, isReplayable } from '../errors.ts'
import { partsOf } from '../handles.ts'
import type { WriteHandle } from '../store.ts'
import { groupConnection } from './connection.ts'
import type { Doubts } from './doubts.ts'
import { groupHandle } from './handle.ts'
import { end } from './transaction.ts'

/**
 * Transactions on a connection whose statements need not wait for each other: the begin goes with the first of the body.
 *
 * `guarded`: every statement that the body runs guards itself, by a unique key or a condition whose count it looks at, so
 * READ COMMITTED is enough; else SERIALIZABLE.
 */
export function pipelined(pool: PostgresPool, doubts: Doubts, guarded: boolean) {
  const begin = `begin isolation level ${guarded ? 'read committed' : 'serializable'}`
  return async <T>(body: (tx: WriteHandle) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    const connection = groupConnection(client)
    let open = true
    let committing = false
    const tx = groupHandle(connection, () => open)
    try {
      await doubts.settle(connection)
      connection.sendCommand(begin)
      const value = await body(tx)
      open = false
      committing = true
      if ((await connection.command('commit')) !== 'COMMIT') {
        throw (
          connection.lost ??
          new Error('a statement of the transaction failed and nobody said so: it is rolled back')
        )
      }
      client.release()
      return value
    } catch (error) {
      open = false
      if (committing && isDatabaseAway(error)) doubts.add(partsOf(tx).used)
      await end(client, connection)
      throw error
    }
  }
}

/**
 * Runs a body that makes one statement: it is a transaction by itself, durable when it is answered, and costs one round trip
 * in which nothing else has to be read or run. Before it is sent, the body says which nonces it uses.
 */
export function single(pool: PostgresPool, doubts: Doubts) {
  return async <T>(body: (tx: WriteHandle) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    const connection = groupConnection(client)
    let left = 1
    let running = false
    const tx = groupHandle(connection, () => left-- > 0)
    try {
      await doubts.settle(connection)
      running = true
      const value = await body(tx)
      client.release()
      return value
    } catch (error) {
      // Only of what the database wants to have again is it known that nothing stands.
      if (running && !isReplayable(error)) doubts.add(partsOf(tx).used)
      await end(client, connection)
      throw error
    } finally {
      left = 0
    }
  }
}
