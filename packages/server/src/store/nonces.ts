import { sql } from 'kysely'
import { refuse } from '../base/problem.ts'
import type { Nonce } from '../pipeline/connection.ts'
import { partsOf } from './handles.ts'
import { hotStatement } from './hot.ts'
import type { WriteHandle } from './store.ts'

const insertOne = hotStatement((tx) =>
  tx
    .insertInto('nonces')
    .values({ bucket: 0, id: new Uint8Array() })
    .onConflict((c) => c.doNothing()),
)

/** Minutes that a nonce is kept after the minute in which it was signed: twice the signature window, and a margin. */
export const NONCE_MINUTES = 2 * 15 + 5

/** Uses a nonce in the transaction of its effect. Raises `NonceUsed` if it was used before. */
export async function useNonce(tx: WriteHandle, nonce: Nonce): Promise<void> {
  const inserted = insertOne(tx, [nonce.bucket, nonce.id])
  if ((typeof inserted === 'number' ? inserted : await inserted) !== 1) throw refuse({ code: 'NonceUsed' })
}

/** Uses many nonces in one transaction; tells which of them were used before, or stand in the list twice. */
export async function useNonces(tx: WriteHandle, nonces: readonly Nonce[]): Promise<readonly boolean[]> {
  if (nonces.length === 0) return []
  if (partsOf(tx).kind === 'sqlite') {
    return nonces.map(({ bucket, id }) => insertOne(tx, [bucket, id]) !== 1)
  }
  // One round trip. What comes back was new; each of it stands for the first of its equals in the list.
  const { rows } = await sql<{ bucket: number; id: Uint8Array }>`
    insert into nonces (bucket, id)
    select * from unnest(${nonces.map((n) => n.bucket)}::bigint[], ${nonces.map((n) => Buffer.from(n.id))}::bytea[])
    on conflict do nothing returning bucket, id`.execute(tx)
  const fresh = new Set(rows.map(name))
  return nonces.map((nonce) => !fresh.delete(name(nonce)))
}

function name({ bucket, id }: { bucket: number; id: Uint8Array }): string {
  return `${bucket} ${Buffer.from(id).toString('base64')}`
}

/**
 * Forgets nonces whose signature could not be accepted any more. `wall` is the machine's clock, in milliseconds.
 * Returns how many went.
 */
export async function purgeNonces(tx: WriteHandle, wall: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('nonces')
    .where('bucket', '<', Math.floor(wall / 60_000) - NONCE_MINUTES)
    .executeTakeFirst()
  return Number(numDeletedRows)
}
