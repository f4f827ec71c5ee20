import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../store/schema/index.ts'
import type { ReadHandle } from '../store/store.ts'

/*
 * Who has the database can put anything into it: a column of SQLite takes a value of any type, whatever it was declared
 * as, and a number of 64 bits is none that the driver can give. So the rows of the log are read through expressions that
 * give null for what does not belong in the column, and what comes is looked at before it is believed.
 */

export type BatchRow = Selectable<Schema['audit_batches']>
export type FloorRow = Selectable<Schema['audit_floors']>
export type HeadRow = Selectable<Schema['audit_chains']>
export type PendingRow = Selectable<Schema['audit_pending']>

/** Batches read at a time. */
const PAGE = 50
/** Rows outside the sequence that are read at most. */
const STRAYS = 200
const LARGEST = sql.lit(Number.MAX_SAFE_INTEGER)
/** In SQLite's order every blob that is not empty comes from here on, and nothing that is no blob. */
const FIRST_BYTES = Buffer.of(0)

const BATCH_NUMBERS = ['first_time', 'last_time'] as const
const BATCH_BYTES = ['digests', 'previous', 'hash', 'seal'] as const

/** The column where it holds a number that JavaScript can, or null. A fraction comes through. */
function number<C extends string>(column: C) {
  const it = sql.ref(column)
  return sql<unknown>`case when ${it} >= -${LARGEST} and ${it} <= ${LARGEST} then ${it} end`.as(column)
}

/** The column where it holds bytes, or null. */
function bytes<C extends string>(column: C) {
  const it = sql.ref(column)
  return sql<unknown>`case when ${it} >= ${FIRST_BYTES} then ${it} end`.as(column)
}

/** A row out of the database whose columns may hold anything. */
type Found<R> = { readonly [C in keyof R]: unknown }

/** The row where every column holds what it should, else the name of the first that does not. */
function judged<R extends object>(
  row: Found<R>,
  texts: readonly (keyof R)[],
  numbers: readonly (keyof R)[],
  blobs: readonly (keyof R)[],
): { readonly row: R } | { readonly wrong: string } {
  const wrong =
    texts.find((column) => typeof row[column] !== 'string') ??
    numbers.find((column) => !Number.isSafeInteger(row[column])) ??
    blobs.find((column) => !(row[column] instanceof Uint8Array))
  return wrong === undefined ? { row: row as R } : { wrong: String(wrong) }
}

/** A batch as it stands in the database. `wrong` names a column that holds what it cannot hold; then there is no row. */
export type FoundBatch =
  | { readonly sequence: number; readonly row: BatchRow; readonly wrong?: undefined }
  | { readonly sequence: number; readonly row?: undefined; readonly wrong: string }

/** The batches of a chain whose numbers can be those of batches, in order, from the one after a number on. */
export async function* batchesOf(db: ReadHandle, chain: string, from = 0): AsyncGenerator<FoundBatch> {
  for (let after = from; ; ) {
    const page = await db
      .selectFrom('audit_batches')
      .select(['chain_id', 'sequence', 'entries', ...BATCH_NUMBERS.map(number), ...BATCH_BYTES.map(bytes)])
      .where('chain_id', '=', chain)
      .where('sequence', '>', after)
      .where('sequence', '<=', Number.MAX_SAFE_INTEGER)
      .orderBy('sequence')
      .limit(PAGE)
      .execute()
    for (const found of page) {
      const { sequence } = found
      yield { sequence, ...judged<BatchRow>(found, ['entries'], ['sequence', ...BATCH_NUMBERS], BATCH_BYTES) }
    }
    if (page.length < PAGE) return
    after = page.at(-1)!.sequence
  }
}

/** What stands instead of a number in rows that no batch of the chain can be: below 1, enormous, or no number. */
export async function strayBatches(db: ReadHandle, chain: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('audit_batches')
    .select(sql<unknown>`cast(sequence as text)`.as('name'))
    .where('chain_id', '=', chain)
    .where((eb) => eb.or([eb('sequence', '<', 1), eb('sequence', '>', Number.MAX_SAFE_INTEGER)]))
    .orderBy('sequence')
    .limit(STRAYS)
    .execute()
  return rows.map(({ name }) => shownName(name))
}

/** A head as it stands in the database. Without `row`, a column holds what it cannot hold. */
export interface FoundHead {
  readonly id: unknown
  readonly row: HeadRow | undefined
}

/** All heads, or that of one chain. */
export async function readHeads(db: ReadHandle, chain?: string): Promise<readonly FoundHead[]> {
  let query = db.selectFrom('audit_chains').select(['id', number('sequence'), bytes('hash'), bytes('seal')])
  if (chain !== undefined) query = query.where('id', '=', chain)
  return (await query.execute()).map((found) => {
    const head = judged<HeadRow>(found, ['id'], ['sequence'], ['hash', 'seal'])
    return { id: found.id, row: 'row' in head ? head.row : undefined }
  })
}

/** The floor of a chain as it stands in the database; without `row`, a column holds what it cannot hold. */
export async function readFloor(
  db: ReadHandle,
  chain: string,
): Promise<{ readonly row: FloorRow | undefined } | undefined> {
  const found = await db
    .selectFrom('audit_floors')
    .select(['chain_id', number('sequence'), bytes('hash'), bytes('seal')])
    .where('chain_id', '=', chain)
    .executeTakeFirst()
  if (!found) return undefined
  const floor = judged<FloorRow>(found, ['chain_id'], ['sequence'], ['hash', 'seal'])
  return { row: 'row' in floor && floor.row.sequence > 0 ? floor.row : undefined }
}

/** A pending entry as it stands in the database. Without `row`, a column holds what it cannot hold. */
export interface FoundPending {
  readonly id: unknown
  readonly chain: unknown
  readonly row: PendingRow | undefined
}

/** What to select of pending entries, for {@link foundPending}. */
export const PENDING_COLUMNS = ['id', 'chain_id', 'entry', number('written_at'), bytes('seal')] as const

export function foundPending(found: Found<PendingRow>): FoundPending {
  const entry = judged<PendingRow>(found, ['id', 'chain_id', 'entry'], ['written_at'], ['seal'])
  return { id: found.id, chain: found.chain_id, row: 'row' in entry ? entry.row : undefined }
}

/** A name out of the database as it can be shown: whoever wrote it may have written for the reader's terminal. */
export function shownName(name: unknown): string {
  if (name instanceof Uint8Array) return `x'${Buffer.from(name).toString('hex').slice(0, 64)}'`
  return String(name)
    .slice(0, 128)
    .replace(/[^\x20-\x7e]|`/g, '?')
}
