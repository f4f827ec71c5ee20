import { setTimeout as pause } from 'node:timers/promises'
import type { ReadHandle } from '../store/store.ts'

/** An entry as it leaves the service: where it stands, and the line of the log as it was written. */
export interface ExportedEntry {
  readonly chain: string
  readonly batch: number
  /** In the batch, from 1. */
  readonly entry: number
  /** Hash of the batch, in hexadecimal: what `keyward audit verify` proves. */
  readonly hash: string
  /** JSON text of the entry. */
  readonly text: string
}

/** An entry as a line of JSON: its place, and the very line that is chained. */
export function exportedLine({ chain, batch, entry, hash, text }: ExportedEntry): string {
  return `{"chain":${JSON.stringify(chain)},"batch":${batch},"entry":${entry},"hash":"${hash}","value":${text}}`
}

/** The last place of a chain that whoever asks has: what comes after it is exported. */
export interface AuditPosition {
  readonly chain: string
  readonly batch: number
  readonly entry: number
}

/** Batches that are read at once. */
export const EXPORTED_ROWS = 50

/** `main/12/3`: chain, batch and entry. Undefined for what is no position. */
export function readPosition(text: string): AuditPosition | undefined {
  const parts = /^([A-Za-z0-9][\w.-]{0,63})\/(\d{1,15})\/(\d{1,9})$/.exec(text)
  return parts ? { chain: parts[1]!, batch: Number(parts[2]), entry: Number(parts[3]) } : undefined
}

/**
 * Chained entries, chain by chain, each in its order. INVARIANT: batches of a chain are numbered without a gap and never
 * changed, so whoever goes on from the last place that was written down misses nothing; what came after that place may
 * come a second time.
 */
export async function* exportAudit(
  db: ReadHandle,
  after: readonly AuditPosition[] = [],
): AsyncGenerator<ExportedEntry> {
  const chains = await db.selectFrom('audit_chains').select('id').orderBy('id').execute()
  for (const { id: chain } of chains) {
    const start = after.findLast((one) => one.chain === chain)
    let { batch, entry } = start ?? { batch: 0, entry: 0 }
    for (;;) {
      // Of the batch of the position the rest, which may be nothing.
      const rows = await nextBatches(db, chain, Math.max(0, batch - 1))
      for (const row of rows) {
        const from = row.sequence === batch ? entry : 0
        const entries = entriesOf(chain, row)
        yield* from === 0 ? entries : entries.slice(from)
        batch = row.sequence
        entry = entries.length
      }
      if (rows.length < EXPORTED_ROWS) break
    }
  }
}

/** What is exported of the next {@link EXPORTED_ROWS} batches of a chain after a number; fewer: they are the last. */
export function nextBatches(db: ReadHandle, chain: string, after: number) {
  return db
    .selectFrom('audit_batches')
    .select(['sequence', 'entries', 'hash'])
    .where('chain_id', '=', chain)
    .where('sequence', '>', after)
    .where('sequence', '<=', Number.MAX_SAFE_INTEGER)
    .orderBy('sequence')
    .limit(EXPORTED_ROWS)
    .execute()
}

/** The entries of a batch, each with its place. */
export function entriesOf(
  chain: string,
  batch: { readonly sequence: number; readonly hash: Uint8Array; readonly entries: string },
): readonly ExportedEntry[] {
  const hash = Buffer.from(batch.hash).toString('hex')
  return batch.entries
    .split('\n')
    .map((text, i) => ({ chain, batch: batch.sequence, entry: i + 1, hash, text }))
}

/** As {@link exportAudit}, and then what is chained later, until `signal` says so. */
export async function* followAudit(
  db: ReadHandle,
  after: readonly AuditPosition[],
  { signal, every = 1000 }: { readonly signal?: AbortSignal; readonly every?: number } = {},
): AsyncGenerator<ExportedEntry> {
  const places = new Map(after.map((one) => [one.chain, one]))
  while (!signal?.aborted) {
    for await (const one of exportAudit(db, [...places.values()])) {
      yield one
      places.set(one.chain, one)
    }
    await pause(every, undefined, { ...(signal ? { signal } : {}) }).catch(() => {})
  }
}
