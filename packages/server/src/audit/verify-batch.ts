import type { AuditFinding } from './findings.ts'
import { batchHash, digestsOf, HASH_BYTES, isBatchSeal, type SealKeys, sameBytes } from './format.ts'
import type { BatchRow } from './rows.ts'

/** What one row says of itself. */
export interface BatchVerdict {
  readonly findings: readonly AuditFinding[]
  readonly entries: number
  /** Hash and seal are those of this place in this chain. */
  readonly authentic: boolean
}

/** Checks a batch by itself: seal, hash, digests, entries, times. Its link to the batch before is the caller's. */
export function verifyBatch(row: BatchRow, sealKeys: SealKeys): BatchVerdict {
  const { chain_id: chain, sequence: batch } = row
  const lines = row.entries.split('\n')
  const actual = digestsOf(lines)
  const sealed = isBatchSeal(sealKeys, row.seal, chain, batch, row.hash)
  const hashed = sameBytes(row.hash, batchHash(chain, batch, row.previous, row.digests))
  const findings: AuditFinding[] = []
  if (sealed && hashed) {
    findings.push(...compareEntries(chain, batch, row.digests, actual))
  } else {
    findings.push({ kind: 'batch-altered', chain, batch, part: alteredPart(row, actual, sealed, hashed) })
  }
  if (findings.length === 0) {
    const times = lines.map(timeOf)
    if (row.first_time !== min(times) || row.last_time !== max(times)) {
      findings.push({ kind: 'batch-altered', chain, batch, part: 'times' })
    }
  }
  return { findings, entries: lines.length, authentic: sealed && hashed }
}

/** Which column was changed, as far as the others tell. */
function alteredPart(row: BatchRow, actual: Uint8Array, sealed: boolean, hashed: boolean) {
  if (!sealed && hashed) return 'hash or seal'
  if (!sealed) return 'several columns'
  const { chain_id: chain, sequence: batch } = row
  return sameBytes(row.hash, batchHash(chain, batch, row.previous, actual))
    ? 'digests'
    : 'entries and digests, or the hash of the batch before'
}

/** Entries against digests that are known to be genuine. Entries count from 1. */
function compareEntries(
  chain: string,
  batch: number,
  genuine: Uint8Array,
  actual: Uint8Array,
): readonly AuditFinding[] {
  if (sameBytes(genuine, actual)) return []
  const wanted = split(genuine)
  const found = split(actual)
  const findings: AuditFinding[] = []
  if (wanted.length === found.length) {
    const wrong = wanted.flatMap((digest, i) => (digest === found[i] ? [] : [i]))
    for (const i of wrong) {
      const from = wrong.find((j) => found[i] === wanted[j])
      if (from === undefined) findings.push({ kind: 'entry-altered', chain, batch, entry: i + 1 })
      else findings.push({ kind: 'entry-moved', chain, batch, entry: i + 1, from: from + 1 })
    }
    return findings
  }
  // Walk both: what is missing here and comes later was removed before it; what never comes was put in, or altered.
  let at = 0
  for (const digest of found) {
    const next = wanted.indexOf(digest, at)
    if (next === -1) {
      findings.push({ kind: 'entry-added', chain, batch, before: at + 1 })
      continue
    }
    for (; at < next; at += 1) findings.push({ kind: 'entry-removed', chain, batch, entry: at + 1 })
    at = next + 1
  }
  for (; at < wanted.length; at += 1) findings.push({ kind: 'entry-removed', chain, batch, entry: at + 1 })
  return findings
}

function split(digests: Uint8Array): string[] {
  const text = Buffer.from(digests).toString('hex')
  const out: string[] = []
  for (let i = 0; i < text.length; i += HASH_BYTES * 2) out.push(text.slice(i, i + HASH_BYTES * 2))
  return out
}

function timeOf(line: string): number {
  return Date.parse(JSON.parse(line).time) || 0
}

function min(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER)
}

function max(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0)
}
