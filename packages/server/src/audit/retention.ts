import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { writeFileAside } from '../base/files.ts'
import type { Job, JobRun } from '../jobs/job.ts'
import { irreversibleTime } from '../store/clock/watched.ts'
import type { ReadHandle, Store } from '../store/store.ts'
import { segmentBytes, segmentLine, segmentName, supersedeSegments } from './archive.ts'
import { genuineFloor } from './floor.ts'
import type { SealKeys } from './format.ts'
import { type BatchRow, batchesOf } from './rows.ts'
import { sentOf } from './sent.ts'
import { verifyBatch } from './verify-batch.ts'

/** The batches of a chain that are in a file of the archive now. */
export interface Segment {
  readonly chain: string
  readonly first: number
  readonly last: number
  /** Entries are to be older than that, in milliseconds. */
  readonly retention: number
  /** Name of the file. */
  readonly file: string
}

/** Removes a segment from the database as an act of the service. False where it is not due, or was done by another. */
export type RemoveSegment = (segment: Segment) => Promise<boolean>

/** Batches of a segment at most, and characters after which it takes no further batch. */
const SEGMENT_ROWS = 2000
const SEGMENT_TEXT = 16_000_000

export interface RetentionParts {
  readonly store: Pick<Store, 'read'>
  readonly sealKeys: SealKeys
  readonly clock: Clock
  /** How old entries become in the database, in milliseconds. */
  readonly retention: number
  /** Folder of the segments; made when missing. */
  readonly archive: string
  /** Name of the sink that has to have an entry before it leaves; absent where there is none. */
  readonly sink?: string
  /** How a segment is removed within a step of the job. */
  readonly removeIn: (step: JobRun['step']) => RemoveSegment
  /** Called for a segment that left, and for a batch that was altered: that one stays where it is, as evidence. */
  readonly onRemoved: (segment: Segment) => void
  readonly onAltered: (chain: string, batch: number) => void
}

/**
 * Takes entries that are old enough out of the database, every hour, a segment at a time: first into a file of the archive,
 * durable there, then out of the database with one transaction, which the audit shows. A crash between the two leaves a
 * file that the next run takes out of the way.
 *
 * INVARIANT: nothing leaves that does not verify, that the sink does not have, or while the clock is in doubt.
 */
export function auditRetentionJob(parts: RetentionParts): Job {
  return Object.freeze<Job>({
    name: 'audit-retention',
    everyMs: 3_600_000,
    async run(work) {
      const { store, clock, retention, sink, sealKeys } = parts
      const trusted = await irreversibleTime(clock)
      if (trusted === undefined) return
      const sent = sink === undefined ? undefined : await sentOf(store.read, sealKeys, sink)
      const chains = await store.read.selectFrom('audit_chains').select('id').orderBy('id').execute()
      for (const { id: chain } of chains) {
        const until = sent ? (sent.get(chain) ?? 0) : Number.MAX_SAFE_INTEGER
        while (await removeNext(parts, work, chain, trusted - retention, until));
      }
    },
  })
}

/** Whether a segment of the chain left, and another may. */
async function removeNext(
  { store, sealKeys, archive, retention, removeIn, onRemoved, onAltered }: RetentionParts,
  work: JobRun,
  chain: string,
  before: number,
  until: number,
): Promise<boolean> {
  const floor = await genuineFloor(store.read, sealKeys, chain)
  // An altered floor is evidence: a genuine one in its place would hide what was removed below it.
  if (floor.altered) return false
  const from = floor.row?.sequence ?? 0
  const { rows, altered } = await oldBatches(store.read, sealKeys, chain, from, { before, until })
  if (altered !== undefined) onAltered(chain, altered)
  const last = rows.at(-1)
  if (!last) return false
  const file = segmentName(chain, from + 1, last.sequence)
  mkdirSync(archive, { recursive: true, mode: 0o700 })
  supersedeSegments(archive, chain, from)
  await writeFileAside(join(archive, file), await segmentBytes(rows.map(segmentLine)))
  const segment = { chain, first: from + 1, last: last.sequence, retention, file }
  const removed = await removeIn(work.step)(segment)
  if (removed) onRemoved(segment)
  return removed && altered === undefined
}

/** The next batches that may leave, as many as a segment takes, up to the first that must stay. */
async function oldBatches(
  db: ReadHandle,
  sealKeys: SealKeys,
  chain: string,
  from: number,
  { before, until }: { readonly before: number; readonly until: number },
): Promise<{ readonly rows: readonly BatchRow[]; readonly altered?: number }> {
  const rows: BatchRow[] = []
  let text = 0
  for await (const { sequence, row } of batchesOf(db, chain, from)) {
    const next = from + rows.length + 1
    // What was removed by hand, or altered, stays visible to the verification.
    if (sequence !== next || !row) return { rows, altered: next }
    if (row.sequence > until || row.last_time > before) break
    const { authentic, findings } = verifyBatch(row, sealKeys)
    if (!authentic || findings.length > 0) return { rows, altered: sequence }
    rows.push(row)
    text += row.entries.length
    if (rows.length === SEGMENT_ROWS || text >= SEGMENT_TEXT) break
  }
  return { rows }
}
