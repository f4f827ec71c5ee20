import { setImmediate as turn } from 'node:timers/promises'
import type { ReadHandle } from '../store/store.ts'
import type { AuditEntry } from './audit.ts'

/** What is looked for; what is left out may be anything. */
export interface AuditWanted {
  /** Only entries of calls of this account. */
  readonly account: string
  /** Times of the entries, in milliseconds, both inclusive. */
  readonly from: number
  readonly to: number
  /** Name of the operation, as it stands in the entry. */
  readonly operation?: string | undefined
  /** ARN or URN of the caller, or its access key. */
  readonly caller?: string | undefined
  /** Action and resource of a check of the call. */
  readonly action?: string | undefined
  readonly resource?: string | undefined
  readonly outcome?: string | undefined
}

/** Where an entry stands. Of a batch, entries count from 1. */
export interface AuditPlace {
  readonly time: number
  readonly chain: string
  readonly batch: number
  readonly entry: number
}

export interface FoundEntry extends AuditPlace {
  readonly value: AuditEntry
}

/**
 * How far the entries of one batch lie apart, at most, to be found, in milliseconds. A batch spans moments, unless it takes
 * over what a dead process left.
 */
const LONGEST_BATCH = 86_400_000

/** Rows that are read at once. */
const ROWS = 8
/** Entries that are looked at in one turn of the loop, which serves calls in between. */
const IN_ONE_TURN = 250

/**
 * Chained entries, the newest first, from just before a place on. Yields undefined after every group of rows, with where it
 * stands, so that who asks can end a search that finds nothing. Verifies nothing, and passes over what is no entry.
 */
export async function* searchAudit(
  db: ReadHandle,
  wanted: AuditWanted,
  before?: AuditPlace,
): AsyncGenerator<FoundEntry | { readonly passed: AuditPlace; readonly entries: number }> {
  let at = before
  for (;;) {
    const rows = await rowsBefore(db, wanted, at)
    let entries = 0
    for (const { chain_id: chain, sequence: batch, first_time: time, entries: text } of rows) {
      if (typeof text !== 'string' || !Number.isSafeInteger(batch)) continue
      const lines = text.split('\n')
      entries += lines.length
      // Of the row that the place is in, what stands before it.
      const end = at?.chain === chain && at.batch === batch ? at.entry - 1 : lines.length
      for (let entry = end; entry >= 1; entry -= 1) {
        if (entry % IN_ONE_TURN === 0) await turn()
        const value = matching(lines[entry - 1]!, wanted)
        if (value) yield { time, chain, batch, entry, value }
      }
    }
    const last = rows.at(-1)
    if (!last) return
    at = { time: last.first_time, chain: last.chain_id, batch: last.sequence, entry: 1 }
    if (rows.length < ROWS) return
    yield { passed: at, entries }
    await turn()
  }
}

function rowsBefore(db: ReadHandle, { from, to }: AuditWanted, at: AuditPlace | undefined) {
  let query = db
    .selectFrom('audit_batches')
    .select(['chain_id', 'sequence', 'first_time', 'entries'])
    // By the index alone: a condition on the end of a batch would have the database walk to the beginning of the log.
    .where('first_time', '>=', from - LONGEST_BATCH)
    .where('first_time', '<=', to)
    .where('sequence', '>=', 1)
    .where('sequence', '<=', Number.MAX_SAFE_INTEGER)
    .orderBy('first_time', 'desc')
    .orderBy('chain_id', 'desc')
    .orderBy('sequence', 'desc')
    .limit(ROWS)
  if (at) {
    const { time, chain, batch, entry } = at
    query = query.where((eb) =>
      eb.or([
        eb('first_time', '<', time),
        eb('first_time', '=', time).and('chain_id', '<', chain),
        eb('first_time', '=', time)
          .and('chain_id', '=', chain)
          // The rest of a row that was left in its middle.
          .and('sequence', entry > 1 ? '<=' : '<', batch),
      ]),
    )
  }
  return query.execute()
}

function matching(line: string, wanted: AuditWanted): AuditEntry | undefined {
  const { account, operation, caller, action, resource, outcome } = wanted
  // Reading a line as JSON costs many times what looking for a word in it does.
  for (const word of [account, operation, outcome, action])
    if (word !== undefined && !line.includes(word)) return undefined
  const value = entryOf(line)
  if (value?.account !== account) return undefined
  const time = Date.parse(value.time)
  if (!(time >= wanted.from && time <= wanted.to)) return undefined
  if (operation !== undefined && value.operation !== operation) return undefined
  if (outcome !== undefined && value.outcome !== outcome) return undefined
  if (caller !== undefined && value.caller !== caller && value.accessKeyId !== caller) return undefined
  if (action === undefined && resource === undefined) return value
  const hit = value.checks.some(
    (check) =>
      (action === undefined || check.action === action) &&
      (resource === undefined || check.resource === resource),
  )
  return hit ? value : undefined
}

function entryOf(line: string): AuditEntry | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value?.requestId === 'string' && Array.isArray(value.checks) ? value : undefined
  } catch {
    return undefined
  }
}
