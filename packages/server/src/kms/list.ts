import type { ReadHandle } from '../store/store.ts'
import { type KeyFilters, keyMatches } from './filters.ts'
import { keyArn } from './names.ts'

export interface KeyPage {
  readonly keys: readonly { readonly id: string; readonly arn: string }[]
  readonly total: number
}

/** Whose keys, and as of when: one whose deletion window has ended is not there any more. */
export interface KeyScope {
  readonly accountUid: string
  readonly region: string
  readonly now: number
}

/** One page of an account's keys, oldest first, and how many there are. Pages count from 1. */
export async function listKeys(db: ReadHandle, of: KeyScope, page: number, size: number): Promise<KeyPage> {
  const keys = livingKeys(db, of)
  const { total } = await keys.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const rows = await keys
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .limit(size)
    .offset((page - 1) * size)
    .execute()
  return { keys: rows.map(({ id }) => entry(of, id)), total: Number(total) }
}

/**
 * The same of the keys that pass the filters. State and tags are judged here and not by the database: states move with
 * the clock, and a tag may have any name.
 */
export async function listFilteredKeys(
  db: ReadHandle,
  of: KeyScope,
  filters: KeyFilters,
  page: number,
  size: number,
): Promise<KeyPage> {
  const rows = await livingKeys(db, of)
    .select([
      'id',
      'key_spec',
      'key_usage',
      'protection_level',
      'instance_id',
      'creator',
      'account_uid',
      'state',
      'delete_at',
      'material_expires_at',
      'tags',
    ])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const named = filters.AliasName ? await keysNamed(db, of, filters.AliasName) : undefined
  const kept = rows.filter((row) => (named?.has(row.id) ?? true) && keyMatches(row, filters, of.now))
  const start = (page - 1) * size
  return { keys: kept.slice(start, start + size).map(({ id }) => entry(of, id)), total: kept.length }
}

function livingKeys(db: ReadHandle, of: KeyScope) {
  return db
    .selectFrom('kms_keys')
    .where('account_uid', '=', of.accountUid)
    .where('region', '=', of.region)
    .where((e) => e.or([e('delete_at', 'is', null), e('delete_at', '>', of.now)]))
}

async function keysNamed(db: ReadHandle, of: KeyScope, aliases: ReadonlySet<string>): Promise<Set<string>> {
  const rows = await db
    .selectFrom('kms_aliases')
    .select('key_id')
    .where('account_uid', '=', of.accountUid)
    .where('region', '=', of.region)
    .where('name', 'in', [...aliases])
    .execute()
  return new Set(rows.map((row) => row.key_id))
}

function entry({ accountUid, region }: KeyScope, id: string) {
  return { id, arn: keyArn(region, accountUid, id) }
}
