import { sql } from 'kysely'
import { partsOf, writeLate } from '../store/handles.ts'
import { hotStatement } from '../store/hot.ts'
import type { WriteHandle } from '../store/store.ts'
import type { Line } from './chain.ts'
import { GENESIS, isPendingSeal, pendingSeal, type SealKeys } from './format.ts'
import { foundPending, PENDING_COLUMNS, type PendingRow, shownName } from './rows.ts'

/** An entry that is durable with its effect and waits to be chained. */
export interface PendingLine extends Line {
  readonly id: string
}

/** After this long the process that wrote a pending entry is dead, in milliseconds: a living one chains it at once. */
export const ORPHANED = 30_000

const insert = hotStatement((tx) =>
  tx.insertInto('audit_pending').values({ id: '', chain_id: '', written_at: 0, entry: '', seal: GENESIS }),
)

const removeOne = hotStatement((tx) => tx.deleteFrom('audit_pending').where('id', '=', ''))

export async function insertPending(
  tx: WriteHandle,
  sealKeys: SealKeys,
  row: Omit<PendingRow, 'seal'>,
): Promise<void> {
  const seal = pendingSeal(sealKeys, row)
  if (partsOf(tx).kind === 'postgres') return writeLate(tx, insertPendingRows, { ...row, seal })
  const inserted = insert(tx, [row.id, row.chain_id, row.written_at, row.entry, seal])
  if (typeof inserted !== 'number') await inserted
}

/** PostgreSQL: one statement for the entries of many writes. */
export async function insertPendingRows(tx: WriteHandle, rows: readonly PendingRow[]): Promise<void> {
  const column = <T>(of: (row: PendingRow) => T) => rows.map(of)
  await sql`
    insert into audit_pending (id, chain_id, written_at, entry, seal)
    select * from unnest(${column((row) => row.id)}::text[], ${column((row) => row.chain_id)}::text[],
      ${column((row) => row.written_at)}::bigint[], ${column((row) => row.entry)}::text[],
      ${column((row) => Buffer.from(row.seal))}::bytea[])`.execute(tx)
}

/** Removes rows that are being chained; returns how many were still there. */
export async function removePending(tx: WriteHandle, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  if (partsOf(tx).kind === 'sqlite') {
    let removed = 0
    for (const id of ids) removed += removeOne(tx, [id]) as number
    return removed
  }
  const result = await sql`delete from audit_pending where id = any(${[...ids]}::text[])`.execute(tx)
  return Number(result.numAffectedRows ?? 0n)
}

/** Whose pending entries to take over. */
export type Adoption =
  /** Everybody's: nobody else writes this database. */
  | { readonly of: 'all' }
  /** Those of the chain, left by its last writer, and those of the dead. */
  | { readonly of: 'chain'; readonly chain: string }
  /** Those of the dead. */
  | { readonly of: 'dead' }

/**
 * Pending entries to take over, oldest first, apart from those that this process knows of. A row that was tampered with
 * is not taken: it stays where it is, for the verification to name.
 */
export async function findOrphans(
  tx: WriteHandle,
  sealKeys: SealKeys,
  adoption: Adoption,
  wall: number,
  known: ReadonlySet<string>,
  limit: number,
): Promise<{
  readonly lines: readonly PendingLine[]
  readonly altered: readonly string[]
  readonly full: boolean
}> {
  let query = tx.selectFrom('audit_pending').select(PENDING_COLUMNS).orderBy('written_at').limit(limit)
  if (adoption.of === 'chain') {
    query = query.where((eb) =>
      eb.or([eb('chain_id', '=', adoption.chain), eb('written_at', '<', wall - ORPHANED)]),
    )
  } else if (adoption.of === 'dead') {
    query = query.where('written_at', '<', wall - ORPHANED)
  }
  const rows = await query.execute()
  const lines: PendingLine[] = []
  const altered: string[] = []
  for (const { id, row } of rows.map(foundPending)) {
    if (known.has(id as string)) continue
    if (!row || !isPendingSeal(sealKeys, row)) altered.push(shownName(id))
    else lines.push({ id: row.id, text: row.entry, time: Date.parse(JSON.parse(row.entry).time) || 0 })
  }
  return { lines, altered, full: rows.length === limit && lines.length > 0 }
}
