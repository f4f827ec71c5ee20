import type { Insertable, Updateable } from 'kysely'
import type { IdentityTables } from '../../store/schema/identity.ts'
import type { WriteHandle } from '../../store/store.ts'
import type { Entity } from './entities.ts'

type Table = keyof IdentityTables

/** Rows that go in one statement: few enough for the bound on its parameters. */
const CHUNK = 200

export async function insertRows<T extends Table>(
  tx: WriteHandle,
  table: T,
  rows: readonly Insertable<IdentityTables[T]>[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += CHUNK) {
    // The query builder cannot follow a table that is a type parameter; ours ties rows to it.
    await tx
      .insertInto(table as 'users')
      .values(rows.slice(at, at + CHUNK) as unknown as Insertable<IdentityTables['users']>[])
      .execute()
  }
}

/** Sets columns of one row and counts its version up. */
export async function updateRow<
  T extends 'access_keys' | 'organization_policies' | 'policies' | 'roles' | 'user_groups' | 'users',
>(tx: WriteHandle, table: T, id: string, columns: Updateable<IdentityTables[T]>): Promise<void> {
  await tx
    .updateTable(table as 'users')
    .set(columns as unknown as Updateable<IdentityTables['users']>)
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** What every new row has. */
export function fresh(now: number) {
  return { created_at: now, version: 1 }
}

/** A field's text; empty where it is not declared. */
export function text(entity: Entity, field: string): string {
  return String(entity.fields[field] ?? '')
}

/** The declared fields, by the names of their columns. */
export function columns(
  fields: Entity['fields'],
  names: Readonly<Record<string, string>>,
): Record<string, string | number> {
  const declared = Object.entries(names).filter(([field]) => fields[field] !== undefined)
  return Object.fromEntries(declared.map(([field, column]) => [column, fields[field]!]))
}
