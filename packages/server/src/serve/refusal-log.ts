import type { Log } from './log.ts'

/** How often refusals are reported, in milliseconds. */
const REPORTED_EVERY = 60_000

export interface RefusalLog {
  /** Counts a call that ended with this problem, or an authentication that failed so. */
  note(code: string): void
  close(): void
}

/** Tells the log how many calls were refused and why: a line a minute while there are any, not a line a call. */
export function createRefusalLog(log: Pick<Log, 'info'>, every = REPORTED_EVERY): RefusalLog {
  const counts = new Map<string, number>()

  function tell(): void {
    if (counts.size === 0) return
    const refused = Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)))
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
    counts.clear()
    log.info({ refused }, total === 1 ? 'a call was refused' : `${total} calls were refused`)
  }

  const timer = setInterval(tell, every)
  timer.unref()
  return {
    // From closed lists: codes of problems, and those of failed authentications.
    note: (code) => void counts.set(code, (counts.get(code) ?? 0) + 1),
    close() {
      clearInterval(timer)
      tell()
    },
  }
}
