import type { SqliteConnection } from './connection.ts'

/** Pauses between attempts, in milliseconds: each twice the last, up to the second number. */
const FIRST_PAUSE = 100
const LAST_PAUSE = 5000
/** After so long an operator is told that destroyed material is still in the log file. */
const TOLD_AFTER = 60_000

export interface Scrubber {
  /** Takes what was overwritten out of the write-ahead log too. Does not throw; tries again while a reader is in the way. */
  scrub(): void
  close(): void
}

/**
 * `secure_delete` overwrites in the database file what is deleted, but the log file beside it keeps the pages as they
 * were before. So after a commit that took sealed bytes away, the log is written into the database and cut to nothing.
 *
 * A reader that began before (a backup, a verification) still needs those pages: then it is tried again until the reader
 * is done. A crash in between is made up for at the next start, which begins with the same.
 */
export function createScrubber(writer: SqliteConnection, onDelay: () => void): Scrubber {
  let timer: NodeJS.Timeout | undefined
  let since = 0
  let pause = FIRST_PAUSE

  function attempt(): void {
    timer = undefined
    let done = false
    try {
      done = truncateLog(writer)
    } catch {
      // The next write meets the same fault and reports it.
    }
    if (done) {
      since = 0
      pause = FIRST_PAUSE
      return
    }
    const now = performance.now()
    since ||= now
    if (now - since > TOLD_AFTER) {
      onDelay()
      since = now
    }
    timer = setTimeout(attempt, pause)
    timer.unref()
    pause = Math.min(pause * 2, LAST_PAUSE)
  }

  return Object.freeze<Scrubber>({
    scrub() {
      if (timer === undefined) attempt()
    },
    close() {
      clearTimeout(timer)
    },
  })
}

/** False: somebody reads what the log still holds. Does not wait for them: the loop would stand still. */
export function truncateLog(writer: SqliteConnection): boolean {
  if (writer.inTransaction) return false
  writer.all('pragma busy_timeout = 0')
  try {
    return writer.all('pragma wal_checkpoint(truncate)')[0]?.busy === 0
  } finally {
    writer.all('pragma busy_timeout = 5000')
  }
}
