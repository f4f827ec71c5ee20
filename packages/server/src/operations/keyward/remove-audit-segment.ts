import { Type } from 'typebox'
import { floorSeal } from '../../audit/format.ts'
import type { RemoveSegment, Segment } from '../../audit/retention.ts'
import { type FloorRow, readFloor } from '../../audit/rows.ts'
import { Refusal } from '../../base/problem.ts'
import type { RunAct } from '../../pipeline/act.ts'
import type { Step } from '../../pipeline/answer.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'

interface Target {
  readonly floor: number
  /** What is asked to be removed: how many batches there are of it, and the time of its latest entry. */
  readonly found: { readonly count: number; readonly latest: number }
  /** Hash of its last batch. */
  readonly hash: Uint8Array | undefined
  /** The time by a clock that is trusted; undefined while it is in doubt. */
  readonly trusted: number | undefined
}

/**
 * The beginning of a chain leaves the database, once it is in the archive (audit/retention.ts). In its place stands the
 * sealed floor, on which the verification of the rest begins. For good, so only by a clock that is trusted.
 */
export const removeAuditSegment = writeOperation({
  name: 'keyward:RemoveAuditSegment',
  summary: 'Remove entries of the audit that are archived and older than the retention',
  effect: 'write',
  by: 'service',
  input: Type.Object(
    {
      Chain: Type.String(),
      First: Type.Integer({ minimum: 1 }),
      Last: Type.Integer({ minimum: 1 }),
      /** Entries are to be older than that, in milliseconds. */
      Retention: Type.Integer({ minimum: 1 }),
      /** Name of the file of the archive that has them. */
      File: Type.String(),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({}),
  async resolve({ clock, store: { read } }, { Chain, First, Last }): Promise<Target> {
    const trusted = await irreversibleTime(clock)
    const floor = (await readFloor(read, Chain))?.row?.sequence ?? 0
    const found = await read
      .selectFrom('audit_batches')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('last_time').as('latest')])
      .where('chain_id', '=', Chain)
      .where('sequence', '>=', First)
      .where('sequence', '<=', Last)
      .executeTakeFirst()
    const last = await read
      .selectFrom('audit_batches')
      .select('hash')
      .where('chain_id', '=', Chain)
      .where('sequence', '=', Last)
      .executeTakeFirst()
    return {
      floor,
      found: { count: Number(found?.count ?? 0), latest: Number(found?.latest ?? 0) },
      hash: last?.hash,
      trusted,
    }
  },
  checks(scope, { First, Last, Retention }, { floor, found, hash, trusted }: Target) {
    const whole = First === floor + 1 && found.count === Last - First + 1 && hash !== undefined
    const old = trusted !== undefined && found.latest <= trusted - Retention
    return [actCheck(scope, 'keyward:RemoveAuditSegment', '*', whole && old)]
  },
  decided: () => [],
  touches: () => [],
  prepare({ keyring }, { Chain, Last }, { hash }): FloorRow {
    const seal = floorSeal(keyring, Chain, Last, hash!)
    return { chain_id: Chain, sequence: Last, hash: hash!, seal }
  },
  async work(tx, scope, { Chain, First, Last }, _target, floor) {
    const now = (await readFloor(tx, Chain))?.row?.sequence ?? 0
    if (now !== First - 1) {
      scope.outcome('AlreadyDone')
      return {}
    }
    const { sequence, hash, seal } = floor
    await tx
      .insertInto('audit_floors')
      .values(floor)
      .onConflict((c) => c.column('chain_id').doUpdateSet({ sequence, hash, seal }))
      .execute()
    await tx.deleteFrom('audit_batches').where('chain_id', '=', Chain).where('sequence', '<=', Last).execute()
    return {}
  },
  example: {
    Chain: 'main',
    First: 1,
    Last: 1,
    Retention: 86_400_000,
    File: 'main-000000000001-000000000001.jsonl.gz',
  },
})

/** How the job removes what it has archived. */
export function segmentRemover(run: RunAct): (step?: Step) => RemoveSegment {
  return (step) =>
    async ({ chain, first, last, retention, file }: Segment) => {
      const answer = await run({
        operation: removeAuditSegment,
        account: '',
        input: { Chain: chain, First: first, Last: last, Retention: retention, File: file },
        ...(step && { step }),
      })
      if (answer.ok) return true
      // Not due any more: another process was first, or the clock is in doubt.
      if (answer.problem.code === 'AccessDenied') return false
      throw new Refusal(answer.problem)
    }
}
