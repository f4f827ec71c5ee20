import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { commonTime } from '../store/clock/watched.ts'
import type { Store } from '../store/store.ts'
import { claimJob, declareJob, needsLook, releaseJob, runOf } from './claim.ts'
import type { Job } from './job.ts'

export interface JobRunnerOptions {
  readonly store: Store
  /** `now` decides what is due; a test clock moves it, then {@link JobRunner.runDue} acts on it. */
  readonly clock: Clock
  readonly jobs: readonly Job[]
  /** How often to look for what is due, in milliseconds of real time; 1000 by default. */
  readonly tickMs?: number
  /** Called for a run that failed. The job comes again at its next time. */
  readonly onError?: (job: string, error: unknown) => void
}

export interface JobRunner {
  /** Runs what is due now and nobody else runs, and waits for it. Returns the names of the jobs that were run. */
  runDue(): Promise<readonly string[]>
  /** Runs what is due until nothing is, but jobs that last; for `patience` milliseconds at most. */
  settle(patience: number): Promise<void>
  /** A job has work: it is done now, if it is this process's. */
  wake(name: string): void
  /** Starts nothing more, and waits for what runs. */
  close(): Promise<void>
}

/** Runs jobs as their times come. Survives a database that is away. */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { store, clock, jobs, tickMs = 1000, onError = () => {} } = options
  const owner = randomUUID()
  const declared = new Set<string>()
  const running = new Map<string, Promise<boolean>>()
  let closed = false
  /** By one clock for all processes, as leases: each would find what another has put off due, or long past, by its own. */
  const now = () => commonTime(clock) + clock.now() - clock.wall()

  /** What is to be done, by one query; jobs that run here are told of their work besides. */
  async function due(): Promise<readonly Job[]> {
    for (const job of jobs) {
      if (declared.has(job.name)) continue
      await declareJob(store, job)
      declared.add(job.name)
    }
    const [at, worksAt] = [now(), clock.now()]
    const isHere = (job: Job) => running.has(job.name)
    const rows = await store.read
      .selectFrom('jobs')
      .select('name')
      .where((eb) => eb.or(jobs.map((job) => needsLook(store, job, at, isHere(job), worksAt)(eb))))
      .execute()
    const found = jobs.filter((job) => rows.some((row) => row.name === job.name))
    for (const job of found) if (isHere(job)) job.wake?.()
    return found
  }

  async function runOne(job: Job): Promise<boolean> {
    try {
      const fence = await claimJob(store, job, owner, now())
      if (fence === undefined) return false
      try {
        await job.run(runOf(store, job, owner, fence, now))
      } finally {
        await releaseJob(store, job, owner, fence, now())
      }
      return true
    } catch (error) {
      onError(job.name, error)
      return false
    }
  }

  function begin(job: Job): Promise<boolean> {
    const run = runOne(job).finally(() => running.delete(job.name))
    running.set(job.name, run)
    return run
  }

  async function runDue(): Promise<readonly string[]> {
    if (closed) return []
    const started = (await due()).filter((job) => !running.has(job.name))
    const done = await Promise.all(started.map(begin))
    return started.filter((_, i) => done[i]).map((job) => job.name)
  }

  async function settle(patience: number): Promise<void> {
    const end = performance.now() + patience
    while (!closed && performance.now() < end) {
      const some = (await due()).filter((job) => !job.lasting)
      if (some.length === 0) return
      const runs = some.map((job) => running.get(job.name) ?? begin(job))
      const wait = new AbortController()
      const left = pause(end - performance.now(), undefined, { signal: wait.signal }).catch(() => {})
      await Promise.race([Promise.all(runs), left])
      wait.abort()
    }
  }

  function look(): void {
    runDue().catch((error) => onError('look for what is due', error))
  }

  const timer = setInterval(look, tickMs)
  timer.unref()

  return Object.freeze<JobRunner>({
    runDue,
    settle,
    wake(name) {
      if (running.has(name)) jobs.find((job) => job.name === name)?.wake?.()
      else look()
    },
    async close() {
      closed = true
      clearInterval(timer)
      await Promise.all(running.values())
    },
  })
}
