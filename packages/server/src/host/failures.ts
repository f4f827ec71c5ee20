import type { AuthenticationFailure } from '../wire/exchange.ts'
import type { Log } from './log.ts'

/** At most one line in this many milliseconds; what came between is counted. */
const EVERY = 1000

/** Counts refused authentications and logs a sample of them: an attacker cannot fill the disk (design, section 8). */
export function sampleFailures(log: Log, monotonic: () => number): (failure: AuthenticationFailure) => void {
  let last = Number.NEGATIVE_INFINITY
  let unseen = 0
  return (failure) => {
    const now = monotonic()
    if (now - last < EVERY) {
      unseen += 1
      return
    }
    log.warn({ ...failure, others: unseen }, 'authentication failed')
    last = now
    unseen = 0
  }
}
