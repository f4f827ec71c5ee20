import { type CompiledPolicies, compilePolicies, type LanguageName } from '@keyward/policy'
import type { Loader, ReadHandle } from '../store/store.ts'
import { builtInHexId } from './built-in.ts'
import { documentOf } from './layers.ts'
import { builtInPolicies } from './named.ts'
import type { Account } from './principal.ts'
import { accountOf } from './queries.ts'

/** A role (agency), as those who would assume it look at it. Frozen and cached under its account's revision. */
export interface Role {
  readonly account: Account
  /** 32 hex digits. */
  readonly id: string
  /** 18 digits. */
  readonly ramId: string
  readonly name: string
  /** Before the name in its URN; mostly empty. */
  readonly path: string
  /** Seconds. */
  readonly maxSession: number
  /** Who may assume it, by language; absent: nobody through that wire. */
  readonly trust: Readonly<Partial<Record<LanguageName, CompiledPolicies>>>
}

/** A role by its account (uid on the one wire, domain id or name on the other) and name. Raises `Unavailable`. */
export function findRole(
  cache: Loader,
  by: 'id' | 'domain_id' | 'name',
  account: string,
  name: string,
): Role | undefined | Promise<Role | undefined> {
  return cache.find(`role:${by}:${account}/${name}`, (db) => loadRole(db, by, account, name))
}

async function loadRole(
  db: ReadHandle,
  by: 'id' | 'domain_id' | 'name',
  account: string,
  name: string,
): Promise<{ accountUid: string; value: Role } | undefined> {
  const row = await db
    .selectFrom('roles')
    .innerJoin('accounts', 'accounts.id', 'roles.account_uid')
    .select([
      'roles.id as role_id',
      'roles.ram_id',
      'roles.path',
      'roles.max_session',
      'roles.trust_ram',
      'roles.trust_iam',
    ])
    .select(['accounts.id', 'accounts.domain_id', 'accounts.project_id', 'accounts.name'])
    .where(`accounts.${by}`, '=', account)
    .where('roles.name', '=', name)
    .where('accounts.closed_at', '=', 0)
    .executeTakeFirst()
  if (!row) return undefined
  const ram = compileTrust('ram', row.trust_ram)
  const iam = compileTrust('iam', row.trust_iam)
  const value = Object.freeze<Role>({
    account: accountOf(row),
    id: row.role_id,
    ramId: row.ram_id,
    name,
    path: row.path,
    maxSession: row.max_session,
    trust: Object.freeze({ ...(ram && { ram }), ...(iam && { iam }) }),
  })
  return { accountUid: row.id, value }
}

function compileTrust(language: LanguageName, document: string): CompiledPolicies | undefined {
  if (document === '') return undefined
  return compilePolicies(language, [documentOf(language, { name: 'trust policy', document }, 'trust')])
}

/** Of a session's policies that are named by id: those that the account does not have. */
export async function missingPolicies(
  db: ReadHandle,
  accountUid: string,
  language: LanguageName,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('policies')
    .select('id')
    .where('account_uid', '=', accountUid)
    .where('language', '=', language)
    .where('id', 'in', [...ids])
    .execute()
  const there = new Set([
    ...rows.map(({ id }) => id),
    ...builtInPolicies(language).map(({ name }) => builtInHexId(language, name)),
  ])
  return ids.filter((id) => !there.has(id))
}
