import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { NO_TAGS, withoutTags, withTags } from '../../base/tags.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS } from '../../identity/limits.ts'
import type { ReadHandle } from '../../store/store.ts'
import {
  type FoundFolder,
  type FoundMember,
  type FoundPolicy,
  findFolder,
  findMember,
  findPolicy,
} from '../organizations/found.ts'
import { setTags, type Tagged, tagsOn } from '../organizations/tagged.ts'
import { hasTags, tagsFrom } from './describe.ts'
import { Input, Nothing, Tag, TargetId, text } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const ResourceType = Type.Union([
  Type.Literal('Account'),
  Type.Literal('Folder'),
  Type.Literal('ControlPolicy'),
])
const ResourceId = Type.Array(TargetId, { minItems: 1, maxItems: 50 })
const Keys = Type.Array(nameField('tag key', NAME_RULES.tagKey), { maxItems: QUOTAS.tags })

/** Calls on tags name several targets, and none has a name that a permission could be held to. */
const shape = { names: {}, on: [] } as const

/** The targets of a call by their ids. Raises `IdentityNotFound` for the first that is missing. */
async function targetsOf(db: ReadHandle, type: string, ids: readonly string[]): Promise<Tagged[]> {
  const find = { Account: findMember, Folder: findFolder, ControlPolicy: findPolicy }[type] as (
    db: ReadHandle,
    language: 'ram',
    text: string,
  ) => Promise<FoundFolder | FoundMember | FoundPolicy | undefined>
  const found: Tagged[] = []
  for (const id of ids) {
    const target = await find(db, 'ram', id)
    const entity = ENTITY[type as keyof typeof ENTITY]
    if (!target) throw refuse({ code: 'IdentityNotFound', entity })
    found.push(target)
  }
  return found
}

const ENTITY = { Account: 'account', Folder: 'folder', ControlPolicy: 'organization-policy' } as const

export const tagResources = directoryWrite({
  call: 'TagResources',
  summary: 'Set tags of members, folders or control policies',
  input: Input({ ResourceType: Type.Optional(ResourceType), ResourceId, Tag }),
  output: Nothing,
  ...shape,
  requested: ({ Tag }) => tagsFrom(Tag),
  async work(tx, { author }, { ResourceType = 'Account', ResourceId, Tag }) {
    for (const target of await targetsOf(tx, ResourceType, ResourceId))
      await setTags(tx, target, withTags(tagsOn(target), tagsFrom(Tag)!), author)
    return {}
  },
  example: {
    ResourceType: 'Account',
    ResourceId: ['{organization.accountUid}'],
    Tag: [{ Key: 'team', Value: 'a' }],
  },
})

export const untagResources = directoryWrite({
  call: 'UntagResources',
  summary: 'Take tags off members, folders or control policies',
  input: Input({
    ResourceType: Type.Optional(ResourceType),
    ResourceId,
    TagKey: Type.Optional(Keys),
    All: Type.Optional(Type.Boolean()),
  }),
  output: Nothing,
  ...shape,
  async work(tx, { author }, { ResourceType = 'Account', ResourceId, TagKey = [], All = false }) {
    for (const target of await targetsOf(tx, ResourceType, ResourceId))
      await setTags(tx, target, All ? NO_TAGS : withoutTags(tagsOn(target), TagKey), author)
    return {}
  },
  example: {
    ResourceType: 'Folder',
    ResourceId: ['{organization.folderId}'],
    TagKey: ['team'],
  },
})

export const listTagResources = directoryRead({
  call: 'ListTagResources',
  summary: 'List tags of members, folders or control policies',
  input: Input({
    ResourceType: Type.Optional(ResourceType),
    ResourceId,
    Tag: Type.Optional(Tag),
    NextToken: Type.Optional(Type.String({ pattern: '^[0-9]{0,6}$' })),
    MaxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  }),
  output: Type.Object({
    TagResources: Type.Array(
      Type.Object({ ResourceId: text, ResourceType: text, TagKey: text, TagValue: text }),
    ),
    NextToken: Type.Optional(text),
  }),
  ...shape,
  async work({ store }, input) {
    const { ResourceType = 'Account', ResourceId, MaxResults = 50 } = input
    const targets = await targetsOf(store.read, ResourceType, ResourceId)
    const all = targets.flatMap((target, i) =>
      [...tagsOn(target)]
        .filter(([key, value]) => input.Tag === undefined || asked(input.Tag, key, value))
        .map(([TagKey, TagValue]) => ({ ResourceId: ResourceId[i]!, ResourceType, TagKey, TagValue })),
    )
    const at = Number(input.NextToken ?? 0)
    const next = at + MaxResults < all.length ? { NextToken: String(at + MaxResults) } : {}
    return { TagResources: all.slice(at, at + MaxResults), ...next }
  },
  example: { ResourceType: 'Account', ResourceId: ['{organization.accountUid}'] },
})

function asked(tags: Parameters<typeof tagsFrom>[0] & object, key: string, value: string): boolean {
  return tags.some((one) => hasTags(new Map([[key, value]]), tagsFrom([one])))
}
