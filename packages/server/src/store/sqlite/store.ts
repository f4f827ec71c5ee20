import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { refuse } from '../../base/problem.ts'
import { createDamageLatch, type DamageLatch } from '../damage.ts'
import { databaseDamaged, isDatabaseDamaged } from '../errors.ts'
import type { Store } from '../store.ts'
import { registerSyncReads } from '../sync-reads.ts'
import { openConnection, type SqliteConnection } from './connection.ts'
import { readHandle } from './handle.ts'
import { lockStore } from './lock.ts'
import { createWriteQueue, type QueueOptions } from './queue.ts'
import { createScrubber, truncateLog } from './scrub.ts'
import { startFileJob } from './thread.ts'

export interface SqliteOptions extends QueueOptions {
  readonly readOnly: boolean
  /** Told of what an operator should know. */
  readonly onNotice?: (message: string) => void
}

/** Bytes of database and log up to which a file that was not closed is checked before it is used. */
const SMALL = 64 * 1024 * 1024

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
  const fresh = sizeOf(path) === 0 && sizeOf(`${path}-wal`) === 0
  try {
    // A log file with something in it: the last server did not come to close the database.
    const left = sizeOf(`${path}-wal`)
    const damage = createDamageLatch()
    const writer = openConnection(path, { readOnly: false, damage })
    // WAL: readers do not wait for the writer. FULL: a commit that returned survives the loss of power.
    writer.all('pragma journal_mode = wal')
    writer.run('pragma synchronous = full')
    writer.run('pragma foreign_keys = on')
    // Every checkpoint costs two more syncs: four times as rare as by default, and 16 MB of WAL.
    writer.run('pragma wal_autocheckpoint = 4000')
    // What is deleted is overwritten in its page, and what is put aside within a transaction lies in no file.
    writer.all('pragma secure_delete = on')
    writer.run('pragma temp_store = memory')
    if (left > 0) {
      if (left + sizeOf(path) <= SMALL) assertWhole(path, writer)
      // What was destroyed just before the end is in the log still.
      truncateLog(writer)
    }
    const reader = openConnection(path, { readOnly: false, damage })
    reader.run('pragma query_only = on')
    const notice = 'destroyed material is still in the log file of the database: a reader holds it'
    const scrubber = createScrubber(writer, () => options.onNotice?.(notice))
    const queue = createWriteQueue(writer, { ...options, onErased: scrubber.scrub })
    const store = Object.freeze<SqliteStore>({
      kind: 'sqlite',
      fresh,
      read: readHandle(reader),
      write: (body, how = {}) => queue.add(body, how),
      damage,
      check: () => startCheck(path, damage),
      get commits() {
        return queue.commits
      },
      async close(how) {
        await queue.close()
        scrubber.close()
        reader.close()
        writer.close()
        // Before the lock goes: afterwards the path may be another server's.
        if (how?.discard) for (const end of FILES) rmSync(`${path}${end}`, { force: true })
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

/** The same for a file of any size, beside everything else. */
function startCheck(path: string, damage: DamageLatch) {
  const { done, stop } = startFileJob({ kind: 'quick-check', path }, { hold: false })
  const looked = done.then(
    ([first]) => {
      if (!first) return
      const table = first.table === undefined ? '' : `table \`${first.table}\`: `
      damage.report(databaseDamaged(path, `${table}${first.what}`))
    },
    (error: unknown) => {
      if (isDatabaseDamaged(error)) damage.report(error)
      else throw error
    },
  )
  looked.catch(() => {})
  return { done: looked, stop }
}

/** Raises what is damaged in the structure of the file. Reads all of it. */
function assertWhole(path: string, connection: SqliteConnection): void {
  const [row] = connection.all('pragma quick_check(1)')
  const found = String(row?.quick_check ?? '')
  if (found !== 'ok') throw databaseDamaged(path, found)
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
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

/** What a database consists of: by the ends of the names. */
const FILES = ['', '-wal', '-shm', '.lock']

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
