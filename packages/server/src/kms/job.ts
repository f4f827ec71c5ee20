import type { Job } from '../jobs/job.ts'
import { dueKeyWork, type KeyWorkParts } from './due.ts'
import { createResting } from './resting.ts'

/** What the clock asks of keys, as a job: to be registered with the runner. Looks every second. */
export function keyWorkJob(parts: KeyWorkParts): Job {
  const resting = createResting(parts.clock)
  return Object.freeze<Job>({
    name: 'kms-keys',
    everyMs: 1000,
    async run(work) {
      await dueKeyWork(parts, work.step, resting)
    },
  })
}
