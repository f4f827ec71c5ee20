import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { refuse } from '../base/problem.ts'
import type { KeyTables } from '../store/schema/kms.ts'
import type { KeyScope } from './list.ts'

const NAMES = [
  'KeyState',
  'KeySpec',
  'KeyUsage',
  'ProtectionLevel',
  'CreatorType',
  'DKMSInstanceId',
  'KeyId',
  'AliasName',
  'Creator',
  'TagKey',
  'TagValue',
] as const
type FilterName = (typeof NAMES)[number]

/** What a key must have: one of the values of every name (reference: alibaba-kms.md C.4 "ListKeys Filters"). */
export type KeyFilters = { readonly [N in FilterName]?: ReadonlySet<string> }

/** Filters of a request, those of one name joined. Raises `InvalidParameter` for a name that is none. */
export function readFilters(
  filters: readonly { readonly Key: string; readonly Values: readonly string[] }[],
): KeyFilters {
  const read: { [N in FilterName]?: Set<string> } = {}
  for (const { Key, Values } of filters) {
    // The documents write `keyId` beside names that begin with a capital: the case of a name does not matter.
    const name = NAMES.find((known) => known.toLowerCase() === Key.toLowerCase())
    if (!name) throw refuse({ code: 'InvalidParameter', name: 'Filters' })
    read[name] ??= new Set()
    for (const value of Values) read[name].add(value)
  }
  return read
}

type KeyWhere = ExpressionBuilder<KeyTables, 'kms_keys'>

/**
 * What the database is asked of a key's row. Tags are asked for by their text, which may find too many: `hasOneOf`
 * has the last word. As in {@link stateAt}, a state holds by the clock and not by what the row says.
 */
export function filterCondition(e: KeyWhere, filters: KeyFilters, of: KeyScope): Expression<SqlBool> {
  const all: Expression<SqlBool>[] = []
  const among = (value: Expression<string | null>, wanted: Iterable<string>) => {
    const list = [...wanted]
    return list.length === 0 ? e.lit(false) : e(value, 'in', list)
  }
  const ask = (name: FilterName, condition: (wanted: ReadonlySet<string>) => Expression<SqlBool>) => {
    const wanted = filters[name]
    if (wanted) all.push(condition(wanted))
  }
  ask('KeyId', (wanted) => among(e.ref('id'), wanted))
  ask('KeySpec', (wanted) => among(e.ref('key_spec'), wanted))
  ask('KeyUsage', (wanted) =>
    e.or([
      among(e.ref('key_usage'), wanted),
      among(sql<string>`replace(${e.ref('key_usage')}, '/', '_')`, wanted),
    ]),
  )
  ask('ProtectionLevel', (wanted) => among(e.ref('protection_level'), wanted))
  ask('DKMSInstanceId', (wanted) => among(e.ref('instance_id'), wanted))
  ask('CreatorType', (wanted) =>
    e.or([
      ...(wanted.has('User') ? [e('service', 'is', null)] : []),
      ...(wanted.has('Service') ? [e('service', 'is not', null)] : []),
    ]),
  )
  ask('Creator', (wanted) => (wanted.has(of.accountUid) ? e.lit(true) : among(e.ref('creator'), wanted)))
  ask('KeyState', (wanted) => stateAmong(e, wanted, of.now))
  ask('AliasName', (wanted) =>
    wanted.size === 0
      ? e.lit(false)
      : e(
          'id',
          'in',
          e
            .selectFrom('kms_aliases')
            .select('key_id')
            .where('account_uid', '=', of.accountUid)
            .where('region', '=', of.region)
            .where('name', 'in', [...wanted]),
        ),
  )
  ask('TagKey', (wanted) => e.or([...wanted].map((key) => hasText(e, `${JSON.stringify(key)}:`))))
  ask('TagValue', (wanted) => e.or([...wanted].map((value) => hasText(e, `:${JSON.stringify(value)}`))))
  return e.and(all)
}

/** The column never says `PendingImport` of material that expired a moment ago, nor anything else of it. */
function stateAmong(e: KeyWhere, wanted: ReadonlySet<string>, now: number): Expression<SqlBool> {
  const pending = e('state', '=', 'PendingDeletion')
  const expired = e.and([e('material_expires_at', 'is not', null), e('material_expires_at', '<=', now)])
  const others = [...wanted].filter((state) => state !== 'PendingDeletion')
  return e.or([
    ...(wanted.has('PendingDeletion') ? [pending] : []),
    ...(wanted.has('PendingImport') ? [e.and([e.not(pending), expired])] : []),
    ...(others.length > 0 ? [e.and([e.not(expired), e('state', 'in', others)])] : []),
  ])
}

/** Whether the JSON text of the tags has a part; capitals count or not, as the database likes. */
function hasText(e: KeyWhere, part: string): Expression<SqlBool> {
  const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`
  return sql<SqlBool>`${e.ref('tags')} like ${pattern} escape '\\'`
}
