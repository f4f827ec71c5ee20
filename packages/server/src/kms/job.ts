import type { Job } from '../jobs/job.ts'
import { dueKeyWork, type KeyWorkParts } from './due.ts'

const STEPS_A_ROUND = 100

/** What the clock asks of keys, as a job: to be registered with the runner. Looks every second. */
export function keyWorkJob(parts: KeyWorkParts): Job {
  return Object.freeze<Job>({
    name: 'kms-keys',
    everyMs: 1000,
    async run(work) {
      // A full round leaves more behind: many keys may fall due at once.
      while ((await dueKeyWork(parts, work.step, STEPS_A_ROUND)) === STEPS_A_ROUND);
    },
  })
}
