import { type Static, Type } from 'typebox'
import { type Problem, refuse } from '../../base/problem.ts'
import { changeKey, writeTags } from '../../kms/keys.ts'
import { secretArn } from '../../kms/names.ts'
import { assertTags, TEXT_PROBLEMS, tagMap, withoutTags, withTags } from '../../kms/tags.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { managementCheck } from './key-checks.ts'
import {
  decidedKey,
  existing,
  type KeyTarget,
  keyFor,
  resolveKey,
  resolveKeyId,
  touchedKeys,
} from './key-target.ts'

/** `[{"TagKey": ..., "TagValue": ...}]`, as JSON text on the wire (reference: alibaba-kms.md C.4). */
export const Tags = Type.Array(
  Type.Object({ TagKey: Type.String(), TagValue: Type.Optional(Type.String()) }),
  {
    maxItems: 20,
  },
)

/** The tags of a request. Raises `InvalidParameter` of Tags. */
export function readTagList(tags: Static<typeof Tags>) {
  const read = tags.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue ?? '' }))
  assertTags(read, TEXT_PROBLEMS)
  return read
}

/** Secrets have no place here yet, certificates none at all: who may do it is told so. */
export const NO_SECRETS: Problem = {
  code: 'UnsupportedOperation',
  detail: 'Keys can be tagged here, secrets not yet.',
}

const Named = {
  KeyId: Type.Optional(KeyId),
  SecretName: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  CertificateId: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
}

interface Names {
  readonly KeyId?: string
  readonly SecretName?: string
  readonly CertificateId?: string
}

/** The one thing that a request names. A secret or certificate is decided by its name like a key. */
function resolveNamed(
  scope: ResolveScope,
  input: Names,
  key: typeof resolveKey,
): KeyTarget | Promise<KeyTarget> {
  const { CertificateId, KeyId, SecretName } = input
  const named = [KeyId, SecretName, CertificateId].filter((name) => name !== undefined)
  if (named.length === 0) throw refuse({ code: 'MissingParameter', name: 'KeyId' })
  if (named.length > 1) throw refuse({ code: 'InvalidParameter', name: 'KeyId' })
  if (KeyId !== undefined) return key(scope, KeyId)
  const { uid } = scope.caller.account
  const type = SecretName === undefined ? 'certificate' : 'secret'
  const arn = secretArn(scope.regions.alibaba, uid, SecretName ?? CertificateId ?? '', type)
  return { arn, owner: uid, key: undefined, missing: NO_SECRETS }
}

/** Adds tags to a key, or gives those that it has another value. */
export const tagResource = writeOperation({
  name: 'kms:TagResource',
  summary: 'Tag a key',
  effect: 'write',
  input: Input({ ...Named, Tags }),
  output: Nothing,
  resolve(scope, input) {
    readTagList(input.Tags)
    return resolveNamed(scope, input, resolveKey)
  },
  checks: (scope, input, target: KeyTarget) => [
    { ...managementCheck(scope, 'kms:TagResource', target), requestTags: tagMap(readTagList(input.Tags)) },
  ],
  decided: decidedKey,
  touches: (_scope, _input, target) => touchedKeys([target]),
  quick: true,
  prepare: (scope, _input, target) => keyFor(scope, 'TagResource', target),
  async work(tx, _scope, input, _target, key) {
    await changeKey(tx, key, { tags: writeTags(withTags(key.tags, readTagList(input.Tags))) })
    return {}
  },
  example: ({ keyId }) => ({ KeyId: keyId, Tags: [{ TagKey: 'Project', TagValue: 'ProjectA' }] }),
})

/** Takes tags off a key; those that it has not are no mistake. */
export const untagResource = writeOperation({
  name: 'kms:UntagResource',
  summary: 'Take tags off a key',
  effect: 'write',
  input: Input({ ...Named, TagKeys: Type.Array(Type.String(), { maxItems: 20 }) }),
  output: Nothing,
  resolve: (scope, input) => resolveNamed(scope, input, resolveKeyId),
  checks: (scope, _input, target: KeyTarget) => [managementCheck(scope, 'kms:UntagResource', target)],
  decided: decidedKey,
  touches: (_scope, _input, target) => touchedKeys([target]),
  quick: true,
  prepare: (scope, _input, target) => keyFor(scope, 'UntagResource', target),
  async work(tx, _scope, input, _target, key) {
    await changeKey(tx, key, { tags: writeTags(withoutTags(key.tags, input.TagKeys)) })
    return {}
  },
  example: ({ keyId }) => ({ KeyId: keyId, TagKeys: ['Project'] }),
})

/** Lists the tags of a key. */
export const listResourceTags = readOperation({
  name: 'kms:ListResourceTags',
  summary: 'List the tags of a key',
  effect: 'read',
  input: Input({ KeyId }),
  output: Type.Object({
    Tags: Type.Object({
      Tag: Type.Array(Type.Object({ KeyId: Type.String(), TagKey: Type.String(), TagValue: Type.String() })),
    }),
  }),
  resolve: (scope, input) => resolveKeyId(scope, input.KeyId),
  checks: (scope, _input, target: KeyTarget) => [managementCheck(scope, 'kms:ListResourceTags', target)],
  work(_scope, _input, target) {
    const { id, tags } = existing(target)
    return { Tags: { Tag: [...tags].map(([TagKey, TagValue]) => ({ KeyId: id, TagKey, TagValue })) } }
  },
  example: ({ keyId }) => ({ KeyId: keyId }),
})
