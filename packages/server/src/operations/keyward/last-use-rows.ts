import { roleArn } from '../../identity/callers.ts'
import type { Account } from '../../identity/principal.ts'
import { keyArn } from '../../kms/names.ts'
import { secretArn } from '../../secrets/names.ts'
import type { ReadHandle } from '../../store/store.ts'

/** Something that is used, and when it last was. */
export interface UsedThing {
  /** By which a page goes on. */
  readonly id: string
  readonly resource: string
  readonly name: string
  readonly createdAt: number
  /** Undefined: never, as far as it is known. */
  readonly usedAt: number | undefined
}

export type UsedKind = 'access-key' | 'key' | 'role' | 'secret'

interface Row {
  readonly id: string
  readonly name: string | null
  readonly created_at: number
}

/** Things of an account in the order of their ids, from after one on, with their last uses. */
export async function readLastUses(
  db: ReadHandle,
  account: Account,
  kind: UsedKind,
  after: string,
  limit: number,
): Promise<{ readonly things: readonly UsedThing[]; readonly notedSince: number | undefined }> {
  const { rows, resourceOf } = await read[kind](db, account, after, limit)
  const names = rows.map(resourceOf)
  const uses = kind === 'access-key' ? await usesOfKeys(db, names) : await usesOfResources(db, names)
  const table = kind === 'access-key' ? '0005-identities' : '0019-resource-uses'
  const noted = await db
    .selectFrom('migrations')
    .select('applied_at')
    .where('name', '=', table)
    .executeTakeFirst()
  return {
    notedSince: noted && Number(noted.applied_at),
    things: rows.map((row, i) => {
      const createdAt = Number(row.created_at)
      const at = uses.get(names[i]!)
      // A secret or a role that is made anew has the name of an earlier one, and none of its uses.
      const usedAt = at !== undefined && at >= createdAt ? at : undefined
      return { id: row.id, resource: names[i]!, name: row.name ?? 'root', createdAt, usedAt }
    }),
  }
}

type Read = (
  db: ReadHandle,
  account: Account,
  after: string,
  limit: number,
) => Promise<{ readonly rows: readonly Row[]; readonly resourceOf: (row: Row) => string }>

const read: Readonly<Record<UsedKind, Read>> = {
  async 'access-key'(db, { uid }, after, limit) {
    const rows = await db
      .selectFrom('access_keys')
      .leftJoin('users', 'users.id', 'access_keys.user_id')
      .select(['access_keys.id', 'users.name', 'access_keys.created_at'])
      .where('access_keys.account_uid', '=', uid)
      .where('access_keys.id', '>', after)
      .orderBy('access_keys.id')
      .limit(limit)
      .execute()
    return { rows, resourceOf: ({ id }) => id }
  },
  async role(db, { uid }, after, limit) {
    const rows = await db
      .selectFrom('roles')
      .select(['id', 'name', 'created_at'])
      .where('account_uid', '=', uid)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return { rows, resourceOf: ({ name }) => roleArn(uid, name!) }
  },
  async key(db, { uid }, after, limit) {
    const rows = await db
      .selectFrom('kms_keys')
      .select(['id', 'region', 'description as name', 'created_at'])
      .where('account_uid', '=', uid)
      // Those that the service made for itself are used without a call of their own.
      .where('service', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    const regions = new Map(rows.map(({ id, region }) => [id, region]))
    return { rows, resourceOf: ({ id }) => keyArn(regions.get(id)!, uid, id) }
  },
  async secret(db, { uid }, after, limit) {
    const rows = await db
      .selectFrom('secrets')
      .select(['id', 'region', 'name', 'created_at'])
      .where('account_uid', '=', uid)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    const regions = new Map(rows.map(({ id, region }) => [id, region]))
    return { rows, resourceOf: ({ id, name }) => secretArn(regions.get(id)!, uid, name!) }
  },
}

async function usesOfResources(db: ReadHandle, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const rows = await db
    .selectFrom('resource_uses')
    .select(['resource', 'used_at'])
    .where('resource', 'in', [...names])
    .execute()
  return new Map(rows.map(({ resource, used_at }) => [resource, Number(used_at)]))
}

async function usesOfKeys(db: ReadHandle, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('access_key_uses')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map(({ id, used_at }) => [id, Number(used_at)]))
}
