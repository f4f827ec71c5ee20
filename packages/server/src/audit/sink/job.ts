import { type SqlBool, sql } from 'kysely'
import type { Job, JobRun } from '../../jobs/job.ts'
import type { ReadHandle, Store } from '../../store/store.ts'
import { EXPORTED_ROWS, type ExportedEntry, entriesOf, nextBatches } from '../export.ts'
import type { SealKeys } from '../format.ts'
import { noteSent, sentOf } from '../sent.ts'
import type { AuditSink } from './sink.ts'

/** Characters after which a group of entries is sent. */
const GROUP_TEXT = 2_000_000

export interface SinkJobParts {
  readonly store: Pick<Store, 'read'>
  readonly sealKeys: SealKeys
  readonly sink: AuditSink
  /** Called when the sink fails, and when it takes entries again: then without an error. */
  readonly onChange: (error: Error | undefined) => void
}

/**
 * Sends what is chained to a sink, every second: of all processes over one database, one sends. What the sink has is noted
 * after it has it, so a crash between the two sends a group twice, and never leaves one out.
 */
export function auditSinkJob({ store, sealKeys, sink, onChange }: SinkJobParts): Job {
  let failing = false
  const changed = (error: Error | undefined) => {
    if (failing !== (error !== undefined)) onChange(error)
    failing = error !== undefined
  }
  return Object.freeze<Job>({
    name: 'audit-sink',
    everyMs: 1000,
    waits: () => behind(sink.name),
    async run(work) {
      const sent = await sentOf(store.read, sealKeys, sink.name)
      const heads = await store.read
        .selectFrom('audit_chains')
        .select(['id', 'sequence'])
        .orderBy('id')
        .execute()
      for (const { id: chain, sequence } of heads) {
        const from = sent.get(chain) ?? 0
        // A note of more than there is was made before the database was put back from a backup.
        if (from > sequence) await work.step((tx) => noteSent(tx, sealKeys, sink.name, chain, 0))
        if (!(await sendChain(work, chain, from > sequence ? 0 : from))) return
      }
      changed(undefined)
    },
  })

  /** Whether the sink took everything. */
  async function sendChain(work: JobRun, chain: string, from: number): Promise<boolean> {
    for (let after = from; ; ) {
      const rows = await nextBatches(store.read, chain, after)
      let group: ExportedEntry[] = []
      let text = 0
      for (const [i, row] of rows.entries()) {
        group.push(...entriesOf(chain, row))
        text += row.entries.length
        if (text < GROUP_TEXT && i < rows.length - 1) continue
        try {
          await sink.send(group)
        } catch (error) {
          changed(error as Error)
          return false
        }
        changed(undefined)
        await work.step((tx) => noteSent(tx, sealKeys, sink.name, chain, row.sequence))
        group = []
        text = 0
      }
      if (rows.length < EXPORTED_ROWS) return true
      after = rows.at(-1)!.sequence
    }
  }
}

/** Whether a chain has more than the sink. */
function behind(sink: string) {
  return sql<SqlBool>`exists (
    select 1 from audit_chains as c
    left join audit_sent as s on s.chain_id = c.id and s.sink = ${sink}
    where c.sequence > coalesce(s.sequence, 0) or c.sequence < s.sequence)`
}

/** Batches that the sink does not have yet, of all chains. */
export async function batchesBehind(db: ReadHandle, sink: string): Promise<number> {
  const row = await db
    .selectFrom('audit_chains as c')
    .leftJoin('audit_sent as s', (join) => join.onRef('s.chain_id', '=', 'c.id').on('s.sink', '=', sink))
    .select(sql<number>`coalesce(sum(c.sequence - coalesce(s.sequence, 0)), 0)`.as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}
