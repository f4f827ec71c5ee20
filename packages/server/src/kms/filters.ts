import { refuse } from '../base/problem.ts'
import { type KeyRow, readTags } from './keys.ts'
import { type KeyState, stateAt } from './states.ts'

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

/** The columns that filters look at. */
export type FilteredRow = Pick<
  KeyRow,
  | 'id'
  | 'account_uid'
  | 'creator'
  | 'key_spec'
  | 'key_usage'
  | 'protection_level'
  | 'instance_id'
  | 'state'
  | 'delete_at'
  | 'material_expires_at'
  | 'tags'
>

/** Whether a key passes every filter but that of aliases, which are in another table. */
export function keyMatches(row: FilteredRow, filters: KeyFilters, now: number): boolean {
  const passes = (name: FilterName, ...values: readonly (string | null | undefined)[]) => {
    const wanted = filters[name]
    return wanted === undefined || values.some((value) => value != null && wanted.has(value))
  }
  return (
    passes('KeyId', row.id) &&
    passes('KeySpec', row.key_spec) &&
    passes('KeyUsage', row.key_usage, row.key_usage.replaceAll('/', '_')) &&
    passes('ProtectionLevel', row.protection_level) &&
    passes('DKMSInstanceId', row.instance_id) &&
    // Every key is made by a user of the service: it makes none for itself.
    passes('CreatorType', 'User') &&
    passes('Creator', row.account_uid, row.creator) &&
    passes('KeyState', stateOf(row, now)) &&
    hasTag(row, filters)
  )
}

function stateOf(row: FilteredRow, now: number): KeyState | undefined {
  return stateAt(
    {
      state: row.state as KeyState,
      deleteAt: row.delete_at ?? undefined,
      materialExpiresAt: row.material_expires_at ?? undefined,
    },
    now,
  )
}

/** One and the same tag must have a wanted key and a wanted value. */
function hasTag(row: FilteredRow, { TagKey, TagValue }: KeyFilters): boolean {
  if (!TagKey && !TagValue) return true
  for (const [key, value] of readTags(row.tags)) {
    if ((TagKey?.has(key) ?? true) && (TagValue?.has(value) ?? true)) return true
  }
  return false
}
