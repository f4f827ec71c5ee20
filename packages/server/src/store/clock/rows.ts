import { sql } from 'kysely'
import { readMeta, writeMeta } from '../meta.ts'
import type { ReadHandle, Store, WriteHandle } from '../store.ts'
import { type Anchor, CLOCK_BOUND, type Reading } from './judge.ts'

/** An operator's word that a time is right, kept under this key of the table `meta`. */
const WORD = 'clock-word'

export interface Word extends Reading {
  readonly id: string
}

/** What the database says at a moment: its own clock, where it is not this process's, and the operator's last word. */
export interface DatabaseReading {
  readonly database?: number
  readonly word?: Word
}

export async function readDatabase(store: Pick<Store, 'kind' | 'read'>): Promise<DatabaseReading> {
  const words = (text: string | undefined | null) => (text ? { word: JSON.parse(text) as Word } : {})
  if (store.kind === 'sqlite') return words(await readMeta(store.read, WORD))
  const { rows } = await sql<{ now: number; word: string | null }>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as now,
      (select value from meta where key = ${WORD}) as word`.execute(store.read)
  return { database: rows[0]!.now, ...words(rows[0]!.word) }
}

/** Writes the operator's word down; every process takes it over when it next looks, if its own clock agrees. */
export async function writeWord(tx: WriteHandle, word: Word): Promise<void> {
  await writeMeta(tx, WORD, JSON.stringify(word))
}

/** The clock of a process as it is stored. */
export interface ClockRow {
  readonly id: string
  readonly boot: string
  readonly wall: number
  readonly seen: number
  readonly trusted?: Pick<Anchor, 'wall' | 'uptime'> | undefined
}

/** The last times that processes trusted. */
export async function readAnchors(db: ReadHandle): Promise<readonly Anchor[]> {
  const rows = await db.selectFrom('clocks').select(['boot', 'trusted_wall', 'trusted_uptime']).execute()
  return rows.flatMap(({ boot, trusted_wall, trusted_uptime }) =>
    trusted_wall === null || trusted_uptime === null
      ? []
      : [{ boot, wall: trusted_wall, uptime: trusted_uptime }],
  )
}

/** Keeps the last trusted time of the row when there is no newer one. */
export async function writeClock(
  tx: WriteHandle,
  { id, boot, wall, seen, trusted }: ClockRow,
): Promise<void> {
  const said = { wall: Math.round(wall), seen: Math.round(seen) }
  const found = trusted && {
    boot,
    trusted_wall: Math.round(trusted.wall),
    trusted_uptime: Math.round(trusted.uptime),
  }
  await tx
    .insertInto('clocks')
    .values({ id, boot, trusted_wall: null, trusted_uptime: null, ...said, ...found })
    .onConflict((c) => c.column('id').doUpdateSet({ ...said, ...found }))
    .execute()
}

/** Forgets processes that are gone, once this one has a trusted time: theirs are older, or were wrong. */
export async function forgetClocks(tx: WriteHandle, own: string, seen: number): Promise<void> {
  await tx
    .deleteFrom('clocks')
    .where('id', '<>', own)
    .where((eb) =>
      eb.or([eb('seen', '<', seen - 10 * CLOCK_BOUND), eb('seen', '>', seen + 10 * CLOCK_BOUND)]),
    )
    .execute()
}

/** What the wall clocks of living processes say when the database's clock says `seen`. */
export async function readWalls(db: ReadHandle, seen: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('clocks')
    .select(['wall', 'seen'])
    .where('seen', '>', seen - CLOCK_BOUND)
    .execute()
  return rows.map((row) => row.wall + seen - row.seen)
}
