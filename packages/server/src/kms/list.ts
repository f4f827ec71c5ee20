import { hasOneOf, readTags } from '../base/tags.ts'
import { createBreather } from '../base/turns.ts'
import type { ReadHandle } from '../store/store.ts'
import { filterCondition, type KeyFilters } from './filters.ts'
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
  return pageOf(livingKeys(db, of), of, page, size)
}

/** Keys whose tags are looked at in one go. */
const BATCH = 500

/**
 * The same of the keys that pass the filters. The database judges them, but for tags: of the keys that may have a wanted
 * one, id and tags are read, a bounded number at a time.
 */
export async function listFilteredKeys(
  db: ReadHandle,
  of: KeyScope,
  filters: KeyFilters,
  page: number,
  size: number,
): Promise<KeyPage> {
  const keys = livingKeys(db, of).where((e) => filterCondition(e, filters, of))
  if (!filters.TagKey && !filters.TagValue) return pageOf(keys, of, page, size)
  const first = (page - 1) * size
  const shown: string[] = []
  let total = 0
  const breathe = createBreather()
  for (let after: { id: string; created_at: number } | undefined; ; ) {
    await breathe()
    let query = keys.select(['id', 'created_at', 'tags']).orderBy('created_at').orderBy('id').limit(BATCH)
    if (after) {
      const { id, created_at } = after
      query = query.where((e) =>
        e.or([e('created_at', '>', created_at), e('created_at', '=', created_at).and('id', '>', id)]),
      )
    }
    const rows = await query.execute()
    for (const row of rows) {
      if (!hasOneOf(readTags(row.tags), filters.TagKey, filters.TagValue)) continue
      if (total >= first && shown.length < size) shown.push(row.id)
      total += 1
    }
    after = rows.at(-1)
    if (rows.length < BATCH) return { keys: shown.map((id) => entry(of, id)), total }
  }
}

async function pageOf(
  keys: ReturnType<typeof livingKeys>,
  of: KeyScope,
  page: number,
  size: number,
): Promise<KeyPage> {
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

function livingKeys(db: ReadHandle, of: KeyScope) {
  return db
    .selectFrom('kms_keys')
    .where('account_uid', '=', of.accountUid)
    .where('region', '=', of.region)
    .where((e) => e.or([e('delete_at', 'is', null), e('delete_at', '>', of.now)]))
}

function entry({ accountUid, region }: KeyScope, id: string) {
  return { id, arn: keyArn(region, accountUid, id) }
}
