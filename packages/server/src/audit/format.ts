import { hash as digestOnce, timingSafeEqual } from 'node:crypto'
import { digestGeneration, isKeyedDigest, type Keyring, keyedDigest } from '../crypto/keyring.ts'
import type { AuditEntry, AuditedCheck } from './audit.ts'

/*
 * The log is one or more chains, one a process that writes; a chain is a row of batches:
 *
 *   batch n        entries    line 1 \n line 2 \n ... line k          (text; each line an entry, JSON)
 *                  digests    SHA-256(line 1) ... SHA-256(line k)     (32 k bytes)
 *                  previous   hash of batch n-1                       (32 bytes; zeros for batch 1)
 *                  hash       SHA-256("keyward-audit-batch/1\n" chain "\n" n "\n" previous digests)
 *                  seal       HMAC("keyward-audit-seal/1\n" chain "\n" n "\n" hash)
 *   head           n, hash    of the last batch
 *                  seal       HMAC("keyward-audit-head/1\n" chain "\n" n "\n" hash)
 *   floor          n, hash    of the last batch that was old enough to be taken out of the database
 *                  seal       HMAC("keyward-audit-floor/1\n" chain "\n" n "\n" hash)
 *   sent           seal       HMAC("keyward-audit-sent/1\n" chain "\n" n "\n" sink)
 *   pending entry  seal       HMAC("keyward-audit-pending/1\n" chain "\n" id "\n" written_at "\n" line)
 *   list           meta row `audit-chains`: the names of all chains, and an HMAC over them
 *
 * HMAC is a keyed digest of crypto/keyring.ts: it names the generation of the keyring whose key made it. Lines are UTF-8;
 * numbers are decimal; chains and ids have no line break.
 *
 * Generation 0 is the root key of the time before there was a keyring, which others may have by now. A batch that it
 * sealed is believed because a head of today stands on it, hash by hash; heads, pending entries and the list are sealed
 * anew when a database is carried over, and theirs are not believed afterwards.
 *
 * The digests name the entry that was changed, the batch seals the batch, the head the tail that was cut off, the list
 * the chain that was taken away whole; that there must be a list is known from everything else that stands in the
 * database. Who has the database but not the key can change none of it unseen, with two exceptions. An entry that was
 * committed and is not chained yet (moments on PostgreSQL, never on SQLite, until the next start after a crash) can be
 * removed, though not altered. And what was genuine once, a chain with its head, the list with its chains, the whole
 * database down to the empty one, can be put back to that earlier state: only a head that was kept elsewhere shows that
 * (`expectHeads` of the verification).
 */

export const HASH_BYTES = 32
export const GENESIS: Uint8Array = new Uint8Array(HASH_BYTES)

const CHAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export function isChainName(name: string): boolean {
  return CHAIN_NAME.test(name)
}

/**
 * An entry as one line: JSON with its members in one order, whoever wrote it. In one call of `JSON.stringify`: text that is put
 * together from parts has to be copied into one piece before it is hashed and stored, which costs more than all the rest.
 */
export function entryText(entry: AuditEntry): string {
  return JSON.stringify({
    requestId: entry.requestId,
    time: entry.time,
    operation: entry.operation,
    account: entry.account,
    caller: entry.caller,
    accessKeyId: entry.accessKeyId,
    source: entry.source,
    checks: entry.checks.map(checkInOrder),
    outcome: entry.outcome,
    input: inOrder(entry.input),
    warnings: entry.warnings,
  })
}

function checkInOrder({ action, resource, decision, reason, by, facts }: AuditedCheck): object {
  return { action, resource, decision, reason, by, facts: inOrder(facts) }
}

/** A value whose objects have their members in the order of their names: itself, where it is so already. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(inOrder)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  let same = true
  const members: [name: string, member: unknown][] = []
  for (const name of Object.keys(value)) {
    const given = (value as Record<string, unknown>)[name]
    const member = inOrder(given)
    same &&= member === given && (members.length === 0 || members.at(-1)![0] < name)
    members.push([name, member])
  }
  return same ? value : Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Digests of lines, one after the other. */
export function digestsOf(lines: readonly string[]): Buffer {
  const digests = Buffer.allocUnsafe(lines.length * HASH_BYTES)
  for (let i = 0; i < lines.length; i += 1) {
    // As text: bytes of its own would cost more than the hash of a line.
    digests.write(digestOnce('sha256', lines[i]!, 'latin1'), i * HASH_BYTES, 'latin1')
  }
  return digests
}

export function batchHash(
  chain: string,
  sequence: number,
  previous: Uint8Array,
  digests: Uint8Array,
): Buffer {
  const label = Buffer.from(`keyward-audit-batch/1\n${chain}\n${sequence}\n`)
  return digestOnce('sha256', Buffer.concat([label, previous, digests]), 'buffer')
}

/** The keys of the audit's seals. */
export type SealKeys = Pick<Keyring, 'keyFor' | 'keyOf' | 'carrying'>

type Parts = readonly (string | Uint8Array)[]

const sealOf = (keys: SealKeys, parts: Parts) => keyedDigest(keys, 'audit', ...parts)
const fits = (keys: SealKeys, seal: Uint8Array, parts: Parts) => isKeyedDigest(keys, seal, 'audit', ...parts)
/** Of what is sealed anew when a database is carried over. */
const fitsNow = (keys: SealKeys, seal: Uint8Array, parts: Parts) =>
  (keys.carrying || digestGeneration(seal) !== 0) && fits(keys, seal, parts)

/** What a seal of a batch is over. */
const batchParts = (chain: string, sequence: number, hash: Uint8Array) =>
  [`keyward-audit-seal/1\n${chain}\n${sequence}\n`, hash] as const
const headParts = (chain: string, sequence: number, hash: Uint8Array) =>
  [`keyward-audit-head/1\n${chain}\n${sequence}\n`, hash] as const
const floorParts = (chain: string, sequence: number, hash: Uint8Array) =>
  [`keyward-audit-floor/1\n${chain}\n${sequence}\n`, hash] as const
const sentParts = (chain: string, sequence: number, sink: string) =>
  [`keyward-audit-sent/1\n${chain}\n${sequence}\n`, sink] as const
const pendingParts = (row: SealedPending) =>
  [`keyward-audit-pending/1\n${row.chain_id}\n${row.id}\n${row.written_at}\n`, row.entry] as const
const listParts = (text: string) => [`keyward-audit-chains/1\n${text}`] as const

interface SealedPending {
  readonly chain_id: string
  readonly id: string
  readonly written_at: number
  readonly entry: string
}

export function batchSeal(keys: SealKeys, chain: string, sequence: number, hash: Uint8Array): Buffer {
  return sealOf(keys, batchParts(chain, sequence, hash))
}

export function isBatchSeal(
  keys: SealKeys,
  seal: Uint8Array,
  chain: string,
  sequence: number,
  hash: Uint8Array,
): boolean {
  return fits(keys, seal, batchParts(chain, sequence, hash))
}

export function headSeal(keys: SealKeys, chain: string, sequence: number, hash: Uint8Array): Buffer {
  return sealOf(keys, headParts(chain, sequence, hash))
}

export function isHeadSeal(
  keys: SealKeys,
  chain: string,
  row: { readonly sequence: number; readonly hash: Uint8Array; readonly seal: Uint8Array },
): boolean {
  return fitsNow(keys, row.seal, headParts(chain, row.sequence, row.hash))
}

/** Of the place up to which a chain was taken out of the database. */
export function floorSeal(keys: SealKeys, chain: string, sequence: number, hash: Uint8Array): Buffer {
  return sealOf(keys, floorParts(chain, sequence, hash))
}

export function isFloorSeal(
  keys: SealKeys,
  chain: string,
  row: { readonly sequence: number; readonly hash: Uint8Array; readonly seal: Uint8Array },
): boolean {
  return fitsNow(keys, row.seal, floorParts(chain, row.sequence, row.hash))
}

/** Of the place up to which a chain was sent to a sink. */
export function sentSeal(keys: SealKeys, chain: string, sequence: number, sink: string): Buffer {
  return sealOf(keys, sentParts(chain, sequence, sink))
}

export function isSentSeal(
  keys: SealKeys,
  seal: Uint8Array,
  chain: string,
  sequence: number,
  sink: string,
): boolean {
  return fitsNow(keys, seal, sentParts(chain, sequence, sink))
}

export function pendingSeal(keys: SealKeys, row: SealedPending): Buffer {
  return sealOf(keys, pendingParts(row))
}

export function isPendingSeal(keys: SealKeys, row: SealedPending & { readonly seal: Uint8Array }): boolean {
  return fitsNow(keys, row.seal, pendingParts(row))
}

export function listSeal(keys: SealKeys, text: string): string {
  return sealOf(keys, listParts(text)).toString('hex')
}

export function isListSeal(keys: SealKeys, seal: unknown, text: string): boolean {
  return typeof seal === 'string' && fitsNow(keys, Buffer.from(seal, 'hex'), listParts(text))
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
