import { Type } from 'typebox'
import type { ReadHandle } from '../../store/store.ts'
import { targetsOfType, valuesByKey } from '../organizations/tagged-types.ts'
import { Input, text } from './fields.ts'
import { directoryRead } from './record.ts'

const TYPES = { Account: 'accounts', Folder: 'folders', ControlPolicy: 'policies' } as const
const ResourceType = Type.Union([
  Type.Literal('Account'),
  Type.Literal('Folder'),
  Type.Literal('ControlPolicy'),
])
const paging = {
  NextToken: Type.Optional(Type.String({ pattern: '^[0-9]{0,6}$' })),
  MaxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
}
const common = { names: {}, on: [], who: 'readers' } as const

const tagsOfType = async (db: ReadHandle, type: keyof typeof TYPES) =>
  valuesByKey(await targetsOfType(db, 'ram', TYPES[type]))

function pageOf<T>(
  all: readonly T[],
  { NextToken = '0', MaxResults = 50 }: { readonly NextToken?: string; readonly MaxResults?: number },
) {
  const at = Number(NextToken)
  const next = at + MaxResults < all.length ? { NextToken: String(at + MaxResults) } : {}
  return { Tags: all.slice(at, at + MaxResults), ...next }
}

export const listTagKeys = directoryRead({
  ...common,
  call: 'ListTagKeys',
  summary: 'List the keys of the tags that members, folders or control policies have',
  input: Input({ ResourceType, KeyFilter: Type.Optional(text), ...paging }),
  output: Type.Object({ Tags: Type.Array(Type.Object({ Key: text })), NextToken: Type.Optional(text) }),
  async work({ store }, input) {
    const keys = [...(await tagsOfType(store.read, input.ResourceType)).keys()]
    const asked = keys.filter((key) => key.includes(input.KeyFilter ?? ''))
    return pageOf(
      asked.map((Key) => ({ Key })),
      input,
    )
  },
  example: { ResourceType: 'Account' },
})

export const listTagValues = directoryRead({
  ...common,
  call: 'ListTagValues',
  summary: 'List the values that a tag has on members, folders or control policies',
  input: Input({
    ResourceType,
    TagKey: Type.String({ minLength: 1, maxLength: 128 }),
    ValueFilter: Type.Optional(text),
    ...paging,
  }),
  output: Type.Object({ Tags: Type.Array(Type.Object({ Value: text })), NextToken: Type.Optional(text) }),
  async work({ store }, input) {
    const values = (await tagsOfType(store.read, input.ResourceType)).get(input.TagKey) ?? []
    const asked = values.filter((value) => value.includes(input.ValueFilter ?? ''))
    return pageOf(
      asked.map((Value) => ({ Value })),
      input,
    )
  },
  example: { ResourceType: 'Account', TagKey: 'team' },
})
