import { Type } from 'typebox'
import { NO_TAGS, withoutTags, withTags } from '../../base/tags.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS } from '../../identity/limits.ts'
import { severalOf } from '../organizations/record.ts'
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

/** Decided on each target: by its place, as the other calls on it, and by the tags that it has. */
const shape = {
  names: {},
  on: [],
  several: ({ ResourceType = 'Account', ResourceId }: Asked) => ({
    kind: KINDS[ResourceType],
    ids: ResourceId,
  }),
} as const

interface Asked {
  readonly ResourceType?: keyof typeof KINDS
  readonly ResourceId: readonly string[]
}
const KINDS = { Account: 'account', Folder: 'folder', ControlPolicy: 'policy' } as const

const targetsOf = (found: object, { ResourceId }: Asked): readonly Tagged[] =>
  severalOf<'tagged'>(found as Parameters<typeof severalOf>[0], ResourceId.length)

export const tagResources = directoryWrite({
  call: 'TagResources',
  summary: 'Set tags of members, folders or control policies',
  input: Input({ ResourceType: Type.Optional(ResourceType), ResourceId, Tag }),
  output: Nothing,
  ...shape,
  requested: ({ Tag }) => tagsFrom(Tag),
  async work(tx, { author }, input, found) {
    for (const target of once(targetsOf(found, input)))
      await setTags(tx, target, withTags(tagsOn(target), tagsFrom(input.Tag)!), author)
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
  async work(tx, { author }, input, found) {
    const { TagKey = [], All = false } = input
    for (const target of once(targetsOf(found, input)))
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
  work(_scope, input, found) {
    const { ResourceType = 'Account', ResourceId, MaxResults = 50 } = input
    const targets = targetsOf(found, input)
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

/** One that is named twice is changed once. */
function once(targets: readonly Tagged[]): readonly Tagged[] {
  return [...new Map(targets.map((target) => [`${target.kind} ${target.id}`, target])).values()]
}

function asked(tags: Parameters<typeof tagsFrom>[0] & object, key: string, value: string): boolean {
  return tags.some((one) => hasTags(new Map([[key, value]]), tagsFrom([one])))
}
