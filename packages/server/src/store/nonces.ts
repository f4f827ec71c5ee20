import { CompiledQuery, sql } from 'kysely'
import { refuse } from '../base/problem.ts'
import type { Nonce } from '../pipeline/connection.ts'
import { partsOf, whenFailed } from './handles.ts'
import { hotStatement } from './hot.ts'
import { createNonceSet, type NonceSet } from './nonce-set.ts'
import type { ReadHandle, WriteHandle } from './store.ts'

const insertBatch = hotStatement((tx) => tx.insertInto('nonces').values({ bucket: 0, id: new Uint8Array() }))

/** Minutes that a nonce is kept after the minute in which it was signed: twice the signature window, and a margin. */
export const NONCE_MINUTES = 2 * 15 + 5

/**
 * Uses a nonce in the transaction of its effect. Raises `NonceUsed` if it was used before, under whichever minute it was
 * signed then: an access key may use a nonce once within the signature window. What was signed so long ago that its nonce
 * may be forgotten counts as used.
 */
export async function useNonce(tx: WriteHandle, nonce: Nonce): Promise<void> {
  const [used] = await useNonces(tx, [nonce])
  if (used) throw refuse({ code: 'NonceUsed' })
}

/** Uses many nonces in one transaction; tells which of them count as used before, or stand in the list twice. */
export async function useNonces(tx: WriteHandle, nonces: readonly Nonce[]): Promise<readonly boolean[]> {
  if (nonces.length === 0) return []
  return partsOf(tx).kind === 'sqlite' ? useInMemory(tx, nonces) : useInTable(tx, nonces)
}

/**
 * PostgreSQL: uses nonces and gives back the ids of those that were new. `$1` are their minutes, `$2` their ids in one piece
 * ({@link nonceColumns}): as an array of texts they would cost the database several times as much to read.
 */
export const USE_NONCES = `insert into nonces (bucket, id)
    select minute, substr($2::bytea, 16 * at::int - 15, 16) from unnest($1::bigint[]) with ordinality as used (minute, at)
    where minute >= (select bucket from nonce_floor)
    on conflict do nothing returning id`

/** In one order in every process: two that use the same nonces do not wait for each other. */
export function nonceColumns(nonces: readonly Nonce[]): readonly [buckets: readonly number[], ids: Buffer] {
  const sorted = nonces.length > 1 ? [...nonces].sort((a, b) => Buffer.compare(a.id, b.id)) : nonces
  return [sorted.map(({ bucket }) => bucket), Buffer.concat(sorted.map(({ id }) => id))]
}

/**
 * Tells which nonces were used before, by those that were new. Each of these stands for the first of its equals in the
 * list, whatever minute.
 */
export function usedBefore(nonces: readonly Nonce[], fresh: readonly Uint8Array[]): readonly boolean[] {
  const left = new Set(fresh.map(nameOf))
  return nonces.map(({ id }) => !left.delete(nameOf(id)))
}

/** One round trip. */
async function useInTable(tx: WriteHandle, nonces: readonly Nonce[]): Promise<readonly boolean[]> {
  const { rows } = await tx.executeQuery<{ id: Uint8Array }>(
    CompiledQuery.raw(USE_NONCES, [...nonceColumns(nonces)]),
  )
  const used = usedBefore(
    nonces,
    rows.map(({ id }) => id),
  )
  partsOf(tx).used.push(...nonces.filter((_, i) => !used[i]))
  return used
}

/** PostgreSQL: whether a nonce is used, as far as it is committed. */
export async function isInTable(db: ReadHandle, { id }: Nonce): Promise<boolean> {
  const row = await db
    .selectFrom('nonces')
    .select('bucket')
    .where('id', '=', Buffer.from(id))
    .executeTakeFirst()
  return row !== undefined
}

/** PostgreSQL: takes nonces back that the same transaction used. */
export async function forgetNonces(tx: WriteHandle, nonces: readonly Nonce[]): Promise<void> {
  if (nonces.length === 0) return
  await sql`delete from nonces where id = any(${nonces.map(({ id }) => Buffer.from(id))}::bytea[])`.execute(
    tx,
  )
}

function nameOf(id: Uint8Array): string {
  return Buffer.from(id).toString('latin1')
}

/**
 * Asks memory, and writes what was new as one row a bucket: a random key a request would touch a page each, and every
 * commit would write them all.
 *
 * INVARIANT: memory holds every nonce that the database holds, from the first use on; while a transaction runs it may
 * hold more, and what does not become durable is taken out again.
 */
async function useInMemory(tx: WriteHandle, nonces: readonly Nonce[]): Promise<readonly boolean[]> {
  const parts = partsOf(tx)
  if (!parts.nonces) throw new TypeError('a SQLite handle without its nonces')
  const known = await parts.nonces(() => loadSet(tx))
  const fresh = new Map<number, Uint8Array[]>()
  whenFailed(tx, () => {
    for (const [bucket, ids] of fresh) for (const id of ids) known.remove(bucket, id)
  })
  const used = nonces.map(({ bucket, id }) => {
    if (!known.add(bucket, id)) return true
    const ids = fresh.get(bucket)
    if (ids) ids.push(id)
    else fresh.set(bucket, [id])
    return false
  })
  for (const [bucket, ids] of fresh)
    await insertBatch(tx, [bucket, ids.length === 1 ? ids[0] : Buffer.concat(ids)])
  return used
}

/** All that the database holds, once a process. */
async function loadSet(tx: WriteHandle): Promise<NonceSet> {
  const set = createNonceSet()
  const { bucket: floor } = await tx.selectFrom('nonce_floor').select('bucket').executeTakeFirstOrThrow()
  set.raise(floor)
  for (const { bucket, id } of await tx.selectFrom('nonces').selectAll().execute()) {
    for (let at = 0; at < id.length; at += 16) set.add(bucket, id.subarray(at, at + 16))
  }
  return set
}

/**
 * Forgets nonces whose signature no clock could accept any more. `time` is the earliest that any clock says, in
 * milliseconds. Returns how many rows went.
 *
 * INVARIANT: a nonce is forgotten only after what was signed up to its minute is refused for good. So a clock that is set
 * back later opens no window for a second use. The floor rises no further than to what is really forgotten: a clock that
 * was wrong for a while closes no more than it must.
 */
export async function purgeNonces(parts: PurgeParts, time: number): Promise<number> {
  const last = await lastBucketBefore(parts.read, Math.floor(time / 60_000) - NONCE_MINUTES)
  if (last === undefined) return 0
  // Two transactions: one that both read the nonces and wrote the floor would conflict with every use beside it.
  await parts.write((tx) => raiseFloor(tx, last + 1))
  return parts.write((tx) => forgetBelow(tx, last + 1))
}

export interface PurgeParts {
  readonly read: ReadHandle
  readonly write: <T>(body: (tx: WriteHandle) => Promise<T>) => Promise<T>
}

async function lastBucketBefore(db: ReadHandle, before: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('nonces')
    .select('bucket')
    .where('bucket', '<', before)
    .orderBy('bucket', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.bucket
}

/**
 * Refuses what was signed in an earlier minute than this time, in milliseconds: for a database whose nonces are not all
 * that were used.
 */
export function refuseSignedBefore(tx: WriteHandle, time: number): Promise<void> {
  return raiseFloor(tx, Math.floor(time / 60_000))
}

async function raiseFloor(tx: WriteHandle, floor: number): Promise<void> {
  await tx.updateTable('nonce_floor').set({ bucket: floor }).where('bucket', '<', floor).execute()
  // Memory may be ahead of the database when this fails: it then refuses more than it must.
  ;(await partsOf(tx).nonces?.(() => loadSet(tx)))?.raise(floor)
}

async function forgetBelow(tx: WriteHandle, floor: number): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom('nonces').where('bucket', '<', floor).executeTakeFirst()
  ;(await partsOf(tx).nonces?.(() => loadSet(tx)))?.purge()
  return Number(numDeletedRows)
}
