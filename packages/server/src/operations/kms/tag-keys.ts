import { Type } from 'typebox'
import { type Problem, refuse } from '../../base/problem.ts'
import { changeKey, type Key, writeTags } from '../../kms/keys.ts'
import { keyArn, secretArn } from '../../kms/names.ts'
import { listTags, readCursor, writeCursor } from '../../kms/tag-list.ts'
import { assertTags, LIST_PROBLEMS, tagMap, withoutTags, withTags } from '../../kms/tags.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { managementCheck } from './key-checks.ts'
import { decidedKey, existing, type KeyTarget, keyFor, resolveKeyId, touchedKeys } from './key-target.ts'
import { NO_SECRETS } from './tag-key.ts'

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
async function resolveNamed(scope: ResolveScope, input: Named): Promise<readonly KeyTarget[]> {
  const region = scope.regions.alibaba
  if (input.RegionId !== region) throw refuse({ code: 'InvalidParameter', name: 'RegionId' })
  const { uid } = scope.caller.account
  const targets: KeyTarget[] = []
  for (const id of new Set(input.ResourceId ?? [])) {
    if (input.ResourceType === 'secret') {
      const arn = secretArn(region, uid, id)
      targets.push({ arn, owner: uid, key: undefined, missing: NO_SECRETS })
    } else targets.push({ ...(await resolveKeyId(scope, id, 'ResourceId')), missing: NOT_FOUND })
  }
  return targets
}

const readTags = (tags: readonly { readonly Key: string; readonly Value?: string }[]) =>
  tags.map(({ Key, Value }) => ({ key: Key, value: Value ?? '' }))

/** Tags several keys, all or none. */
export const tagResources = writeOperation({
  name: 'kms:TagResources',
  summary: 'Tag several keys',
  effect: 'write',
  input: Input({ RegionId, ResourceType, ResourceId: ResourceIds, Tag: TagList }),
  output: Nothing,
  resolve(scope, input) {
    assertTags(readTags(input.Tag), LIST_PROBLEMS)
    return resolveNamed(scope, input)
  },
  checks(scope, input, targets: readonly KeyTarget[]) {
    const requestTags = tagMap(readTags(input.Tag))
    return targets.map((target) => ({ ...managementCheck(scope, 'kms:TagResources', target), requestTags }))
  },
  decided: (targets) => targets.flatMap(decidedKey),
  touches: (_scope, _input, targets) => touchedKeys(targets),
  quick: true,
  prepare: (scope, _input, targets) => targets.map((target) => keyFor(scope, 'TagResources', target)),
  async work(tx, _scope, input, _targets, keys: readonly Key[]) {
    const added = readTags(input.Tag)
    for (const key of keys) await changeKey(tx, key, { tags: writeTags(withTags(key.tags, added)) })
    return {}
  },
  example: ({ keyId }) => ({
    RegionId: 'cn-hangzhou',
    ResourceType: 'key',
    ResourceId: [keyId],
    Tag: [{ Key: 'Project', Value: 'ProjectA' }],
  }),
})

/** Takes tags off several keys; all of them with `All`, when no key of a tag is given. */
export const untagResources = writeOperation({
  name: 'kms:UntagResources',
  summary: 'Take tags off several keys',
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
  checks: (scope, _input, targets: readonly KeyTarget[]) =>
    targets.map((target) => managementCheck(scope, 'kms:UntagResources', target)),
  decided: (targets) => targets.flatMap(decidedKey),
  touches: (_scope, _input, targets) => touchedKeys(targets),
  quick: true,
  prepare: (scope, _input, targets) => targets.map((target) => keyFor(scope, 'UntagResources', target)),
  async work(tx, _scope, { All, TagKey }, _targets, keys: readonly Key[]) {
    for (const key of keys) {
      const gone = TagKey?.length ? TagKey : All ? [...key.tags.keys()] : []
      await changeKey(tx, key, { tags: writeTags(withoutTags(key.tags, gone)) })
    }
    return {}
  },
  example: ({ keyId }) => ({
    RegionId: 'cn-hangzhou',
    ResourceType: 'key',
    ResourceId: [keyId],
    TagKey: ['Project'],
  }),
})

/**
 * Lists tags of the keys named, or of all of the account's, those of keys that have all the tags asked for. Without
 * names it is decided as every key.
 */
export const listTagResources = readOperation({
  name: 'kms:ListTagResources',
  summary: 'List the tags of several keys',
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
    const targets = await resolveNamed(scope, input)
    if (targets.length > 0) return targets
    const { uid } = scope.caller.account
    const region = scope.regions.alibaba
    const secrets = input.ResourceType === 'secret'
    const arn = secrets ? secretArn(region, uid, '*') : keyArn(region, uid, '*')
    return [{ arn, owner: uid, key: undefined, missing: secrets ? NO_SECRETS : NOT_FOUND }]
  },
  checks: (scope, _input, targets: readonly KeyTarget[]) =>
    targets.map((target) => managementCheck(scope, 'kms:ListTagResources', target)),
  async work(scope, input, targets) {
    const named = input.ResourceId?.length ? targets.map((target) => existing(target).id) : undefined
    if (input.ResourceType === 'secret') throw refuse(NO_SECRETS)
    const { tags, next } = await listTags(
      scope.store.read,
      { accountUid: scope.caller.account.uid, region: scope.regions.alibaba, now: scope.clock.now() },
      { keyIds: named, tags: input.Tag ?? [], after: readCursor(input.NextToken) },
    )
    return {
      NextToken: writeCursor(next),
      TagResources: {
        TagResource: tags.map(({ key, keyId, value }) => ({
          ResourceId: keyId,
          ResourceType: 'key',
          TagKey: key,
          TagValue: value,
        })),
      },
    }
  },
  example: ({ keyId }) => ({ RegionId: 'cn-hangzhou', ResourceType: 'key', ResourceId: [keyId] }),
})
