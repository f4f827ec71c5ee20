import type { ReadHandle } from '../store/store.ts'
import type { AuditFinding } from './findings.ts'
import { GENESIS, isBatchSeal, isHeadSeal, type SealKeys, sameBytes } from './format.ts'
import { type BatchRow, batchesOf, type FoundBatch, type HeadRow, readHeads, strayBatches } from './rows.ts'
import { verifyBatch } from './verify-batch.ts'

/** Rows whose seal does not fit that are tried against each other's places; the work grows with the square. */
const SUSPECTS = 200

/**
 * Verifies the batches of one chain in order. `head` is its genuine head, if it has one; `expected` are hashes that were
 * noted elsewhere, in hex digits, by sequence number.
 */
export async function verifyChain(
  db: ReadHandle,
  sealKeys: SealKeys,
  chain: string,
  head: HeadRow | undefined,
  expected: ReadonlyMap<number, string>,
  report: (finding: AuditFinding) => void,
): Promise<{ readonly batches: number; readonly entries: number }> {
  let batches = 0
  let entries = 0
  let last: FoundBatch | undefined
  let lastAuthentic = true
  const suspects: BatchRow[] = []
  const gone: number[] = []
  for (const number of await strayBatches(db, chain)) report({ kind: 'batch-added', chain, number })
  for await (const found of batchesOf(db, chain)) {
    const { sequence, row } = found
    if (!Number.isSafeInteger(sequence)) {
      report({ kind: 'batch-added', chain, number: String(sequence) })
      continue
    }
    const next = (last?.sequence ?? 0) + 1
    for (let n = next; n < sequence; n += 1) {
      if (gone.length < SUSPECTS) gone.push(n)
      report({ kind: 'batch-removed', chain, batch: n })
      // A number that was changed can be enormous.
      if (n - next >= SUSPECTS) break
    }
    const verdict = row && verifyBatch(row, sealKeys)
    if (!verdict) report({ kind: 'batch-altered', chain, batch: sequence, part: `what is in ${found.wrong}` })
    // After a gap there is nothing to follow; after an altered batch the alteration is the finding.
    if (row && verdict?.authentic && lastAuthentic && sequence === next) {
      if (!sameBytes(row.previous, last?.row ? last.row.hash : GENESIS)) {
        report({ kind: 'batch-unlinked', chain, batch: sequence })
      }
    }
    if (row && !verdict?.authentic && suspects.length < SUSPECTS) suspects.push(row)
    else for (const finding of verdict?.findings ?? []) report(finding)
    const noted = expected.get(sequence)
    if (noted !== undefined && (!row || noted !== Buffer.from(row.hash).toString('hex'))) {
      report({ kind: 'head-unexpected', chain, batch: sequence })
    }
    batches += 1
    entries += verdict?.entries ?? 0
    last = found
    lastAuthentic = verdict?.authentic === true
  }
  reportSuspects(suspects, gone, sealKeys, chain, report)
  await checkEnd(db, sealKeys, chain, head, last, report)
  for (const sequence of expected.keys()) {
    if (sequence > (last?.sequence ?? 0)) report({ kind: 'head-unexpected', chain, batch: sequence })
  }
  return { batches, entries }
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
  last: FoundBatch | undefined,
  report: (finding: AuditFinding) => void,
): Promise<void> {
  if (!head) return
  const end = last?.sequence ?? 0
  if (head.sequence > end) {
    report({ kind: 'tail-cut', chain, batch: end + 1, until: head.sequence })
    return
  }
  const now = (await readHeads(db, chain))[0]?.row
  if (!now || !isHeadSeal(sealKeys, chain, now)) {
    report({ kind: 'head-altered', chain })
  } else if (now.sequence < end) {
    report({ kind: 'head-behind', chain, batch: now.sequence + 1 })
  } else if (now.sequence === end && last?.row && !sameBytes(now.hash, last.row.hash)) {
    report({ kind: 'batch-unlinked', chain, batch: end })
  }
}
