import type { Expression, SqlBool } from 'kysely'
import type { WriteHandle, WriteOptions } from '../store/store.ts'

/**
 * What runs by the clock. Of all processes over one database, one at a time runs a job; should it stall, another takes
 * over, so every step must be safe to repeat.
 */
export interface Job {
  /** Unique; the row's key. */
  readonly name: string
  /** Pause from the end of one run to the next, in milliseconds of the service's clock; never longer, whatever it did. */
  readonly everyMs: number
  /** Stays as long as the service does: nobody waits for its end. */
  readonly lasting?: true
  /**
   * Whether there is anything to do at a time of the service's clock: one that has nothing to do is not claimed, but for
   * once a minute. One that lasts is woken when there is. Without it there always may be.
   */
  readonly waits?: (now: number) => Expression<SqlBool>
  /** For one that lasts: looks at once for what there is to do. */
  readonly wake?: () => void
  /** How long a worker may be silent before another takes over; 60,000 by default. */
  readonly leaseMs?: number
  run(work: JobRun): Promise<void>
}

/** One run of a job. */
export interface JobRun {
  /** Grows with every claim of the job. */
  readonly fence: number
  /**
   * One transaction of the job, which also proves that the job is still this worker's and renews its lease. Throws
   * {@link JobLost}, with nothing done, when another worker has taken over.
   */
  step<T>(body: (tx: WriteHandle) => Promise<T>, how?: WriteOptions): Promise<T>
}

/** The worker stalled for longer than its lease, and another has the job. */
export class JobLost extends Error {
  constructor(name: string) {
    super(`the job \`${name}\` was taken over by another worker`)
    this.name = 'JobLost'
  }
}
