import { type Static, Type } from 'typebox'
import { readTags, type Tags } from '../../base/tags.ts'
import type { ReadHandle } from '../../store/store.ts'
import { allPolicies } from './attached.ts'
import { describeTags } from './describe.ts'
import { Input, text } from './fields.ts'
import { accountText, folderText, policyText } from './found.ts'
import { orgRead } from './iam-record.ts'
import { readMembers } from './members.ts'

// What is tagged of one type, in the whole organization. Decided without a resource: the cloud has none for these calls.

export type TaggedType = 'accounts' | 'folders' | 'policies' | 'root'

/** A target of the organization with its tags, by the id of its wire. */
export interface TaggedTarget {
  readonly id: string
  readonly name: string
  readonly tags: Tags
}

/** All of a type: which of them have a tag tells only who looks at each. */
export async function targetsOfType(
  db: ReadHandle,
  language: 'iam' | 'ram',
  type: TaggedType,
): Promise<TaggedTarget[]> {
  if (type === 'accounts')
    return (await readMembers(db)).map(({ account, row }) => ({
      id: accountText(language, account),
      name: account.name,
      tags: readTags(row.tags),
    }))
  if (type === 'policies')
    return (await allPolicies(db, { language })).map((policy) => ({
      id: policyText(language, policy),
      name: policy.name,
      tags: readTags(policy.row?.tags ?? '{}'),
    }))
  const folders = db.selectFrom('organization_folders').selectAll().orderBy('id')
  const rows = await folders.where('parent_id', type === 'root' ? '=' : '!=', '').execute()
  return rows.map((row) => ({
    id: folderText(language, row),
    name: type === 'root' ? 'root' : row.name,
    tags: readTags(row.tags),
  }))
}

/** Every key that some targets have, and all its values, each in order. */
export function valuesByKey(targets: readonly TaggedTarget[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>()
  for (const { tags } of targets)
    for (const [key, value] of tags) found.set(key, (found.get(key) ?? new Set()).add(value))
  const keys = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return new Map(keys.map(([key, values]) => [key, [...values].toSorted()]))
}

const TYPES = {
  'organizations:accounts': 'accounts',
  'organizations:ous': 'folders',
  'organizations:policies': 'policies',
  'organizations:roots': 'root',
} as const
const resource_type = Type.Enum(Object.keys(TYPES) as (keyof typeof TYPES)[])
const typeOf = (text: string) => TYPES[text as keyof typeof TYPES]

const common = { names: {}, on: [], who: 'readers', action: 'resources:list' } as const

export const listResourceTags = orgRead({
  ...common,
  call: 'ListResourceTags',
  summary: 'List the tags that the targets of a type have',
  input: Input({ resource_type }),
  output: Type.Object({ tags: Type.Array(Type.Object({ key: text, values: Type.Array(text) })) }),
  async work({ store }, input) {
    const targets = await targetsOfType(store.read, 'iam', typeOf(input.resource_type))
    return { tags: [...valuesByKey(targets)].map(([key, values]) => ({ key, values: [...values] })) }
  },
  example: { resource_type: 'organizations:accounts' },
})

const filters = {
  resource_type,
  without_any_tag: Type.Optional(Type.Boolean()),
  tags: Type.Optional(
    Type.Array(
      Type.Object(
        { key: Type.String({ minLength: 1, maxLength: 128 }), values: Type.Array(text, { maxItems: 20 }) },
        { additionalProperties: false },
      ),
      { maxItems: 20 },
    ),
  ),
  matches: Type.Optional(
    Type.Array(
      Type.Object({ key: Type.Literal('resource_name'), value: text }, { additionalProperties: false }),
      { maxItems: 20 },
    ),
  ),
}

/** A tag that is asked for without values is there with any. */
async function matching(db: ReadHandle, input: Static<ReturnType<typeof Input<typeof filters>>>) {
  const { without_any_tag = false, tags: asked = [], matches = [] } = input
  const all = await targetsOfType(db, 'iam', typeOf(input.resource_type))
  return all.filter(
    ({ name, tags }) =>
      (!without_any_tag || tags.size === 0) &&
      asked.every(({ key, values }) => {
        const value = tags.get(key)
        return value !== undefined && (values.length === 0 || values.includes(value))
      }) &&
      matches.every(({ value }) => name.includes(value)),
  )
}

export const listResourceInstances = orgRead({
  ...common,
  call: 'ListResourceInstances',
  summary: 'List the targets of a type that have some tags',
  input: Input({
    ...filters,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  }),
  output: Type.Object({
    resources: Type.Array(
      Type.Object({
        resource_id: text,
        resource_name: text,
        tags: Type.Array(Type.Object({ key: text, value: text })),
      }),
    ),
    total_count: Type.Integer(),
  }),
  async work({ store }, input) {
    const { limit = 200, offset = 0 } = input
    const found = await matching(store.read, input)
    const resources = found.slice(offset, offset + limit).map(({ id, name, tags }) => ({
      resource_id: id,
      resource_name: name,
      tags: describeTags(tags),
    }))
    return { resources, total_count: found.length }
  },
  example: { resource_type: 'organizations:ous', tags: [{ key: 'team', values: [] }] },
})

export const showResourceInstancesCount = orgRead({
  ...common,
  call: 'ShowResourceInstancesCount',
  summary: 'Count the targets of a type that have some tags',
  input: Input(filters),
  output: Type.Object({ total_count: Type.Integer() }),
  work: async ({ store }, input) => ({ total_count: (await matching(store.read, input)).length }),
  example: { resource_type: 'organizations:policies', without_any_tag: true },
})
