import { closeSync, fdatasync, fstatSync, openSync } from 'node:fs'
import type { DamageLatch } from '../damage.ts'
import { asUnavailable, isDatabaseDamaged } from '../errors.ts'
import { type LogThread, startLogThread } from './log-thread.ts'

/**
 * The write-ahead log of the database, and the disk behind it.
 *
 * INVARIANT: what a commit wrote is acknowledged only after a sync of the log that began after it, or after the log was
 * written into the database file, with both synced. A sync that fails is never tried again: the kernel may have dropped
 * the pages that it could not write and call the next one a success. The process ends, and nothing more is acknowledged.
 */
export interface LogFile {
  /** Waits for its turn to write; resolves to what ends it. The log is then ready to be written without a sync. */
  turn(): Promise<() => void>
  /** Resolves when all that was committed is durable; with `erased`, when the log holds nothing that was overwritten. */
  makeDurable(erased: boolean): Promise<void>
  close(): Promise<void>
}

export interface LogFileOptions {
  /** Of the database. */
  readonly path: string
  readonly damage: DamageLatch
  readonly onNotice: (message: string) => void
  /** Called for a sync that failed. It must not return. */
  readonly onFatal: (message: string) => void
}

/** Bytes of log after which it is written into the database: each time costs several syncs. */
const FULL_LOG = 16 * 1024 * 1024
/** A file of up to so many bytes is written anew from its begin: to sync one that does not grow takes half the time. */
const LONGEST_KEPT = 2 * FULL_LOG
/** Pauses between attempts to empty the log while a reader is in the way, in milliseconds: each twice the last. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 5000
/** After so long an operator is told that destroyed material is still in the log file. */
const TOLD_AFTER = 60_000

export function openLogFile({ path, damage, onNotice, onFatal }: LogFileOptions): LogFile {
  let opened: number | undefined
  let thread: LogThread | undefined
  const theThread = () => {
    thread ??= startLogThread(path)
    return thread
  }
  let last: Promise<void> = Promise.resolve()
  /** The log begins anew: its next first page is written, and synced, in the thread. */
  let begins = false
  let fullAt = FULL_LOG
  let copying: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  /** Since when overwritten material is in the log and should not be. */
  let erasing: number | undefined
  let pause = FIRST_PAUSE
  let closed = false

  /** The first commit makes the file, and nobody replaces it. A descriptor of its own: closing it costs SQLite no lock. */
  function file(): number {
    opened ??= openSync(`${path}-wal`, 'r+')
    return opened
  }

  /** One after the other: groups, and what must have the log for itself. */
  function take(): Promise<() => void> {
    const before = last
    let end = () => {}
    last = new Promise<void>((resolve) => {
      end = resolve
    })
    return before.then(() => end)
  }

  function sync(): Promise<void> {
    return new Promise<void>((resolve) => {
      fdatasync(file(), (error) => {
        if (error) onFatal(`the log of the database could not be made durable: ${error.message}`)
        else resolve()
      })
    })
  }

  /** What the thread met: a disk that fails ends the process, like a failed sync; all else is tried again. */
  function judge(error: unknown): void {
    const { errcode = 0, message } = error as { errcode?: number; message: string }
    if ((errcode & 0xff) === 10) onFatal(`the database file could not be written: ${message}`)
    const found = asUnavailable(error, path)
    if (isDatabaseDamaged(found)) damage.report(found)
  }

  /** To be called by who has the turn. False: a reader needs what is in the log. */
  async function emptyLog(): Promise<boolean> {
    const { size } = fstatSync(file())
    const keep = erasing === undefined && size <= LONGEST_KEPT
    try {
      if (!(await theThread().ask(keep ? 'reuse' : 'cut'))) return false
      begins = true
      // A file that is kept grows again once the log has filled it.
      fullAt = keep ? Math.max(size + 1, FULL_LOG) : FULL_LOG
      erasing = undefined
      pause = FIRST_PAUSE
      return true
    } catch (error) {
      judge(error)
      return false
    }
  }

  function tryAgain(): void {
    if (closed || timer) return
    timer = setTimeout(async () => {
      timer = undefined
      const end = await take()
      try {
        if (!closed && !(await emptyLog())) tryAgain()
      } finally {
        end()
      }
    }, pause)
    timer.unref()
    pause = Math.min(pause * 2, LAST_PAUSE)
    if (erasing !== undefined && performance.now() - erasing > TOLD_AFTER) {
      onNotice('destroyed material is still in the log file of the database: a reader holds it')
      erasing = performance.now()
    }
  }

  /** Most of the log is copied while groups go on; the rest, when no group runs. */
  async function copyLog(): Promise<void> {
    try {
      await theThread().ask('copy')
    } catch (error) {
      judge(error)
    }
    const end = await take()
    try {
      if (!closed && !(await emptyLog())) tryAgain()
    } finally {
      end()
    }
  }

  return {
    async turn() {
      const end = await take()
      if (begins) {
        try {
          await theThread().ask('begin')
          begins = false
        } catch (error) {
          // The group writes the first page itself, and meets what is wrong.
          judge(error)
        }
      }
      return end
    },
    async makeDurable(erased) {
      if (erased) {
        erasing ??= performance.now()
        if (await emptyLog()) return
        tryAgain()
      }
      await sync()
      const { size } = fstatSync(file())
      if (size < fullAt || copying) return
      fullAt = size + FULL_LOG
      copying = copyLog().finally(() => {
        copying = undefined
      })
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await copying
      const end = await take()
      await thread?.close()
      if (opened !== undefined) closeSync(opened)
      end()
    },
  }
}
