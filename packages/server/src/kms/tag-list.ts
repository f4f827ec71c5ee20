import { refuse } from '../base/problem.ts'
import { hasTag, readTags } from '../base/tags.ts'
import { createBreather } from '../base/turns.ts'
import type { ReadHandle } from '../store/store.ts'
import type { KeyScope } from './list.ts'

/** Tags of one page (reference: alibaba-kms.md C.4). */
const PAGE = 200

/** The place of a tag in the list: entities by their id, their tags by key. */
export interface TagPlace {
  readonly id: string
  readonly tagKey: string
}

export interface ListedTag {
  /** Of the key; of a secret its name. */
  readonly id: string
  readonly key: string
  readonly value: string
}

/** What to list: tags of the entities that have all of these tags. */
export interface TagQuery {
  readonly tags: readonly { readonly Key: string; readonly Value?: string }[]
  readonly after: TagPlace | undefined
}

/**
 * Reads entities with tags, in the order of their ids: up to `limit`, those whose id is this one or comes after it, or, where
 * it is `past`, only those that come after it.
 */
export type TagSource = (
  from: string | undefined,
  past: boolean,
  limit: number,
) => Promise<readonly { readonly id: string; readonly tags: string }[]>

/** One page of tags, and the place where the next begins; undefined: there is no more. */
export async function listTags(
  source: TagSource,
  query: TagQuery,
): Promise<{ readonly tags: readonly ListedTag[]; readonly next: TagPlace | undefined }> {
  const found: ListedTag[] = []
  const breathe = createBreather()
  for (let from = query.after?.id, first = true; ; first = false) {
    await breathe()
    const rows = await source(from, !first, PAGE)
    for (const row of rows) {
      const tags = readTags(row.tags)
      if (!query.tags.every(({ Key, Value }) => hasTag(tags, Key, Value))) continue
      for (const [key, value] of [...tags].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (query.after && row.id === query.after.id && key <= query.after.tagKey) continue
        if (found.length === PAGE) {
          const last = found.at(-1)!
          return { tags: found, next: { id: last.id, tagKey: last.key } }
        }
        found.push({ id: row.id, key, value })
      }
    }
    from = rows.at(-1)?.id
    if (rows.length < PAGE) return { tags: found, next: undefined }
  }
}

/** Keys with tags: those of these ids, or all. */
export function taggedKeys(db: ReadHandle, of: KeyScope, ids: readonly string[] | undefined): TagSource {
  return (from, past, limit) => {
    let rows = db
      .selectFrom('kms_keys')
      .select(['id', 'tags'])
      .where('account_uid', '=', of.accountUid)
      .where('region', '=', of.region)
      .where('tags', '!=', '{}')
      .where((e) => e.or([e('delete_at', 'is', null), e('delete_at', '>', of.now)]))
      .orderBy('id')
      .limit(limit)
    if (ids) rows = rows.where('id', 'in', [...ids])
    return (from === undefined ? rows : rows.where('id', past ? '>' : '>=', from)).execute()
  }
}

/** A place as `NextToken`; empty at the end. */
export function writeCursor(place: TagPlace | undefined): string {
  return place ? Buffer.from(JSON.stringify([place.id, place.tagKey])).toString('base64url') : ''
}

/** The place of a `NextToken`. Raises `InvalidParameter` for one that this service did not write. */
export function readCursor(token: string | undefined): TagPlace | undefined {
  if (token === undefined || token === '') return undefined
  try {
    const place: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (Array.isArray(place) && typeof place[0] === 'string' && typeof place[1] === 'string') {
      return { id: place[0], tagKey: place[1] }
    }
  } catch {
    // Reported below.
  }
  throw refuse({ code: 'InvalidParameter', name: 'NextToken' })
}
