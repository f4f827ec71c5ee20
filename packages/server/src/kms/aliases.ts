import { refuse } from '../base/problem.ts'
import { whenReady } from '../base/when-ready.ts'
import type { Loader, ReadHandle, WriteHandle } from '../store/store.ts'

/** An alias: a name in one account and region for a key of it. */
export interface Alias {
  /** With its `alias/`. */
  readonly name: string
  readonly keyId: string
}

/** Reference: alibaba-kms.md C.4, H-23: 255 characters in all, names from `alias/acs` on are the cloud's own. */
const NAME = /^alias\/(?!acs)[A-Za-z0-9_/.-]{1,249}$/

/** Raises `InvalidParameter` for what cannot be the name of an alias. */
export function assertAliasName(name: string): void {
  if (!NAME.test(name)) throw refuse({ code: 'InvalidParameter', name: 'AliasName' })
}

interface Found {
  readonly keyId: string | undefined
}

/** Id of the key that an alias of this account and region names, or undefined. Kept under the account's revision. */
export function findAlias(
  cache: Loader,
  accountUid: string,
  region: string,
  name: string,
): string | undefined | Promise<string | undefined> {
  const load = async (db: ReadHandle): Promise<Found> => {
    const row = await db
      .selectFrom('kms_aliases')
      .select('key_id')
      .where('account_uid', '=', accountUid)
      .where('region', '=', region)
      .where('name', '=', name)
      .executeTakeFirst()
    return { keyId: row?.key_id }
  }
  const found = cache.get(accountUid, `kms:alias:${name}`, load, ({ keyId }) => keyId === undefined)
  return whenReady(found, (it) => it.keyId)
}

interface Place {
  readonly accountUid: string
  readonly region: string
  readonly name: string
}

/** Raises `AliasExists` when the name is taken. */
export async function insertAlias(tx: WriteHandle, place: Place, keyId: string, now: number): Promise<void> {
  const taken = await tx
    .selectFrom('kms_aliases')
    .select('key_id')
    .where('account_uid', '=', place.accountUid)
    .where('region', '=', place.region)
    .where('name', '=', place.name)
    .executeTakeFirst()
  if (taken) throw refuse({ code: 'AliasExists' })
  await tx
    .insertInto('kms_aliases')
    .values({
      account_uid: place.accountUid,
      region: place.region,
      name: place.name,
      key_id: keyId,
      created_at: now,
      version: 1,
    })
    .execute()
}

export async function moveAlias(tx: WriteHandle, place: Place, keyId: string): Promise<void> {
  await tx
    .updateTable('kms_aliases')
    .set((e) => ({ key_id: keyId, version: e('version', '+', 1) }))
    .where('account_uid', '=', place.accountUid)
    .where('region', '=', place.region)
    .where('name', '=', place.name)
    .execute()
}

export async function deleteAlias(tx: WriteHandle, place: Place): Promise<void> {
  await tx
    .deleteFrom('kms_aliases')
    .where('account_uid', '=', place.accountUid)
    .where('region', '=', place.region)
    .where('name', '=', place.name)
    .execute()
}

/** One page of an account's aliases, or of one key's, by name, and how many there are. Pages count from 1. */
export async function listAliases(
  db: ReadHandle,
  of: { readonly accountUid: string; readonly region: string; readonly keyId?: string },
  page: number,
  size: number,
): Promise<{ readonly aliases: readonly Alias[]; readonly total: number }> {
  let query = db
    .selectFrom('kms_aliases')
    .where('account_uid', '=', of.accountUid)
    .where('region', '=', of.region)
  if (of.keyId !== undefined) query = query.where('key_id', '=', of.keyId)
  const { total } = await query.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const rows = await query
    .select(['name', 'key_id'])
    .orderBy('name')
    .limit(size)
    .offset((page - 1) * size)
    .execute()
  return { aliases: rows.map((row) => ({ name: row.name, keyId: row.key_id })), total: Number(total) }
}
