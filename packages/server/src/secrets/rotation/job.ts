import { setTimeout as pause } from 'node:timers/promises'
import { createBell } from '../../base/bell.ts'
import type { Clock } from '../../base/clock.ts'
import { settledWithin, stay } from '../../base/lasting.ts'
import { createResting } from '../../base/resting.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { type Job, JobLost, type JobRun } from '../../jobs/job.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'
import type { Store } from '../../store/store.ts'
import {
  dueSecrets,
  findRotation,
  nextRotations,
  openRotations,
  type Rotation,
  SECRET_ROTATIONS,
  someRotation,
} from './journal.ts'
import { type Refused, type RotationActs, runRotation } from './run.ts'
import type { OnRotationStep } from './steps.ts'

const AT_A_TIME = 8
export const LEASE = 15_000
/** How often to look while something rotates and while nothing does and nobody tells of one, in milliseconds. */
const LOOK = 200
const IDLE_LOOK = 10_000
/** How long a stopping service waits for steps that have begun, in milliseconds. */
const STOP_PATIENCE = 5000

export interface RotationJobParts {
  readonly store: Store
  readonly clock: Clock
  readonly keyring: Keyring
  /** The acts, done within a step of the job. */
  readonly actsIn: (step: JobRun['step']) => RotationActs & {
    /** Begins the rotation of a secret by schedule. */
    start(secret: { readonly id: string; readonly account_uid: string }): Promise<Refused | undefined>
  }
  /** Called for a rotation that stopped where it should not, and of one that failed. */
  readonly onError: (error: unknown) => void
  readonly onStep?: OnRotationStep
}

/** Rotations as a job: one process at a time runs them, and another goes on where it died. */
export interface RotationJob {
  readonly job: Job
  /** Resolves once a rotation came to its end, its window or a failure, or stopped; after `patience` milliseconds at the latest. */
  settled(id: string, patience: number): Promise<void>
  /** Resolves once nothing that is due waits or runs; after `patience` milliseconds at the latest. */
  idle(patience: number): Promise<void>
  /** Goes on with what a process left in the middle, where there is something, and waits until all of it was tried. */
  catchUp(runJobs: () => Promise<unknown>, patience: number): Promise<void>
  /** Begins nothing more; waits a little for what runs. */
  stop(): Promise<void>
}

export function rotationJob(parts: RotationJobParts): RotationJob {
  const { store, clock } = parts
  const running = new Map<string, Promise<void>>()
  const resting = createResting(clock)
  let stopped = false
  const bell = createBell()
  let first = true
  let looks = 0
  let tellCaughtUp = () => {}
  const caughtUp = new Promise<void>((resolve) => {
    tellCaughtUp = resolve
  })

  function begin(name: string, work: () => Promise<void>): void {
    const done = work()
      .then(() => resting.forget(name))
      .catch((error: unknown) => {
        resting.add(name)
        if (!stopped && !(error instanceof JobLost)) parts.onError(error)
      })
      .finally(() => {
        running.delete(name)
        bell.ring()
      })
    running.set(name, done)
  }

  async function fill(work: JobRun): Promise<void> {
    const acts = parts.actsIn(work.step)
    const { keyring, onStep } = parts
    const run = { read: store.read, keyring, clock, acts, step: work.step, ...(onStep && { onStep }) }
    const rotate = (id: string) => begin(id, () => runRotation(run, id))
    if (first) {
      first = false
      for (const { id } of await openRotations(store.read)) rotate(id)
      Promise.allSettled(running.values()).then(tellCaughtUp)
    }
    const free = () => AT_A_TIME - running.size
    if (free() <= 0) return
    const busy = new Set(running.keys())
    const trusted = await irreversibleTime(clock)
    for (const { id } of await nextRotations(store.read, clock.now(), trusted, busy, free())) {
      if (!resting.has(id)) rotate(id)
    }
    if (free() <= 0) return
    for (const secret of await dueSecrets(store.read, clock.now(), new Set(running.keys()), free())) {
      if (resting.has(secret.id)) continue
      begin(secret.id, async () => {
        if (await acts.start(secret)) resting.add(secret.id)
      })
    }
  }

  /** Stays as long as the service does, so that a rotation begins at once. */
  async function run(work: JobRun): Promise<void> {
    try {
      await stay(
        { renew: () => work.step(async () => {}), leaseMs: LEASE, bell, isStopped: () => stopped },
        async () => {
          await fill(work)
          looks++
          await bell.wait(running.size > 0 ? LOOK : IDLE_LOOK)
        },
      )
    } finally {
      await Promise.allSettled(running.values())
    }
  }

  return {
    job: Object.freeze<Job>({
      name: SECRET_ROTATIONS,
      everyMs: 1000,
      leaseMs: LEASE,
      lasting: true,
      waits: someRotation,
      wake: bell.ring,
      run,
    }),
    async settled(id, patience) {
      const end = performance.now() + patience
      for (bell.ring(); performance.now() < end; await pause(20)) {
        // Its last change is seen by everyone here once its worker is done with it.
        await Promise.race([running.get(id), pause(end - performance.now(), undefined, { ref: false })])
        const rotation = await findRotation(store.read, id)
        if (!rotation || rotation.state === 'moved' || rotation.error_code !== '') return
        // It stopped where it should not: nothing happens to it for a while.
        if (resting.has(id)) return
      }
    },
    async idle(patience) {
      const end = performance.now() + patience
      // One look may have begun before what is asked about.
      const since = looks
      for (bell.ring(); performance.now() < end; await pause(20)) {
        if (running.size === 0 && looks > since + 1) return
        if (running.size === 0) bell.ring()
      }
    },
    async catchUp(runJobs, patience) {
      const left = await openRotations(store.read)
      if (left.length === 0) return
      // The job itself lasts as long as the service.
      runJobs().catch(parts.onError)
      let over = false
      caughtUp.then(() => (over = true))
      // Another process may have the job, or its lease after its death: whoever it is, each is to be tried once.
      const isAsLeft = ({ attempts, id }: Rotation) =>
        left.some((it) => it.id === id && it.attempts === attempts)
      for (const end = performance.now() + patience; !over && performance.now() < end; await pause(20)) {
        over = !(await openRotations(store.read)).some(isAsLeft)
      }
    },
    async stop() {
      stopped = true
      bell.ring()
      await settledWithin(running.values(), STOP_PATIENCE)
    },
  }
}
