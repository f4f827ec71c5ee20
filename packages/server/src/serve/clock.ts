import { systemClock, testClock } from '../base/clock.ts'
import { type ClockState, createClockWatch } from '../store/clock/watch.ts'
import { type WatchedClock, watchedClock } from '../store/clock/watched.ts'
import { doubtText } from '../store/clock/words.ts'
import { hasStartedBefore } from '../store/meta.ts'
import type { Store } from '../store/store.ts'
import type { Log } from './log.ts'
import type { Settings } from './settings.ts'

/** What the readiness path adds while the clock is in doubt. */
export const CLOCK_DOUBTED = 'the clock is in doubt: nothing is destroyed (keyward clock status)'

/** The clock of the service, watched from now on. */
export async function openClock(
  { testClock: moves }: Pick<Settings, 'testClock'>,
  store: Store,
  log: Log,
): Promise<WatchedClock> {
  const clock = moves ? testClock() : systemClock
  const fresh = !(await hasStartedBefore(store.read))
  const watch = await createClockWatch({ store, clock, fresh, onChange: (state) => tell(log, state) })
  return watchedClock(clock, watch)
}

function tell(log: Log, state: ClockState): void {
  const reason = doubtText(state)
  if (reason === undefined) {
    log.info('the clock is trusted: what was to be destroyed is destroyed when it is due')
    return
  }
  const { ahead, aheadOfDatabase } = state
  log.error(
    {
      reason,
      aheadSeconds: Math.round(ahead / 1000),
      ...(aheadOfDatabase === undefined
        ? {}
        : { aheadOfDatabaseSeconds: Math.round(aheadOfDatabase / 1000) }),
    },
    'the clock is in doubt: nothing is destroyed until it is right again, or `keyward clock trust` says that it is',
  )
}
