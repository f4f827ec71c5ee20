import type { LanguageName } from '@keyward/policy'
import type { Insertable, Updateable } from 'kysely'
import { refuse } from '../base/problem.ts'
import { createBreather } from '../base/turns.ts'
import type { IdentityTables } from '../store/schema/identity.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import type { IdentityEntity } from './problems.ts'

// What the verbs of this domain share. Every verb runs in its caller's transaction, takes a list where entities come in numbers,
// and awaits nothing but the store.

/** Who makes or changes an entity, and when. */
export interface Author {
  /** Milliseconds. */
  readonly now: number
  /**
   * `file`: an apply. Its plan has counted what there will be, with what it deletes last and without what it deletes at all,
   * so the verbs do not count again.
   */
  readonly by: 'file' | 'api'
}

type Table = keyof IdentityTables

/** Rows that go in one statement: few enough for the bound on its parameters. */
const CHUNK = 200

export async function insertRows<T extends Table>(
  tx: WriteHandle,
  table: T,
  rows: readonly Insertable<IdentityTables[T]>[],
): Promise<void> {
  for await (const part of chunksInTurns(rows)) {
    // The query builder cannot follow a table that is a type parameter; ours ties rows to it.
    await tx
      .insertInto(table as 'users')
      .values(part as unknown as Insertable<IdentityTables['users']>[])
      .execute()
  }
}

type Counted = 'access_keys' | 'organization_policies' | 'policies' | 'roles' | 'user_groups' | 'users'

/** Sets columns of one row and counts its version up. What is undefined stays as it is. */
export async function updateRow<T extends Counted>(
  tx: WriteHandle,
  table: T,
  id: string,
  columns: { [C in keyof Updateable<IdentityTables[T]>]: Updateable<IdentityTables[T]>[C] | undefined },
): Promise<void> {
  const set = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
  await tx
    .updateTable(table as 'users')
    .set(set as unknown as Updateable<IdentityTables['users']>)
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** What every new row of an entity has. */
export function fresh({ now, by }: Author) {
  return { created_at: now, version: 1, declared_by: by }
}

/** As {@link fresh}, for entities that have a date of their last change. */
export function freshEntity(author: Author) {
  return { ...fresh(author), updated_at: author.now }
}

/** What every change of such an entity sets. What a file declares is its from then on; a call leaves it whose it was. */
export function changed({ now, by }: Author) {
  return { updated_at: now, ...(by === 'file' && { declared_by: by }) }
}

export function chunks<T>(list: readonly T[], size = CHUNK): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size))
  return parts
}

/** Raises `IdentityExists` when an account has one of these names already. */
export async function assertFree(
  tx: ReadHandle,
  table: 'roles' | 'user_groups' | 'users',
  entity: IdentityEntity,
  account: string,
  names: readonly string[],
): Promise<void> {
  for await (const part of chunksInTurns(names)) {
    const twin = await tx
      .selectFrom(table)
      .select('id')
      .where('account_uid', '=', account)
      .where('name', 'in', part)
      .executeTakeFirst()
    if (twin) throw refuse({ code: 'IdentityExists', entity })
  }
}

/** Raises `IdentityQuota` when there are more than may be, with those that a call is adding. */
export async function assertBelowLimit(
  { by }: Author,
  entity: IdentityEntity,
  limit: number,
  added: number,
  count: () => Promise<number>,
): Promise<void> {
  if (by === 'file') return
  if ((await count()) + added > limit) throw refuse({ code: 'IdentityQuota', entity, limit })
}

/** How many rows of a table an account has. */
export async function countOf(
  tx: ReadHandle,
  table: 'roles' | 'user_groups' | 'users',
  account: string,
): Promise<number> {
  const row = await tx
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_uid', '=', account)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** How many policies of its own an account has in a language. */
export async function countPolicies(
  tx: ReadHandle,
  account: string,
  language: LanguageName,
): Promise<number> {
  const row = await tx
    .selectFrom('policies')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_uid', '=', account)
    .where('language', '=', language)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/**
 * The account's row counts every change of its directory: an apply whose plan is older than this does nothing. Every call
 * that changes a directory begins with it, and so takes its turn after the others of the account.
 */
export async function moveDirectory(tx: WriteHandle, account: string): Promise<void> {
  await tx
    .updateTable('accounts')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', account)
    .execute()
}

/** Whether a row is there. */
export async function isThere(query: { executeTakeFirst(): Promise<object | undefined> }): Promise<boolean> {
  return (await query.executeTakeFirst()) !== undefined
}

/** Of thousands of rows: the loop has its turns in between, which on SQLite no statement gives it. */
export async function* chunksInTurns<T>(list: readonly T[]): AsyncGenerator<T[], void> {
  const breathe = createBreather()
  for (const part of chunks(list)) {
    yield part
    await breathe()
  }
}
