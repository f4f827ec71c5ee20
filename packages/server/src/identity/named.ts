import { type LanguageName, type SystemPolicy, systemPolicies } from '@keyward/policy'
import type { Expression, ExpressionBuilder, Selectable, SqlBool } from 'kysely'
import type { IdentityTables } from '../store/schema/identity.ts'
import type { ReadHandle } from '../store/store.ts'
import { builtInHexId, builtInId, identityPolicy } from './built-in.ts'

// Entities of an account by the names that calls have for them.

export type UserRow = Selectable<IdentityTables['users']>
export type GroupRow = Selectable<IdentityTables['user_groups']>
export type RoleRow = Selectable<IdentityTables['roles']>
export type PolicyRow = Selectable<IdentityTables['policies']>

type Tables = { users: UserRow; user_groups: GroupRow; roles: RoleRow }

/** The user, group or role of a name. */
export async function findNamed<T extends keyof Tables>(
  db: ReadHandle,
  table: T,
  account: string,
  name: string,
): Promise<Tables[T] | undefined> {
  const row = await db
    .selectFrom(table as 'users')
    .selectAll()
    .where('account_uid', '=', account)
    .where('name', '=', name)
    .executeTakeFirst()
  return row as Tables[T] | undefined
}

/** An identity policy: a row of the account, or one that every account has. */
export interface FoundPolicy {
  /** As attachments have it. */
  readonly id: string
  readonly name: string
  /** Absent for a built-in one. */
  readonly row?: PolicyRow
  readonly builtIn?: SystemPolicy
}

export async function findPolicy(
  db: ReadHandle,
  account: string,
  language: LanguageName,
  name: string,
  builtIn: boolean,
): Promise<FoundPolicy | undefined> {
  if (builtIn) {
    const policy = identityPolicy(language, name)
    return policy && { id: builtInId(language, name), name, builtIn: policy }
  }
  const row = await db
    .selectFrom('policies')
    .selectAll()
    .where('account_uid', '=', account)
    .where('language', '=', language)
    .where('name', '=', name)
    .executeTakeFirst()
  return row && { id: row.id, name, row }
}

/** An identity policy by its id on the Huawei wire. */
export async function findPolicyById(
  db: ReadHandle,
  account: string,
  language: LanguageName,
  id: string,
): Promise<FoundPolicy | undefined> {
  const builtIn = builtInPolicies(language).find(({ name }) => builtInHexId(language, name) === id)
  if (builtIn) return { id: builtInId(language, builtIn.name), name: builtIn.name, builtIn }
  const row = await db
    .selectFrom('policies')
    .selectAll()
    .where('account_uid', '=', account)
    .where('language', '=', language)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { id: row.id, name: row.name, row }
}

/** The user, group or role of an id on the Huawei wire. */
export async function findById<T extends keyof Tables>(
  db: ReadHandle,
  table: T,
  account: string,
  id: string,
): Promise<Tables[T] | undefined> {
  const row = await db
    .selectFrom(table as 'users')
    .selectAll()
    .where('account_uid', '=', account)
    .where('id', '=', id)
    .executeTakeFirst()
  return row as Tables[T] | undefined
}

/** The built-in policies that identities may have. */
export function builtInPolicies(language: LanguageName): readonly SystemPolicy[] {
  return systemPolicies(language).filter(({ type }) => type === 'identity')
}

/** Of rows of which a text begins with another, in the same cases. */
export function beginsWith<DB, TB extends keyof DB>(
  eb: ExpressionBuilder<DB, TB>,
  column: 'path' extends keyof DB[TB] ? 'path' : never,
  prefix: string,
): Expression<SqlBool> {
  const first = eb.fn<string>('substr', [column as never, eb.lit(1), eb.lit([...prefix].length)])
  return eb(first, '=', prefix as never)
}
