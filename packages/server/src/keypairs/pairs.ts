import type { Selectable } from 'kysely'
import { refuse } from '../base/problem.ts'
import type { Caller } from '../identity/principal.ts'
import { hotQuery } from '../store/hot.ts'
import type { KeypairTables } from '../store/schema/keypairs.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { clearCustody } from './custody.ts'

/** A stored key pair. */
export type Keypair = Readonly<Selectable<KeypairTables['keypairs']>>

/** `user`: seen by its owner alone. `domain`: seen by everyone in the account. */
export type KeypairScope = 'user' | 'domain'

/** Key pairs an account may have, of every owner together. The cloud's own number is not published. */
export const KEYPAIR_QUOTA = 1000

/** `visible_to` of a pair that everyone in the account sees. */
const EVERYONE = '*'

export function scopeOf(pair: Keypair): KeypairScope {
  return pair.visible_to === EVERYONE ? 'domain' : 'user'
}

export function visibleTo(scope: KeypairScope, caller: Caller): string {
  return scope === 'domain' ? EVERYONE : caller.iamId
}

const visibleByName = hotQuery((db) =>
  db
    .selectFrom('keypairs')
    .selectAll()
    .where('project_id', '=', '')
    .where('name', '=', '')
    .where('visible_to', 'in', ['', '']),
)

/**
 * The pair of a name that a caller sees: an own one, else one of the whole account. Another's private pair is missing to
 * everyone else, the account's root included.
 *
 * The row decides nothing (policies look at the name alone), so this reads the store itself: a pair that another process
 * made or deleted a moment ago is seen as it is.
 */
export async function findVisible(
  db: ReadHandle,
  caller: Caller,
  name: string,
): Promise<Keypair | undefined> {
  const rows = await visibleByName(db, [caller.account.projectId, name, ...seenBy(caller)])
  return rows.find((row) => row.visible_to !== EVERYONE) ?? rows[0]
}

/** Whether a caller sees what is `visible_to` someone. */
export function sees(caller: Caller, { visible_to }: { readonly visible_to: string }): boolean {
  return visible_to === EVERYONE || visible_to === caller.iamId
}

/** Those that a caller sees, for a query. */
export function seenBy(caller: Caller): readonly string[] {
  return [caller.iamId, EVERYONE]
}

/** Which of some pairs are others' private ones to a caller. */
export async function hiddenFrom(
  db: ReadHandle | WriteHandle,
  caller: Caller,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('keypairs')
    .select('id')
    .where('id', 'in', [...new Set(ids)])
    .where('visible_to', 'not in', seenBy(caller))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** A stretch of the pairs that a caller sees, by number. */
export interface KeypairPage {
  readonly pairs: readonly Keypair[]
  /** Number the next page starts at; absent on the last page. */
  readonly next?: number
  /** Number the page before starts at; absent on the first page. */
  readonly previous?: number
}

/** Reads `limit` pairs from the one with number `start` on, or from the first one after it where that is gone. */
export async function listVisible(
  db: ReadHandle,
  caller: Caller,
  start: number,
  limit: number,
): Promise<KeypairPage> {
  const visible = db
    .selectFrom('keypairs')
    .where('account_uid', '=', caller.account.uid)
    .where('project_id', '=', caller.account.projectId)
    .where('visible_to', 'in', seenBy(caller))
  const rows = await visible
    .selectAll()
    .where('number', '>=', start)
    .orderBy('number')
    .limit(limit + 1)
    .execute()
  const before =
    start === 0
      ? []
      : await visible
          .select('number')
          .where('number', '<', start)
          .orderBy('number', 'desc')
          .limit(limit)
          .execute()
  const next = rows[limit]?.number
  const previous = before.at(-1)?.number
  return {
    pairs: rows.slice(0, limit),
    ...(next === undefined ? {} : { next }),
    ...(previous === undefined ? {} : { previous }),
  }
}

/**
 * Raises `KeypairExists` when a new pair's name is taken: by one its owner already has, by one of the whole account, or,
 * for a pair of the whole account, by anyone's (reference: huawei-kps.md A.7).
 */
export async function assertNameFree(
  db: ReadHandle | WriteHandle,
  pair: { readonly project_id: string; readonly name: string; readonly visible_to: string },
): Promise<void> {
  const rows = await db
    .selectFrom('keypairs')
    .select('visible_to')
    .where('project_id', '=', pair.project_id)
    .where('name', '=', pair.name)
    .execute()
  const clash = rows.some(
    ({ visible_to }) =>
      pair.visible_to === EVERYONE || visible_to === EVERYONE || visible_to === pair.visible_to,
  )
  if (clash) throw refuse({ code: 'KeypairExists', name: pair.name })
}

/** Stores a new pair under the account's next number. Raises `KeypairExists` and `LimitExceeded`. */
export async function insertKeypair(
  tx: WriteHandle,
  pair: Omit<Keypair, 'number' | 'version'>,
): Promise<Keypair> {
  await assertNameFree(tx, pair)
  const { count } = await tx
    .selectFrom('keypairs')
    .select((e) => e.fn.countAll<number | string>().as('count'))
    .where('account_uid', '=', pair.account_uid)
    .executeTakeFirstOrThrow()
  if (Number(count) >= KEYPAIR_QUOTA) throw refuse({ code: 'LimitExceeded', what: 'key pairs' })
  const row = { ...pair, number: await nextNumber(tx, pair.account_uid), version: 1 }
  await tx.insertInto('keypairs').values(row).execute()
  return row
}

async function nextNumber(tx: WriteHandle, accountUid: string): Promise<number> {
  const row = await tx
    .insertInto('keypair_numbers')
    .values({ account_uid: accountUid, last: 1 })
    .onConflict((c) =>
      c.column('account_uid').doUpdateSet((e) => ({ last: e('keypair_numbers.last', '+', 1) })),
    )
    .returning('last')
    .executeTakeFirstOrThrow()
  return row.last
}

/** Columns that operations change. */
export type KeypairChange = Partial<
  Pick<
    Keypair,
    'description' | 'private_key_id' | 'user_id' | 'user_name' | 'public_key' | 'fingerprint' | 'algorithm'
  >
>

/** Writes a change to a pair that was decided on; the caller made sure that the row is still the decided one. */
export async function changeKeypair(
  tx: WriteHandle,
  pair: Pick<Keypair, 'id' | 'version'>,
  change: KeypairChange,
  now: number,
): Promise<void> {
  await tx
    .updateTable('keypairs')
    .set({ ...change, updated_at: now, version: pair.version + 1 })
    .where('id', '=', pair.id)
    .execute()
}

/** The pair of an id, if it is still there. */
export function findKeypair(db: ReadHandle | WriteHandle, id: string): Promise<Keypair | undefined> {
  return db.selectFrom('keypairs').selectAll().where('id', '=', id).executeTakeFirst()
}

/**
 * Says that what hangs on a pair has changed: where it is bound, or which task is about to bind it. Whoever decided on
 * the pair before starts again.
 */
export async function touchKeypair(tx: WriteHandle, id: string): Promise<void> {
  await tx
    .updateTable('keypairs')
    .set((e) => ({ version: e('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Deletes a pair and what it has in custody; nothing may be bound to it. */
export async function deleteKeypair(tx: WriteHandle, id: string): Promise<void> {
  await clearCustody(tx, id)
  await tx.deleteFrom('keypairs').where('id', '=', id).execute()
}
