import type { Clock } from '../../base/clock.ts'
import type { WireLog } from '../exchange.ts'

/** Seconds after which a client may try again: what makes a call wait is over, or goes on, within moments. */
export const RETRY_AFTER = '1'

/** How often a log line tells of refused calls, at most, in milliseconds. */
const TOLD_EVERY = 10_000

/**
 * Tells the log of calls that were answered with 503: the first at once, then how many there were since. A flood of them
 * is a line every ten seconds.
 */
export function createUnavailableLog(
  log: WireLog,
  clock: Pick<Clock, 'monotonic'>,
): (requestId: string) => void {
  let loggedAt = Number.NEGATIVE_INFINITY
  let untold = 0
  return (requestId) => {
    untold++
    const now = clock.monotonic()
    if (now - loggedAt < TOLD_EVERY) return
    log.warn({ requestId, calls: untold }, 'calls were answered with 503: the service could not take them')
    loggedAt = now
    untold = 0
  }
}
