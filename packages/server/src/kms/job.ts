import { createResting } from '../base/resting.ts'
import type { Job, JobRun } from '../jobs/job.ts'
import { watchOf } from '../store/clock/watched.ts'
import { type ActOnKey, dueKeyWork, type KeyWorkParts, someKeyWork, waitingKeyWork } from './due.ts'

export interface KeyWorkJobParts extends Omit<KeyWorkParts, 'act'> {
  /** How an act is done within a step of the job. */
  readonly actIn: (step: JobRun['step']) => ActOnKey

  /** Called when the number of keys changes that wait for the clock to be trusted. */
  readonly onWaiting?: (waiting: Awaited<ReturnType<typeof waitingKeyWork>>) => void
}

/** What the clock asks of keys, as a job: to be registered with the runner. Looks every second. */
export function keyWorkJob(parts: KeyWorkJobParts): Job {
  const resting = createResting(parts.clock)
  let reported = 0
  return Object.freeze<Job>({
    name: 'kms-keys',
    everyMs: 1000,
    waits: someKeyWork,
    async run(work) {
      await dueKeyWork({ ...parts, act: parts.actIn(work.step) }, resting)
      if (!watchOf(parts.clock)?.doubted) {
        reported = 0
        return
      }
      const waiting = await waitingKeyWork(parts)
      const count = waiting.keys + waiting.materials
      if (count !== reported) parts.onWaiting?.(waiting)
      reported = count
    },
  })
}
