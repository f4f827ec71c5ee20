import { Type } from 'typebox'
import { type Problem, refuse } from '../../base/problem.ts'
import { tagsOf, withoutTags, withTags } from '../../base/tags.ts'
import { keyArn } from '../../kms/names.ts'
import { listTags, readCursor, taggedKeys, writeCursor } from '../../kms/tag-list.ts'
import { assertTagQuota, judgeTags, LIST_PROBLEMS } from '../../kms/tags.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { taggedSecrets } from '../../secrets/list.ts'
import { secretArn } from '../../secrets/names.ts'
import { resolveSecret } from '../secrets/secret-target.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { resolveKeyId } from './key-target.ts'
import {
  decidedTagged,
  type TagChange,
  type Tagged,
  tagChange,
  tagCheck,
  taggedId,
  touchedTagged,
} from './tagged.ts'

const RegionId = Type.String({ minLength: 1, maxLength: 64 })
const ResourceType = Type.Enum(['key', 'secret'])
const ResourceIds = Type.Array(KeyId, { minItems: 1, maxItems: 50 })
/** `Tag.1.Key`, `Tag.1.Value`, ... on the wire. */
const TagList = Type.Array(Type.Object({ Key: Type.String(), Value: Type.Optional(Type.String()) }), {
  minItems: 1,
  maxItems: 20,
})
const NOT_FOUND: Problem = { code: 'ResourceIdNotFound' }

interface Named {
  readonly RegionId: string
  readonly ResourceType: 'key' | 'secret'
  readonly ResourceId?: readonly string[]
}

/** The entities that a request names, each once. */
async function resolveNamed(scope: ResolveScope, input: Named): Promise<readonly Tagged[]> {
  const region = scope.regions.alibaba
  if (input.RegionId !== region) throw refuse({ code: 'InvalidParameter', name: 'RegionId' })
  const entities: Tagged[] = []
  for (const id of new Set(input.ResourceId ?? [])) {
    if (input.ResourceType === 'secret') {
      const target = await resolveSecret(scope, id, 'ResourceId')
      entities.push({ kind: 'secret', target, missing: NOT_FOUND })
    } else {
      const target = await resolveKeyId(scope, id, 'ResourceId')
      entities.push({ kind: 'key', target: { ...target, missing: NOT_FOUND } })
    }
  }
  return entities
}

/** Tags several keys or secrets, all or none. */
export const tagResources = writeOperation({
  name: 'kms:TagResources',
  summary: 'Tag several keys or secrets',
  effect: 'write',
  input: Input({ RegionId, ResourceType, ResourceId: ResourceIds, Tag: TagList }),
  output: Nothing,
  resolve(scope, input) {
    judgeTags(input.Tag, LIST_PROBLEMS)
    return resolveNamed(scope, input)
  },
  checks(scope, input, entities: readonly Tagged[]) {
    const requestTags = tagsOf(input.Tag)
    return entities.map((one) => ({ ...tagCheck(scope, 'kms:TagResources', one), requestTags }))
  },
  decided: (entities) => entities.flatMap(decidedTagged),
  touches: (_scope, _input, entities) => touchedTagged(entities),
  quick: true,
  prepare: (scope, _input, entities) => entities.map((one) => tagChange(scope, 'TagResources', one)),
  async work(tx, scope, input, _entities, changes: readonly TagChange[]) {
    const added = tagsOf(input.Tag)
    for (const { tags, write } of changes)
      await write(tx, assertTagQuota(withTags(tags, added)), scope.clock.now())
    return {}
  },
  example: {
    RegionId: 'cn-hangzhou',
    ResourceType: 'key',
    ResourceId: ['{keyId}'],
    Tag: [{ Key: 'Project', Value: 'ProjectA' }],
  },
})

/** Takes tags off several keys or secrets; all of them with `All`, when no key of a tag is given. */
export const untagResources = writeOperation({
  name: 'kms:UntagResources',
  summary: 'Take tags off several keys or secrets',
  effect: 'write',
  input: Input({
    RegionId,
    ResourceType,
    ResourceId: ResourceIds,
    TagKey: Type.Optional(Type.Array(Type.String(), { maxItems: 20 })),
    All: Type.Optional(Type.Boolean()),
  }),
  output: Nothing,
  resolve: (scope, input) => resolveNamed(scope, input),
  checks: (scope, _input, entities: readonly Tagged[]) =>
    entities.map((one) => tagCheck(scope, 'kms:UntagResources', one)),
  decided: (entities) => entities.flatMap(decidedTagged),
  touches: (_scope, _input, entities) => touchedTagged(entities),
  quick: true,
  prepare: (scope, _input, entities) => entities.map((one) => tagChange(scope, 'UntagResources', one)),
  async work(tx, scope, { All, TagKey }, _entities, changes: readonly TagChange[]) {
    for (const { tags, write } of changes) {
      const gone = TagKey?.length ? TagKey : All ? [...tags.keys()] : []
      await write(tx, withoutTags(tags, gone), scope.clock.now())
    }
    return {}
  },
  example: {
    RegionId: 'cn-hangzhou',
    ResourceType: 'key',
    ResourceId: ['{keyId}'],
    TagKey: ['Project'],
  },
})

/**
 * Lists tags of the keys or secrets named, or of all of the account's, those of entities that have all the tags asked for.
 * Without names it is decided as every key, or every secret.
 */
export const listTagResources = readOperation({
  name: 'kms:ListTagResources',
  summary: 'List the tags of keys or secrets',
  effect: 'read',
  input: Input({
    RegionId,
    ResourceType,
    ResourceId: Type.Optional(Type.Array(KeyId, { maxItems: 50 })),
    Tag: Type.Optional(Type.Array(TagList.items, { maxItems: 20 })),
    NextToken: Type.Optional(Type.String({ maxLength: 1024 })),
  }),
  output: Type.Object({
    NextToken: Type.String(),
    TagResources: Type.Object({
      TagResource: Type.Array(
        Type.Object({
          ResourceId: Type.String(),
          ResourceType: Type.String(),
          TagKey: Type.String(),
          TagValue: Type.String(),
        }),
      ),
    }),
  }),
  async resolve(scope, input) {
    const keys = (input.Tag ?? []).map(({ Key }) => Key)
    if (new Set(keys).size < keys.length) throw refuse({ code: 'DuplicateTagKey' })
    const entities = await resolveNamed(scope, input)
    if (entities.length > 0) return entities
    const { uid: owner } = scope.caller.account
    const region = scope.regions.alibaba
    if (input.ResourceType === 'secret') {
      const target = { arn: secretArn(region, owner, '*'), owner, name: undefined, secret: undefined }
      return [{ kind: 'secret', target } as const]
    }
    const target = { arn: keyArn(region, owner, '*'), owner, key: undefined, missing: NOT_FOUND }
    return [{ kind: 'key', target } as const]
  },
  checks: (scope, _input, entities: readonly Tagged[]) =>
    entities.map((one) => tagCheck(scope, 'kms:ListTagResources', one)),
  async work(scope, input, entities) {
    const ids = input.ResourceId?.length ? entities.map(taggedId) : undefined
    const of = { accountUid: scope.caller.account.uid, region: scope.regions.alibaba, now: scope.clock.now() }
    const source = input.ResourceType === 'secret' ? taggedSecrets : taggedKeys
    const { tags, next } = await listTags(source(scope.store.read, of, ids), {
      tags: input.Tag ?? [],
      after: readCursor(input.NextToken),
    })
    return {
      NextToken: writeCursor(next),
      TagResources: {
        TagResource: tags.map(({ id, key, value }) => ({
          ResourceId: id,
          ResourceType: input.ResourceType,
          TagKey: key,
          TagValue: value,
        })),
      },
    }
  },
  example: { RegionId: 'cn-hangzhou', ResourceType: 'key', ResourceId: ['{keyId}'] },
})
