import type { Clock } from '../base/clock.ts'
import { purgeNonces } from '../store/nonces.ts'
import type { Job } from './job.ts'

/** Forgets the nonces whose signatures are out of their window, by the machine's clock: a test clock moves neither. */
export function purgeNoncesJob(clock: Clock): Job {
  return Object.freeze<Job>({
    name: 'purge-nonces',
    everyMs: 60_000,
    run: async (work) => {
      await work.step((tx) => purgeNonces(tx, clock.wall()))
    },
  })
}
