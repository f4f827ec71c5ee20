import type { ReadHandle } from '../store/store.ts'
import type { AuditEntry } from './audit.ts'

export interface AuditFilter {
  /** Times of the entries, in milliseconds, both inclusive. */
  readonly from?: number
  readonly to?: number
  readonly account?: string
  readonly operation?: string
}

/** An entry and where it stands. */
export interface FoundEntry {
  readonly chain: string
  readonly batch: number
  /** From 1. */
  readonly entry: number
  readonly value: AuditEntry
}

const PAGE = 50

/**
 * Chained entries in order of their batches' earliest time. Reads as it goes and verifies nothing; but a row that can be
 * no batch of a chain, and a line that is no entry, are passed over: the verification names them.
 */
export async function* readAudit(db: ReadHandle, filter: AuditFilter = {}): AsyncGenerator<FoundEntry> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, account, operation } = filter
  for (let offset: { time: number; chain: string; sequence: number } | undefined; ; ) {
    let query = db
      .selectFrom('audit_batches')
      .select(['chain_id', 'sequence', 'first_time', 'entries'])
      .where('last_time', '>=', from)
      .where('first_time', '<=', to)
      // A column can hold what the driver cannot give.
      .where('first_time', '>=', -Number.MAX_SAFE_INTEGER)
      .where('sequence', '>=', 1)
      .where('sequence', '<=', Number.MAX_SAFE_INTEGER)
      .orderBy('first_time')
      .orderBy('chain_id')
      .orderBy('sequence')
      .limit(PAGE)
    if (offset) {
      const { time, chain, sequence } = offset
      query = query.where((eb) =>
        eb.or([
          eb('first_time', '>', time),
          eb('first_time', '=', time).and('chain_id', '>', chain),
          eb('first_time', '=', time).and('chain_id', '=', chain).and('sequence', '>', sequence),
        ]),
      )
    }
    const rows = await query.execute()
    for (const row of rows) {
      if (typeof row.entries !== 'string' || !Number.isSafeInteger(row.sequence)) continue
      for (const [i, line] of row.entries.split('\n').entries()) {
        const value = entryOf(line)
        if (!value) continue
        const time = Date.parse(value.time)
        if (time < from || time > to) continue
        if (account !== undefined && value.account !== account) continue
        if (operation !== undefined && value.operation !== operation) continue
        yield { chain: row.chain_id, batch: row.sequence, entry: i + 1, value }
      }
    }
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    offset = { time: last.first_time, chain: last.chain_id, sequence: last.sequence }
  }
}

function entryOf(line: string): AuditEntry | undefined {
  try {
    const value = JSON.parse(line)
    return typeof value?.requestId === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
