import { refuse } from '../base/problem.ts'
import type { ReadHandle } from '../store/store.ts'
import { readTags } from './keys.ts'
import type { KeyScope } from './list.ts'

/** Tags of one page (reference: alibaba-kms.md C.4). */
const PAGE = 200

/** The place of a tag in the list: keys by id, their tags by key. */
export interface TagPlace {
  readonly keyId: string
  readonly tagKey: string
}

export interface KeyTag {
  readonly keyId: string
  readonly key: string
  readonly value: string
}

/** What to list: tags of these keys, or of all, whose keys have all of these tags. */
export interface TagQuery {
  readonly keyIds: readonly string[] | undefined
  readonly tags: readonly { readonly Key: string; readonly Value?: string }[]
  readonly after: TagPlace | undefined
}

/** One page of tags, and the place where the next begins; undefined: there is no more. */
export async function listTags(
  db: ReadHandle,
  of: KeyScope,
  query: TagQuery,
): Promise<{ readonly tags: readonly KeyTag[]; readonly next: TagPlace | undefined }> {
  const found: KeyTag[] = []
  for (let from = query.after?.keyId, first = true; ; first = false) {
    const rows = await keysFrom(db, of, query, from, first).execute()
    for (const row of rows) {
      const tags = readTags(row.tags)
      if (!query.tags.every(({ Key, Value }) => hasTag(tags, Key, Value))) continue
      for (const [key, value] of [...tags].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (query.after && row.id === query.after.keyId && key <= query.after.tagKey) continue
        if (found.length === PAGE) {
          const last = found.at(-1)!
          return { tags: found, next: { keyId: last.keyId, tagKey: last.key } }
        }
        found.push({ keyId: row.id, key, value })
      }
    }
    from = rows.at(-1)?.id
    if (rows.length < PAGE) return { tags: found, next: undefined }
  }
}

/** As many keys as a page may need, in the order of their ids: from this one on, or, after the first batch, behind it. */
function keysFrom(db: ReadHandle, of: KeyScope, query: TagQuery, from: string | undefined, first: boolean) {
  let rows = db
    .selectFrom('kms_keys')
    .select(['id', 'tags'])
    .where('account_uid', '=', of.accountUid)
    .where('region', '=', of.region)
    .where('tags', '!=', '{}')
    .where((e) => e.or([e('delete_at', 'is', null), e('delete_at', '>', of.now)]))
    .orderBy('id')
    .limit(PAGE)
  if (query.keyIds) rows = rows.where('id', 'in', [...query.keyIds])
  return from === undefined ? rows : rows.where('id', first ? '>=' : '>', from)
}

function hasTag(tags: ReadonlyMap<string, string>, key: string, value: string | undefined): boolean {
  return value === undefined ? tags.has(key) : tags.get(key) === value
}

/** A place as `NextToken`; empty at the end. */
export function writeCursor(place: TagPlace | undefined): string {
  return place ? Buffer.from(JSON.stringify([place.keyId, place.tagKey])).toString('base64url') : ''
}

/** The place of a `NextToken`. Raises `InvalidParameter` for one that this service did not write. */
export function readCursor(token: string | undefined): TagPlace | undefined {
  if (token === undefined || token === '') return undefined
  try {
    const place: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (Array.isArray(place) && typeof place[0] === 'string' && typeof place[1] === 'string') {
      return { keyId: place[0], tagKey: place[1] }
    }
  } catch {
    // Told below.
  }
  throw refuse({ code: 'InvalidParameter', name: 'NextToken' })
}
