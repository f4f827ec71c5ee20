import type { ReadHandle, Store } from '../store.ts'
import type { SqliteConnection } from './connection.ts'
import { readHandle } from './handle.ts'

export interface Snapshots {
  readonly snapshot: Store['snapshot']
  /** Waits for those that run, and closes the connection. */
  close(): Promise<void>
}

/** Reads of one moment, one after the other on a connection: its queries run at once, so nobody waits long. */
export function createSnapshots(connection: SqliteConnection): Snapshots {
  const db = readHandle(connection)
  let last: Promise<unknown> = Promise.resolve()

  async function run<T>(body: (db: ReadHandle) => Promise<T>): Promise<T> {
    connection.run('begin')
    try {
      return await body(db)
    } finally {
      connection.run('rollback')
    }
  }

  return {
    snapshot<T>(body: (db: ReadHandle) => Promise<T>) {
      const result = last.then(() => run(body))
      last = result.catch(() => {})
      return result
    },
    async close() {
      await last
      connection.close()
    },
  }
}
