import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Schema } from '../store/schema/index.ts'
import type { Store, WriteHandle } from '../store/store.ts'
import { type Job, JobLost, type JobRun } from './job.ts'

const LEASE = 60_000

/** Gives the job a row, if it has none: due at once. */
export async function declareJob(store: Store, job: Job): Promise<void> {
  await store.write((tx) =>
    tx
      .insertInto('jobs')
      .values({ name: job.name, owner: '', fence: 0, lease_until: 0, next_at: 0 })
      .onConflict((c) => c.doNothing())
      .execute(),
  )
}

const leaseOf = (job: Job) => job.leaseMs ?? LEASE

/** The clock that leases go by: the database's, so that processes whose clocks differ see the same leases. */
function leaseClock({ kind }: Pick<Store, 'kind'>, now: number) {
  return kind === 'postgres'
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`${sql.val(now)}`
}

/**
 * Whether a job is due and nobody has it. A time further ahead than the job ever sets it was set by a clock that was
 * wrong: the job is due. So is a lease longer than any lease over.
 */
export function isDue(store: Pick<Store, 'kind'>, job: Job, now: number) {
  const leased = leaseClock(store, now)
  return (eb: ExpressionBuilder<Schema, 'jobs'>): Expression<SqlBool> =>
    eb.and([
      eb('name', '=', job.name),
      eb.or([eb('next_at', '<=', now), eb('next_at', '>', now + job.everyMs)]),
      eb.or([
        eb('owner', '=', ''),
        eb('lease_until', '<=', leased),
        eb('lease_until', '>', sql<number>`${leased} + ${sql.lit(leaseOf(job))}`),
      ]),
    ])
}

/** So long a job that may have nothing to do is left alone. */
const SELDOM = 60_000

/**
 * Whether a job is to be looked after: one that runs here, where it has work; another, where it is due and has some. Work
 * comes by the service's clock, which is `worksAt`.
 */
export function needsLook(store: Pick<Store, 'kind'>, job: Job, now: number, here: boolean, worksAt: number) {
  return (eb: ExpressionBuilder<Schema, 'jobs'>): Expression<SqlBool> => {
    const works = job.waits?.(worksAt)
    if (here) return works && job.wake ? eb.and([eb('name', '=', job.name), works]) : sql<SqlBool>`false`
    const due = isDue(store, job, now)(eb)
    if (!works || job.lasting) return due
    const unlooked = eb.or([eb('next_at', '<=', now - SELDOM), eb('next_at', '>', now + job.everyMs)])
    return eb.and([due, eb.or([unlooked, works])])
  }
}

/**
 * Claims a job that is due and that nobody has, or whose worker's lease ran out. Returns its fencing number; undefined
 * when there is nothing to claim.
 */
export function claimJob(store: Store, job: Job, owner: string, now: number): Promise<number | undefined> {
  return store.write(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('jobs')
      .set((eb) => ({ owner, fence: eb('fence', '+', 1), lease_until: leaseEnd(store, job, now) }))
      .where(isDue(store, job, now))
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return undefined
    const row = await tx
      .selectFrom('jobs')
      .select('fence')
      .where('name', '=', job.name)
      .executeTakeFirstOrThrow()
    return row.fence
  })
}

function leaseEnd(store: Pick<Store, 'kind'>, job: Job, now: number) {
  return sql<number>`${leaseClock(store, now)} + ${sql.lit(leaseOf(job))}`
}

/**
 * Takes every job from whoever had it: at the start of a process that has the database for itself, those are dead, and
 * their leases would only keep it waiting.
 */
export function forgetOwners(store: Store): Promise<void> {
  return store.write(async (tx) => {
    await tx.updateTable('jobs').set({ owner: '' }).execute()
  })
}

/** The run of a claimed job. */
export function runOf(store: Store, job: Job, owner: string, fence: number, now: () => number): JobRun {
  return Object.freeze<JobRun>({
    fence,
    step: (body, how) =>
      store.write(async (tx) => {
        await holdOn(tx, job, owner, fence, { lease_until: leaseEnd(store, job, now()) })
        return body(tx)
      }, how),
  })
}

/** Gives a claimed job back until its next time. Throws {@link JobLost} when it was lost. */
export function releaseJob(store: Store, job: Job, owner: string, fence: number, now: number): Promise<void> {
  return store.write((tx) => holdOn(tx, job, owner, fence, { owner: '', next_at: now + job.everyMs }))
}

/** INVARIANT: nothing of a job is written without this check in the same transaction. */
async function holdOn(
  tx: WriteHandle,
  job: Job,
  owner: string,
  fence: number,
  change: { lease_until?: Expression<number>; owner?: string; next_at?: number },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('jobs')
    .set(change)
    .where('name', '=', job.name)
    .where('owner', '=', owner)
    .where('fence', '=', fence)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new JobLost(job.name)
}
