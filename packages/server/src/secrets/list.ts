import { refuse } from '../base/problem.ts'
import { hasOneOf, readTags } from '../base/tags.ts'
import { createBreather } from '../base/turns.ts'
import type { TagSource } from '../kms/tag-list.ts'
import type { ReadHandle } from '../store/store.ts'
import type { SecretRow } from './secrets.ts'

const NAMES = [
  'SecretName',
  'Description',
  'TagKey',
  'TagValue',
  'DKMSInstanceId',
  'SecretType',
  'Creator',
] as const
type FilterName = (typeof NAMES)[number]
export type SecretFilters = { readonly [N in FilterName]?: readonly string[] }

/** Filters of a request, those of one name joined. Raises `InvalidParameter` for a name that is none. */
export function readFilters(
  filters: readonly { readonly Key: string; readonly Values: readonly string[] }[],
): SecretFilters {
  const read: { [N in FilterName]?: string[] } = {}
  for (const { Key, Values } of filters) {
    const name = NAMES.find((known) => known.toLowerCase() === Key.toLowerCase())
    if (!name) throw refuse({ code: 'InvalidParameter', name: 'Filters' })
    read[name] = [...(read[name] ?? []), ...Values]
  }
  return read
}

/** Whose secrets, and as of when: one whose recovery window has ended is not there any more. */
export interface SecretScope {
  readonly accountUid: string
  readonly region: string
  readonly now: number
}

/** What a list shows of a secret, and what its filters look at. */
const COLUMNS = [
  'id',
  'name',
  'type',
  'description',
  'creator',
  'tags',
  'instance_id',
  'created_at',
  'updated_at',
  'delete_at',
] as const
export type ListedSecret = Pick<SecretRow, (typeof COLUMNS)[number]>

export interface SecretPage {
  readonly secrets: readonly ListedSecret[]
  readonly total: number
}

/** Secrets that are looked at in one go. */
const BATCH = 500

/** One page of an account's secrets that pass the filters, oldest first, and how many do. Pages count from 1. */
export async function listSecrets(
  db: ReadHandle,
  of: SecretScope,
  filters: SecretFilters,
  page: number,
  size: number,
): Promise<SecretPage> {
  const first = (page - 1) * size
  if (Object.keys(filters).length === 0) {
    const { total } = await living(db, of)
      .select((e) => e.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const secrets = await ordered(db, of).limit(size).offset(first).execute()
    return { secrets, total: Number(total) }
  }
  const shown: ListedSecret[] = []
  let total = 0
  const breathe = createBreather()
  for (let after: ListedSecret | undefined; ; ) {
    await breathe()
    let query = ordered(db, of).limit(BATCH)
    if (after) {
      const { created_at, id } = after
      query = query.where((e) =>
        e.or([e('created_at', '>', created_at), e('created_at', '=', created_at).and('id', '>', id)]),
      )
    }
    const rows = await query.execute()
    for (const row of rows) {
      if (!passes(row, filters, of)) continue
      if (total >= first && shown.length < size) shown.push(row)
      total += 1
    }
    after = rows.at(-1)
    if (rows.length < BATCH) return { secrets: shown, total }
  }
}

/** Secrets with tags, by name: those of these names, or all. */
export function taggedSecrets(
  db: ReadHandle,
  of: SecretScope,
  names: readonly string[] | undefined,
): TagSource {
  return (from, past, limit) => {
    let rows = living(db, of)
      .select(['name as id', 'tags'])
      .where('tags', '!=', '{}')
      .orderBy('name')
      .limit(limit)
    if (names) rows = rows.where('name', 'in', [...names])
    return (from === undefined ? rows : rows.where('name', past ? '>' : '>=', from)).execute()
  }
}

function living(db: ReadHandle, of: SecretScope) {
  return db
    .selectFrom('secrets')
    .where('account_uid', '=', of.accountUid)
    .where('region', '=', of.region)
    .where((e) => e.or([e('delete_at', 'is', null), e('delete_at', '>', of.now)]))
}

function ordered(db: ReadHandle, of: SecretScope) {
  return living(db, of).select(COLUMNS).orderBy('created_at').orderBy('id')
}

/** One of the values of every name. A name and a description are found by how they begin. */
function passes(row: ListedSecret, filters: SecretFilters, of: SecretScope): boolean {
  const { Creator, DKMSInstanceId, Description, SecretName, SecretType } = filters
  if (SecretName && !SecretName.some((value) => row.name.startsWith(value))) return false
  if (Description && !Description.some((value) => row.description.startsWith(value))) return false
  if (SecretType && !SecretType.some((value) => value.toLowerCase() === row.type.toLowerCase())) return false
  if (DKMSInstanceId && !DKMSInstanceId.includes(row.instance_id ?? '')) return false
  if (Creator && !Creator.includes(of.accountUid) && !Creator.includes(row.creator)) return false
  return hasOneOf(readTags(row.tags), setOf(filters.TagKey), setOf(filters.TagValue))
}

function setOf(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values && new Set(values)
}
