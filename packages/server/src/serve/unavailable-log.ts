import type { Clock } from '../base/clock.ts'
import type { Call } from '../pipeline/answer.ts'
import type { Log } from './log.ts'

/** How often one cause is logged, at most, in milliseconds, and how many causes are kept apart. */
const TOLD_EVERY = 60_000
const CAUSES = 100

/** Tells the log why calls are answered with `Unavailable`, each cause once a minute: a sealed entity that does not open. */
export function createCauseLog(
  log: Pick<Log, 'error'>,
  clock: Pick<Clock, 'monotonic'>,
): (detail: string, call: Call) => void {
  const logged = new Map<string, number>()
  return (detail, { operation, connection }) => {
    const now = clock.monotonic()
    const last = logged.get(detail)
    if (last !== undefined && now - last < TOLD_EVERY) return
    if (logged.size >= CAUSES) logged.clear()
    logged.set(detail, now)
    log.error(
      { detail, operation: operation.name, requestId: connection.requestId },
      'a call was refused since something that it needs is not available',
    )
  }
}
