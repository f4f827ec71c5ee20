import type { ReadHandle } from '../store/store.ts'
import { archivedBatches } from './archive.ts'
import type { AuditFinding } from './findings.ts'
import { GENESIS, isBatchSeal, isHeadSeal, type SealKeys, sameBytes } from './format.ts'
import {
  type BatchRow,
  batchesOf,
  type FloorRow,
  type FoundBatch,
  type HeadRow,
  readHeads,
  strayBatches,
} from './rows.ts'
import { verifyBatch } from './verify-batch.ts'

/** Rows whose seal does not fit that are tried against each other's places; the work grows with the square. */
const SUSPECTS = 200

/** What is known of a chain before its batches are read. */
export interface ChainParts {
  /** Its genuine head, if it has one. */
  readonly head: HeadRow | undefined
  /** Where what is left of it in the database follows, if its beginning was old enough to be taken out. */
  readonly floor: FloorRow | undefined
  /** Reads the floor again: the service may take out more of the chain while it is read. */
  readonly floorNow: () => Promise<FloorRow | undefined>
  /** The folder that has its beginning. */
  readonly archive: string | undefined
  /** Hashes that were noted elsewhere, in hex digits, by sequence number. */
  readonly expected: ReadonlyMap<number, string>
}

/**
 * Verifies the batches of one chain in order: those of the archive, where there is one, and those of the database. What the
 * archive does not have any more at its beginning is not missed: it begins where its first segment does.
 */
export async function verifyChain(
  db: ReadHandle,
  sealKeys: SealKeys,
  chain: string,
  { head, floor, floorNow, archive, expected }: ChainParts,
  report: (finding: AuditFinding) => void,
): Promise<{ readonly batches: number; readonly entries: number }> {
  let batches = 0
  let entries = 0
  let first: number | undefined
  let last: Place | undefined
  const suspects: BatchRow[] = []
  const gone: number[] = []
  for (const number of await strayBatches(db, chain)) report({ kind: 'batch-added', chain, number })
  for await (const found of batchesInOrder(db, chain, floor, archive, report)) {
    const { sequence, row } = found
    if (!Number.isSafeInteger(sequence)) {
      report({ kind: 'batch-added', chain, number: String(sequence) })
      continue
    }
    last ??= placeBefore(sequence, floor)
    if (sequence > last.sequence + 1) last = movedFloor(last, floor, sequence, await floorNow())
    const next = last.sequence + 1
    for (let n = next; n < sequence; n += 1) {
      if (gone.length < SUSPECTS) gone.push(n)
      report({ kind: 'batch-removed', chain, batch: n })
      // A number that was changed can be enormous.
      if (n - next >= SUSPECTS) break
    }
    const verdict = row && verifyBatch(row, sealKeys)
    if (!verdict) report({ kind: 'batch-altered', chain, batch: sequence, part: `what is in ${found.wrong}` })
    // After a gap there is nothing to follow; after an altered batch the alteration is the finding.
    if (row && verdict?.authentic && last.authentic && sequence === next) {
      if (!sameBytes(row.previous, last.hash!)) report({ kind: 'batch-unlinked', chain, batch: sequence })
    }
    if (row && !verdict?.authentic && suspects.length < SUSPECTS) suspects.push(row)
    else for (const finding of verdict?.findings ?? []) report(finding)
    if (row && sequence === floor?.sequence && !sameBytes(row.hash, floor.hash))
      report({ kind: 'archive-unlinked', chain, batch: sequence })
    const noted = expected.get(sequence)
    if (noted !== undefined && noted !== hexOf(row?.hash))
      report({ kind: 'head-unexpected', chain, batch: sequence })
    first ??= sequence
    batches += 1
    entries += verdict?.entries ?? 0
    last = { sequence, hash: row?.hash, authentic: verdict?.authentic === true }
  }
  reportSuspects(suspects, gone, sealKeys, chain, report)
  let end = last ?? (floor ? { ...floor, authentic: true } : NOWHERE)
  if (head && head.sequence > end.sequence) end = movedFloor(end, floor, head.sequence + 1, await floorNow())
  await checkEnd(db, sealKeys, chain, head, end, report)
  for (const [sequence, hash] of expected) {
    if (sequence > end.sequence) report({ kind: 'head-unexpected', chain, batch: sequence })
    else if (floor && sequence <= floor.sequence && sequence < (first ?? Number.MAX_SAFE_INTEGER)) {
      if (sequence < floor.sequence) report({ kind: 'head-archived', chain, batch: sequence })
      else if (hash !== hexOf(floor.hash)) report({ kind: 'head-unexpected', chain, batch: sequence })
    }
  }
  return { batches, entries }
}

/** The batch that the next one follows. */
interface Place {
  readonly sequence: number
  readonly hash: Uint8Array | undefined
  readonly authentic: boolean
}

const NOWHERE: Place = { sequence: 0, hash: GENESIS, authentic: true }

const hexOf = (hash: Uint8Array | undefined) => hash && Buffer.from(hash).toString('hex')

/** What the first batch that is read follows: a batch of the archive may follow one that is kept nowhere any more. */
function placeBefore(sequence: number, floor: FloorRow | undefined): Place {
  if (!floor) return NOWHERE
  if (sequence > floor.sequence) return { sequence: floor.sequence, hash: floor.hash, authentic: true }
  return sequence === 1 ? NOWHERE : { sequence: sequence - 1, hash: undefined, authentic: false }
}

/** The floor, where it has moved to before a batch while the chain was read; else where the chain was read to. */
function movedFloor(
  last: Place,
  old: FloorRow | undefined,
  sequence: number,
  now: FloorRow | undefined,
): Place {
  const moved = now !== undefined && now.sequence > (old?.sequence ?? 0)
  const skips = moved && now.sequence > last.sequence && now.sequence < sequence
  return skips ? { sequence: now.sequence, hash: now.hash, authentic: true } : last
}

/** The batches of the archive up to the floor, and those of the database from there on. */
async function* batchesInOrder(
  db: ReadHandle,
  chain: string,
  floor: FloorRow | undefined,
  archive: string | undefined,
  report: (finding: AuditFinding) => void,
): AsyncGenerator<FoundBatch> {
  const from = floor?.sequence ?? 0
  if (archive !== undefined && from > 0) {
    let end = 0
    for await (const found of archivedBatches(archive, chain)) {
      if (found.sequence > from) break
      end = found.sequence
      yield found
    }
    if (end === 0) report({ kind: 'batch-removed', chain, batch: from })
  }
  let returned = 0
  for await (const found of batchesOf(db, chain)) {
    if (!(found.sequence <= from)) yield found
    else if (++returned <= SUSPECTS) report({ kind: 'batch-returned', chain, batch: found.sequence })
  }
}

/** A row that does not fit its place may fit another's: then the rows were swapped, or renumbered. */
function reportSuspects(
  suspects: readonly BatchRow[],
  gone: readonly number[],
  sealKeys: SealKeys,
  chain: string,
  report: (finding: AuditFinding) => void,
): void {
  const places = [...suspects.map((row) => row.sequence), ...gone]
  for (const row of suspects) {
    const from = places.find(
      (place) => place !== row.sequence && isBatchSeal(sealKeys, row.seal, chain, place, row.hash),
    )
    if (from !== undefined) report({ kind: 'batch-moved', chain, batch: row.sequence, from })
    else for (const finding of verifyBatch(row, sealKeys).findings) report(finding)
  }
}

/** The last batch against the head as it was before the batches were read, and as it is now. */
async function checkEnd(
  db: ReadHandle,
  sealKeys: SealKeys,
  chain: string,
  head: HeadRow | undefined,
  last: Place,
  report: (finding: AuditFinding) => void,
): Promise<void> {
  if (!head) return
  const end = last.sequence
  if (head.sequence > end) {
    report({ kind: 'tail-cut', chain, batch: end + 1, until: head.sequence })
    return
  }
  const now = (await readHeads(db, chain))[0]?.row
  if (!now || !isHeadSeal(sealKeys, chain, now)) {
    report({ kind: 'head-altered', chain })
  } else if (now.sequence < end) {
    report({ kind: 'head-behind', chain, batch: now.sequence + 1 })
  } else if (now.sequence === end && last.hash && !sameBytes(now.hash, last.hash)) {
    report({ kind: 'batch-unlinked', chain, batch: end })
  }
}
