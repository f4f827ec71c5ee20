import { getPriority, setPriority } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { LogAct, LogAnswer } from './log-thread.ts'

/* The thread's program; see log-thread.ts. */

const path = workerData as string
// Calls come first where they share a processor with it. On Linux this is of the thread alone, elsewhere of the process.
if (process.platform === 'linux') setPriority(0, Math.min(19, getPriority(0) + 10))
const db = open()
/** Holds a place in the log while it is copied: so nobody begins it anew, which would sync where it is written. */
const holder = open()

function open(): DatabaseSync {
  const opened = new DatabaseSync(path, { timeout: 5000 })
  opened.exec('pragma synchronous = full; pragma wal_autocheckpoint = 0')
  return opened
}

function checkpoint(mode: 'passive' | 'restart' | 'truncate'): boolean {
  return db.prepare(`pragma wal_checkpoint(${mode})`).get()?.busy === 0
}

/** All of the log. Does not wait for readers: nobody could write meanwhile. */
function finish(mode: 'restart' | 'truncate'): boolean {
  if (holder.isTransaction) holder.exec('commit')
  db.exec('pragma busy_timeout = 0')
  try {
    return checkpoint(mode)
  } finally {
    db.exec('pragma busy_timeout = 5000')
  }
}

const acts: Record<LogAct | 'close', () => boolean> = {
  copy() {
    if (!holder.isTransaction) {
      holder.exec('begin')
      holder.prepare('select count(*) from sqlite_schema').get()
    }
    return checkpoint('passive')
  },
  reuse: () => finish('restart'),
  cut: () => finish('truncate'),
  begin() {
    const { user_version } = db.prepare('pragma user_version').get() as { user_version: number }
    // Writes the page that holds it, whether it changes or not.
    db.exec(`pragma user_version = ${user_version}`)
    return true
  },
  close() {
    holder.close()
    db.close()
    return true
  },
}

function answer(act: LogAct | 'close'): LogAnswer {
  try {
    return { done: acts[act]() }
  } catch (error) {
    const { message, errcode } = error as { message: string; errcode?: number }
    return { failed: { message, ...(errcode === undefined ? {} : { errcode }) } }
  }
}

parentPort?.on('message', (act: LogAct | 'close') => parentPort?.postMessage(answer(act)))
