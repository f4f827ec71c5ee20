import { type SqlBool, sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { type Problem, Refusal } from '../base/problem.ts'
import { createResting, type Resting } from '../base/resting.ts'
import type { Job, JobRun } from '../jobs/job.ts'
import { irreversibleTime, watchOf } from '../store/clock/watched.ts'
import type { Store } from '../store/store.ts'
import type { SecretRow } from './secrets.ts'

type DueSecret = Pick<SecretRow, 'id' | 'account_uid'>

/** Takes a secret away as an act of the service: decided, done and audited. Returns why not, where it was not done. */
export type DestroySecret = (secret: DueSecret) => Promise<Problem | undefined>

/** What the work of the clock needs. */
export interface SecretWorkParts {
  readonly store: Pick<Store, 'read'>
  readonly clock: Clock
  readonly destroy: DestroySecret
}

const PAGE = 100

/** Whether the recovery window of a secret has ended. */
export function isDoomed({ delete_at }: Pick<SecretRow, 'delete_at'>, now: number): boolean {
  return delete_at !== null && delete_at <= now
}

/**
 * Finds secrets whose recovery window has ended, and has them taken away. Returns how many there were. It decides nothing:
 * each act loads its row again (operations/secrets/due-acts.ts).
 *
 * INVARIANT: nothing goes while the clock is in doubt. One that cannot be taken away keeps no other waiting.
 */
export async function dueSecretWork(
  { clock, destroy, store }: SecretWorkParts,
  resting: Resting = createResting(clock),
): Promise<number> {
  const now = await irreversibleTime(clock)
  if (now === undefined) return 0
  let taken = 0
  let failure: Problem | undefined
  for (let after = ''; ; ) {
    const rows = await store.read
      .selectFrom('secrets')
      .select(['id', 'account_uid'])
      .where('delete_at', '<=', now)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const row of rows) {
      if (resting.has(row.id)) continue
      taken += 1
      const problem = await destroy(row)
      // Refused: it is not due any more, since someone else did it or took it back.
      if (problem === undefined || problem.code === 'AccessDenied') {
        resting.forget(row.id)
        continue
      }
      if (problem.code === 'Unavailable' || problem.code === 'Overloaded') throw new Refusal(problem)
      resting.add(row.id)
      failure ??= problem
    }
    if (rows.length < PAGE) break
    after = rows.at(-1)!.id
  }
  if (failure) throw new Refusal(failure)
  return taken
}

/** What waits because the clock is in doubt: secrets whose window has ended, and old values whose window has. */
export async function waitingSecretWork({ store, clock }: Pick<SecretWorkParts, 'store' | 'clock'>) {
  const count = async (table: 'secrets' | 'secret_rotations', column: 'delete_at' | 'retire_at') => {
    const query = store.read.selectFrom(table).where(column as 'delete_at', '<=', clock.now())
    const row = await query.select((e) => e.fn.countAll<number>().as('count')).executeTakeFirst()
    return Number(row?.count ?? 0)
  }
  return {
    secrets: await count('secrets', 'delete_at'),
    oldValues: await count('secret_rotations', 'retire_at'),
  }
}

export interface SecretWorkJobParts extends Omit<SecretWorkParts, 'destroy'> {
  /** How a secret is taken away within a step of the job. */
  readonly destroyIn: (step: JobRun['step']) => DestroySecret
  /** Called when the number changes of what waits for the clock to be trusted. */
  readonly onWaiting?: (waiting: Awaited<ReturnType<typeof waitingSecretWork>>) => void
}

/** What the clock asks of secrets, as a job: to be registered with the runner. Looks every second. */
export function secretWorkJob(parts: SecretWorkJobParts): Job {
  const resting = createResting(parts.clock)
  let reported = 0
  return Object.freeze<Job>({
    name: 'secrets',
    everyMs: 1000,
    waits: (now) => sql<SqlBool>`exists (select 1 from secrets where delete_at <= ${now})`,
    async run(work) {
      await dueSecretWork({ ...parts, destroy: parts.destroyIn(work.step) }, resting)
      if (!watchOf(parts.clock)?.doubted) {
        reported = 0
        return
      }
      const waiting = await waitingSecretWork(parts)
      const count = waiting.secrets + waiting.oldValues
      if (count !== reported) parts.onWaiting?.(waiting)
      reported = count
    },
  })
}
