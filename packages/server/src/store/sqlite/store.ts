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
import { type CommitterOptions, createCommitter } from '../committer.ts'
import { createDamageLatch, type DamageLatch } from '../damage.ts'
import { createDoor, type DoorOptions } from '../door.ts'
import { databaseDamaged, isDatabaseDamaged } from '../errors.ts'
import type { Store } from '../store.ts'
import { registerSyncReads } from '../sync-reads.ts'
import { openConnection, type SqliteConnection } from './connection.ts'
import { sqliteGroups } from './groups.ts'
import { readHandle } from './handle.ts'
import { lockStore } from './lock.ts'
import { openLogFile } from './log-file.ts'
import { createSnapshots } from './snapshots.ts'
import { startFileJob } from './thread.ts'

export interface SqliteOptions extends CommitterOptions, DoorOptions {
  readonly readOnly: boolean
  /** Called with what an operator should know. */
  readonly onNotice?: (message: string) => void
  /** Called when what was written cannot be made durable; it must not return. Ends the process by default. */
  readonly onFatal?: (message: string) => void
}

/** Bytes of database and log up to which a file that was not closed is checked before it is used. */
const SMALL = 64 * 1024 * 1024

export interface SqliteStore extends Store {
  /** Commits so far: fewer than bodies, when bodies share them. */
  readonly commits: number
}

/**
 * Opens a store on one file and takes its lock. Three connections: one writes (see groups.ts), one reads what is
 * committed, one reads many entities of one moment.
 *
 * What is committed can be read before it is durable. INVARIANT: nothing that was read is answered before its own audit
 * entry is durable; that is written after, in the same log, whose sync makes all before it durable too. So no answer
 * tells of what a loss of power could take back.
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
    // WAL: readers do not wait for the writer. NORMAL: a commit asks no disk for anything; log-file.ts does, off the loop.
    writer.all('pragma journal_mode = wal')
    writer.run('pragma synchronous = normal')
    writer.run('pragma foreign_keys = on')
    // The log is written into the database by a thread (log-file.ts), never by a commit.
    writer.run('pragma wal_autocheckpoint = 0')
    // What is deleted is overwritten in its page, and what is put aside within a transaction lies in no file.
    writer.all('pragma secure_delete = on')
    writer.run('pragma temp_store = memory')
    if (left > 0) {
      if (left + sizeOf(path) <= SMALL) assertWhole(path, writer)
      // What was destroyed just before the end is in the log still.
      writer.all('pragma wal_checkpoint(truncate)')
    }
    const reader = openConnection(path, { readOnly: false, damage })
    reader.run('pragma query_only = on')
    const viewer = openConnection(path, { readOnly: false, damage })
    viewer.run('pragma query_only = on')
    const snapshots = createSnapshots(viewer)
    const log = openLogFile({
      path,
      damage,
      onNotice: (message) => options.onNotice?.(message),
      onFatal: options.onFatal ?? endProcess,
    })
    const groups = sqliteGroups(writer, log)
    const committer = createCommitter(groups, createDoor(options), options)
    const store = Object.freeze<SqliteStore>({
      kind: 'sqlite',
      fresh,
      read: readHandle(reader),
      isUsed: groups.isUsed,
      snapshot: snapshots.snapshot,
      write: (body, how = {}) => committer.add(body, how),
      damage,
      check: () => startCheck(path, damage),
      get commits() {
        return committer.commits
      },
      async close(how) {
        await committer.close()
        await log.close()
        await snapshots.close()
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

/** Whatever is answered from now on may not be durable: nothing is. */
function endProcess(message: string): never {
  process.stderr.write(`keyward: ${message}; the service ends, what was acknowledged is safe\n`)
  process.exit(1)
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
  const snapshots = createSnapshots(reader)
  return Object.freeze<SqliteStore>({
    kind: 'sqlite',
    read: readHandle(reader),
    isUsed: () => false,
    snapshot: snapshots.snapshot,
    write: () => Promise.reject(refuse({ code: 'Unavailable', detail: 'the store was opened to read only' })),
    commits: 0,
    close: () => snapshots.close(),
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
