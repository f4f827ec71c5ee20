import { createBell } from '../../base/bell.ts'
import { settledWithin, stay } from '../../base/lasting.ts'
import type { Job, JobRun } from '../../jobs/job.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'
import { runTask, type TaskEnd, type TaskParts } from './run-task.ts'
import { findTask, forgetOldTasks, KEYPAIR_TASKS, nextTasks, someTask, type Task } from './tasks.ts'

/** Hosts that are worked on at a time (reference: huawei-kps.md A.7). */
const HOSTS_AT_A_TIME = 10
const LEASE = 15_000
/** How long a stopping service waits for steps that have begun, in milliseconds. What is left goes on later. */
const STOP_PATIENCE = 5000
/**
 * How often to look for tasks while there are some, and while there are none and nobody tells of one; how long one rests
 * that cannot go on; how often old records are forgotten.
 */
const LOOK = 200
const IDLE_LOOK = 10_000
const REST = 1000
const TIDY = 3_600_000

/** What deciding again came to: the task is RUNNING now, or has to end, or is to be tried later. */
export type Started = 'started' | 'later' | TaskEnd

export interface TaskJobParts extends TaskParts {
  /** Decides a READY task again, as the one who submitted it, and takes it to RUNNING in a step of the job. */
  readonly start: (task: Task, step: JobRun['step']) => Promise<Started>
  /** Called for a task that stopped where it should not; it goes on later. */
  readonly onError: (error: unknown) => void
}

/** The tasks on hosts, as a job: one process at a time runs them, and another goes on where it died. */
export interface TaskJob {
  readonly job: Job
  /** Begins nothing more; waits a little for what runs. */
  stop(): Promise<void>
}

export function keypairTaskJob(parts: TaskJobParts): TaskJob {
  let stopped = false
  const running = new Map<string, Promise<void>>()
  /** Tasks that cannot go on right now, with when to try again on the monotonic clock. */
  const resting = new Map<string, number>()
  const bell = createBell()
  const { store, clock } = parts

  async function one(work: JobRun, task: Task): Promise<void> {
    const rest = () => resting.set(task.id, clock.monotonic() + REST)
    try {
      if (task.state === 'READY') {
        const started = await parts.start(task, work.step)
        if (started === 'later') return void rest()
        if (started !== 'started') return await parts.end(task, started, work.step)
      }
      const now = await findTask(store.read, task.account_uid, task.id)
      if (now?.state === 'RUNNING') await runTask(parts, work, now)
    } catch (error) {
      rest()
      if (!stopped) parts.onError(error)
    }
  }

  /** Begins what can be begun. */
  async function fill(work: JobRun): Promise<void> {
    for (const [id, until] of resting) if (until <= clock.monotonic()) resting.delete(id)
    const free = HOSTS_AT_A_TIME - running.size
    if (free <= 0) return
    for (const task of await nextTasks(store.read, new Set([...running.keys(), ...resting.keys()]), free)) {
      running.set(
        task.id,
        one(work, task).finally(() => running.delete(task.id)),
      )
    }
  }

  /** Stays as long as the service does, so that a submitted task begins at once. */
  async function run(work: JobRun): Promise<void> {
    let tidyAt = clock.monotonic()
    await stay(
      { renew: () => work.step(async () => {}), leaseMs: LEASE, bell, isStopped: () => stopped },
      async () => {
        await fill(work)
        if (clock.monotonic() >= tidyAt) {
          const now = await irreversibleTime(clock)
          if (now !== undefined) await work.step((tx) => forgetOldTasks(tx, now))
          tidyAt = clock.monotonic() + TIDY
        }
        // Looks again while others run: a new task need not wait for a slow host.
        // A pause keeps the process alive: one that stops must see this loop end.
        const idle = running.size === 0 && resting.size === 0
        await bell.wait(idle ? IDLE_LOOK : LOOK, running.values())
      },
    )
  }

  return {
    job: Object.freeze<Job>({
      name: KEYPAIR_TASKS,
      everyMs: 1000,
      leaseMs: LEASE,
      lasting: true,
      waits: someTask,
      wake: bell.ring,
      run,
    }),
    async stop() {
      stopped = true
      bell.ring()
      await settledWithin(running.values(), STOP_PATIENCE)
    },
  }
}
