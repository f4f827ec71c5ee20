import { type SqlBool, sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { type Problem, Refusal } from '../base/problem.ts'
import { createResting, type Resting } from '../base/resting.ts'
import { irreversibleTime } from '../store/clock/watched.ts'
import { ofOpenAccount } from '../store/open-accounts.ts'
import type { ReadHandle, Store } from '../store/store.ts'
import type { KeyRow } from './keys.ts'

/** What the clock asks of a key. */
export type KeyAct = 'DestroyKey' | 'ExpireKeyMaterial' | 'RotateKey'

/** Takes a key through one act of the service: decided, done and audited. Returns why not, where it was not done. */
export type ActOnKey = (act: KeyAct, key: Pick<KeyRow, 'id' | 'account_uid'>) => Promise<Problem | undefined>

/** What the work of the clock needs. */
export interface KeyWorkParts {
  readonly store: Pick<Store, 'read'>
  readonly clock: Clock
  readonly act: ActOnKey
}

const PAGE = 100

/**
 * Finds what the clock asks of keys: those whose deletion window has ended are destroyed, imported material that has
 * expired is dropped, those that rotate get a version. Returns how many acts it asked for.
 *
 * It decides nothing: each act loads its row again, is allowed only if it is still due, and is done once, whoever else
 * found it (operations/kms/due-acts.ts).
 *
 * INVARIANT: nothing is destroyed while the clock is in doubt. A row that cannot be worked on keeps no other waiting,
 * however many there are of them: `resting` remembers them from run to run.
 */
export async function dueKeyWork(
  parts: KeyWorkParts,
  resting: Resting = createResting(parts.clock),
): Promise<number> {
  const trusted = await irreversibleTime(parts.clock)
  let taken = 0
  let failure: Problem | undefined
  for (const { act, column, forGood } of DUE) {
    const now = forGood ? trusted : (trusted ?? parts.clock.now())
    if (now === undefined) continue
    const due = past(column, now, trusted !== undefined)
    for await (const row of everyPage((after) => due(parts.store.read, after))) {
      const name = `${act} ${row.id}`
      if (resting.has(name)) continue
      taken += 1
      const problem = await parts.act(act, row)
      // Refused: it is not due any more, since someone else did it or took it back.
      if (problem === undefined || problem.code === 'AccessDenied') {
        resting.forget(name)
        continue
      }
      if (problem.code === 'Unavailable' || problem.code === 'Overloaded') throw new Refusal(problem)
      resting.add(name)
      failure ??= problem
    }
  }
  if (failure) throw new Refusal(failure)
  return taken
}

/** What waits because the clock is in doubt. */
export async function waitingKeyWork({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'read'>
  readonly clock: Clock
}) {
  const count = async (column: 'delete_at' | 'material_expires_at') => {
    const query = store.read.selectFrom('kms_keys').where(column, '<=', clock.now())
    const row = await query.select((e) => e.fn.countAll<number>().as('count')).executeTakeFirst()
    return Number(row?.count ?? 0)
  }
  return { keys: await count('delete_at'), materials: await count('material_expires_at') }
}

type Deadline = 'delete_at' | 'material_expires_at' | 'next_rotation_at'

/** Whether the clock asks anything of a key. */
export const someKeyWork = (now: number) => sql<SqlBool>`(
  exists (select 1 from kms_keys where delete_at <= ${now})
  or exists (select 1 from kms_keys where material_expires_at <= ${now})
  or exists (select 1 from kms_keys where state = 'Enabled' and next_rotation_at <= ${now} and ${ofOpenAccount('kms_keys.account_uid')})
)`

/** `forGood`: cannot be taken back, so it waits for a clock that is trusted. */
const DUE: readonly { readonly act: KeyAct; readonly column: Deadline; readonly forGood: boolean }[] = [
  { act: 'DestroyKey', column: 'delete_at', forGood: true },
  { act: 'ExpireKeyMaterial', column: 'material_expires_at', forGood: true },
  { act: 'RotateKey', column: 'next_rotation_at', forGood: false },
]

/** All rows, a page at a time: those that stay are passed by. */
async function* everyPage(read: (after: KeyRow | undefined) => Promise<readonly KeyRow[]>) {
  for (let last: KeyRow | undefined; ; ) {
    const rows = await read(last)
    yield* rows
    last = rows.at(-1)
    if (rows.length < PAGE) return
  }
}

/**
 * Rows whose deadline has passed, oldest first, after the given one. Rotation waits while a key is not enabled: it is
 * suspended. A rotation that is further ahead than its interval was set by a clock that was wrong: it is found as
 * well, by a clock that is trusted.
 */
function past(column: Deadline, now: number, trusted: boolean) {
  return (db: ReadHandle, after: KeyRow | undefined): Promise<readonly KeyRow[]> => {
    let due = db.selectFrom('kms_keys').selectAll()
    if (column === 'next_rotation_at') {
      const wrong = sql<number>`${sql.val(now)} + rotation_interval_s * 1000`
      due = due
        .where('state', '=', 'Enabled')
        .where(ofOpenAccount('kms_keys.account_uid'))
        .where((e) => e.or([e(column, '<=', now), ...(trusted ? [e(column, '>', wrong)] : [])]))
    } else due = due.where(column, '<=', now)
    if (after) {
      const at = after[column] ?? 0
      due = due.where((e) => e.or([e(column, '>', at), e.and([e(column, '=', at), e('id', '>', after.id)])]))
    }
    return due.orderBy(column).orderBy('id').limit(PAGE).execute()
  }
}
