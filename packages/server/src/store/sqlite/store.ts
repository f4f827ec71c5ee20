import { chmodSync, closeSync, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { refuse } from '../../base/problem.ts'
import type { Store } from '../store.ts'
import { registerSyncReads } from '../sync-reads.ts'
import { openConnection } from './connection.ts'
import { readHandle } from './handle.ts'
import { lockStore } from './lock.ts'
import { createWriteQueue, type QueueOptions } from './queue.ts'

export interface SqliteOptions extends QueueOptions {
  readonly readOnly: boolean
}

export interface SqliteStore extends Store {
  /** Commits so far: fewer than bodies, when bodies share them. */
  readonly commits: number
}

/**
 * Opens a store on one file and takes its lock. Two connections: one writes (see queue.ts), one reads what is committed.
 * Throws a sentence when another server has the file.
 */
export function openSqlite(name: string, options: SqliteOptions): SqliteStore {
  if (options.readOnly) return openReadOnly(name)
  // By its own name, whatever links lead to it: the lock is a file beside it.
  const path = makeFile(name)
  makePrivate(path)
  const lock = lockStore(path, name)
  try {
    const writer = openConnection(path, { readOnly: false })
    // WAL: readers do not wait for the writer. FULL: a commit that returned survives the loss of power.
    writer.all('pragma journal_mode = wal')
    writer.run('pragma synchronous = full')
    writer.run('pragma foreign_keys = on')
    // Every checkpoint costs two more syncs: four times as rare as by default, and 16 MB of WAL.
    writer.run('pragma wal_autocheckpoint = 4000')
    const reader = openConnection(path, { readOnly: false })
    reader.run('pragma query_only = on')
    const queue = createWriteQueue(writer, options)
    const store = Object.freeze<SqliteStore>({
      kind: 'sqlite',
      read: readHandle(reader),
      write: (body, how) => queue.add(body, how?.last === true),
      get commits() {
        return queue.commits
      },
      async close() {
        await queue.close()
        reader.close()
        writer.close()
        lock.release()
      },
    })
    registerSyncReads(store, (sql, parameters) => reader.all(sql, parameters))
    return store
  } catch (error) {
    lock.release()
    throw error
  }
}

function openReadOnly(path: string): SqliteStore {
  const reader = openConnection(path, { readOnly: true })
  return Object.freeze<SqliteStore>({
    kind: 'sqlite',
    read: readHandle(reader),
    write: () => Promise.reject(refuse({ code: 'Unavailable', detail: 'the store was opened to read only' })),
    commits: 0,
    close: async () => reader.close(),
  })
}

/** Makes the file, if it is not there, and returns where it really lies. */
function makeFile(name: string): string {
  mkdirSync(dirname(name), { recursive: true, mode: 0o700 })
  create(name)
  return realpathSync(name)
}

/** The file holds sealed keys and who may do what: nobody but the service's user may read it, or its WAL after it. */
function makePrivate(path: string): void {
  create(`${path}.lock`)
  for (const file of [path, `${path}.lock`]) chmodSync(file, 0o600)
}

/** Never opens a file that is there: to close it would drop every lock that this process has on it. */
function create(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600))
}
