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

/** Chained entries in order of their batches' earliest time. Reads as it goes; verifies nothing. */
export async function* readAudit(db: ReadHandle, filter: AuditFilter = {}): AsyncGenerator<FoundEntry> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, account, operation } = filter
  for (let offset: { time: number; chain: string; sequence: number } | undefined; ; ) {
    let query = db
      .selectFrom('audit_batches')
      .select(['chain_id', 'sequence', 'first_time', 'entries'])
      .where('last_time', '>=', from)
      .where('first_time', '<=', to)
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
      for (const [i, line] of row.entries.split('\n').entries()) {
        const value = JSON.parse(line) as AuditEntry
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
