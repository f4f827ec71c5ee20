import type { Clock } from '../base/clock.ts'
import { earliestTime } from '../store/clock/watched.ts'
import { purgeNonces } from '../store/nonces.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Job } from './job.ts'

/**
 * Forgets the nonces whose signatures are out of their window by every clock of the installation: one process whose
 * clock is ahead must not open the window again for another, or for itself once it is back.
 */
export function purgeNoncesJob({ clock, read }: { clock: Clock; read: ReadHandle }): Job {
  return Object.freeze<Job>({
    name: 'purge-nonces',
    everyMs: 60_000,
    run: async (work) => {
      await purgeNonces({ read, write: work.step }, await earliestTime(clock))
    },
  })
}
