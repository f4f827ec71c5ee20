import { refuse } from '../base/problem.ts'
import { readTags, type Tags } from '../base/tags.ts'
import type { IdentityTables } from '../store/schema/identity.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Account } from './principal.ts'

/** A user as look-ups give it. */
export interface User {
  /** 32 hex digits. */
  readonly id: string
  readonly ramId: string
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly createdAt: number
}

type AccountNames = Pick<IdentityTables['accounts'], 'id' | 'domain_id' | 'project_id' | 'name'>

export function accountOf(row: AccountNames): Account {
  return Object.freeze({ uid: row.id, domainId: row.domain_id, projectId: row.project_id, name: row.name })
}

/** An account that is open: a closed one is as if there were none. */
export async function readAccount(
  db: ReadHandle,
  by: 'id' | 'domain_id',
  value: string,
): Promise<Account | undefined> {
  const row = await db
    .selectFrom('accounts')
    .selectAll()
    .where(by, '=', value)
    .where('closed_at', '=', 0)
    .executeTakeFirst()
  return row && accountOf(row)
}

/** Domain ids of accounts by their uids, of closed ones too. */
export async function readDomainIds(
  db: ReadHandle,
  uids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (uids.length === 0) return new Map()
  const accounts = db
    .selectFrom('accounts')
    .select(['id', 'domain_id'])
    .where('id', 'in', [...uids])
  return new Map((await accounts.execute()).map((row) => [row.id, row.domain_id]))
}

/** The operator's account row, which is never closed. Raises `Unavailable` before the first start has made one. */
export async function readOperator(db: ReadHandle): Promise<IdentityTables['accounts']> {
  const row = await db
    .selectFrom('directory')
    .innerJoin('accounts', 'accounts.id', 'directory.operator_uid')
    .selectAll('accounts')
    .executeTakeFirst()
  if (!row) throw refuse({ code: 'Unavailable', detail: 'the directory has no account yet' })
  return row
}

export async function readUsers(db: ReadHandle, accountUid: string): Promise<User[]> {
  const rows = await db.selectFrom('users').selectAll().where('account_uid', '=', accountUid).execute()
  return rows.map((row) =>
    Object.freeze({
      id: row.id,
      ramId: row.ram_id,
      name: row.name,
      displayName: row.display_name,
      description: row.description,
      createdAt: row.created_at,
    }),
  )
}

/** An access key with whose it is; `user` is absent for a key of the root identity. */
export interface CredentialRow {
  readonly account: Account
  readonly user?: {
    readonly id: string
    readonly ramId: string
    readonly name: string
    readonly tags: Tags
  }
  readonly sealedSecret: Uint8Array
  readonly active: boolean
}

export async function readCredentialRow(db: ReadHandle, id: string): Promise<CredentialRow | undefined> {
  const row = await db
    .selectFrom('access_keys')
    .innerJoin('accounts', 'accounts.id', 'access_keys.account_uid')
    .leftJoin('users', 'users.id', 'access_keys.user_id')
    .select(['accounts.id', 'accounts.domain_id', 'accounts.project_id', 'accounts.name'])
    .select(['access_keys.user_id', 'access_keys.sealed_secret', 'access_keys.status'])
    .select(['users.ram_id', 'users.name as user_name', 'users.tags', 'users.enabled'])
    .where('access_keys.id', '=', id)
    .where('accounts.closed_at', '=', 0)
    .executeTakeFirst()
  if (!row) return undefined
  const key = { account: accountOf(row), sealedSecret: row.sealed_secret, active: row.status === 'active' }
  if (row.user_id === null) return key
  // INVARIANT: a key whose user is gone never becomes a key of root.
  if (row.ram_id === null || row.user_name === null) return undefined
  const tags = readTags(row.tags ?? '{}')
  const active = key.active && Number(row.enabled) === 1
  return { ...key, active, user: { id: row.user_id, ramId: row.ram_id, name: row.user_name, tags } }
}
