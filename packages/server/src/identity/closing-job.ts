import { type SqlBool, sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { type Problem, Refusal } from '../base/problem.ts'
import { createResting, type Resting } from '../base/resting.ts'
import type { Job, JobRun } from '../jobs/job.ts'
import { irreversibleTime } from '../store/clock/watched.ts'
import type { Store } from '../store/store.ts'
import { dueClosures, findClosure } from './closing.ts'

/** Takes the next step of the end of a closed account, as an act of the service. Returns why not, where it was not done. */
export type DestroyStep = (uid: string) => Promise<Problem | undefined>

export interface ClosingWorkParts {
  readonly store: Pick<Store, 'read'>
  readonly clock: Clock
  readonly destroy: DestroyStep
}

/** Accounts of one run. */
const PAGE = 100

/**
 * Finds closed accounts whose window has ended, and has them destroyed step by step. Returns how many came to their end. It
 * decides nothing: each step loads the account again (operations/keyward/destroy-account.ts).
 *
 * INVARIANT: nothing goes while the clock is in doubt. One that cannot be destroyed keeps no other waiting.
 */
export async function dueClosingWork(
  { clock, destroy, store }: ClosingWorkParts,
  resting: Resting = createResting(clock),
): Promise<number> {
  const now = await irreversibleTime(clock)
  if (now === undefined) return 0
  let ended = 0
  let failure: Problem | undefined
  for (const { id } of await dueClosures(store.read, now, PAGE)) {
    if (resting.has(id)) continue
    const problem = await destroyAll(store, destroy, id)
    if (problem === undefined) {
      resting.forget(id)
      ended += 1
      continue
    }
    if (problem.code === 'Unavailable' || problem.code === 'Overloaded') throw new Refusal(problem)
    resting.add(id)
    // Refused: a host is still bound, or someone opened the account again.
    if (problem.code !== 'AccessDenied') failure ??= problem
  }
  if (failure) throw new Refusal(failure)
  return ended
}

async function destroyAll(
  { read }: Pick<Store, 'read'>,
  destroy: DestroyStep,
  id: string,
): Promise<Problem | undefined> {
  for (;;) {
    const problem = await destroy(id)
    if (problem) return problem
    const closure = await findClosure(read, id)
    if (!closure || Number(closure.destroyed_at) > 0) return undefined
  }
}

export interface ClosingJobParts extends Omit<ClosingWorkParts, 'destroy'> {
  /** How a step is done within a step of the job. */
  readonly destroyIn: (step: JobRun['step']) => DestroyStep
}

/** The end of closed accounts, as a job: to be registered with the runner. Looks every second. */
export function closingJob(parts: ClosingJobParts): Job {
  const resting = createResting(parts.clock)
  return Object.freeze<Job>({
    name: 'closed-accounts',
    everyMs: 1000,
    waits: (now) =>
      sql<SqlBool>`exists (select 1 from account_closures where destroyed_at = 0 and ends_at <= ${now})`,
    async run(work) {
      await dueClosingWork({ ...parts, destroy: parts.destroyIn(work.step) }, resting)
    },
  })
}
