import { type LanguageName, type SystemPolicy, systemPolicies } from '@keyward/policy'
import type { Selectable } from 'kysely'
import type { IdentityTables } from '../store/schema/identity.ts'
import type { ReadHandle } from '../store/store.ts'
import { builtInId, identityPolicy } from './built-in.ts'

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

/** The built-in policies that identities may have. */
export function builtInPolicies(language: LanguageName): readonly SystemPolicy[] {
  return systemPolicies(language).filter(({ type }) => type === 'identity')
}
