import { type Static, Type } from 'typebox'
import { type Problem, refuse } from '../../base/problem.ts'
import { type Tags as TagMap, withoutTags, withTags } from '../../base/tags.ts'
import { certificateArn } from '../../kms/names.ts'
import { assertTagQuota, judgeTags, TEXT_PROBLEMS } from '../../kms/tags.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { SecretName } from '../secrets/fields.ts'
import { resolveSecret } from '../secrets/secret-target.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { managementCheck } from './key-checks.ts'
import { existing, type KeyTarget, resolveKey, resolveKeyId } from './key-target.ts'
import { decidedTagged, type Tagged, tagChange, tagCheck, touchedTagged } from './tagged.ts'

/** `[{"TagKey": ..., "TagValue": ...}]`, as JSON text on the wire (reference: alibaba-kms.md C.4). */
export const Tags = Type.Array(
  Type.Object({ TagKey: Type.String(), TagValue: Type.Optional(Type.String()) }),
  {
    maxItems: 20,
  },
)

/** The tags of a request. Raises `InvalidParameter` of Tags. */
export function readTagList(tags: Static<typeof Tags>): TagMap {
  return judgeTags(tags, TEXT_PROBLEMS)
}

/** There are none here: who may do it is told so. */
const NO_CERTIFICATES: Problem = {
  code: 'UnsupportedOperation',
  detail: 'Keys and secrets can be tagged here, certificates cannot.',
}

const Named = {
  KeyId: Type.Optional(KeyId),
  SecretName: Type.Optional(SecretName),
  CertificateId: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
}

interface Names {
  readonly KeyId?: string
  readonly SecretName?: string
  readonly CertificateId?: string
}

/** The one entity that a request names. A certificate is decided by its name, as a key that is missing. */
async function resolveNamed(scope: ResolveScope, input: Names, key: typeof resolveKey): Promise<Tagged> {
  const { CertificateId, KeyId, SecretName } = input
  const named = [KeyId, SecretName, CertificateId].filter((name) => name !== undefined)
  if (named.length === 0) throw refuse({ code: 'MissingParameter', name: 'KeyId' })
  if (named.length > 1) throw refuse({ code: 'InvalidParameter', name: 'KeyId' })
  if (KeyId !== undefined) return { kind: 'key', target: await key(scope, KeyId) }
  if (SecretName !== undefined) return { kind: 'secret', target: await resolveSecret(scope, SecretName) }
  const { uid: owner } = scope.caller.account
  const arn = certificateArn(scope.regions.alibaba, owner, CertificateId ?? '')
  return { kind: 'key', target: { arn, owner, key: undefined, missing: NO_CERTIFICATES } }
}

/** Adds tags to a key or secret, or gives those that it has another value. */
export const tagResource = writeOperation({
  name: 'kms:TagResource',
  summary: 'Tag a key or secret',
  effect: 'write',
  input: Input({ ...Named, Tags }),
  output: Nothing,
  resolve(scope, input) {
    readTagList(input.Tags)
    return resolveNamed(scope, input, resolveKey)
  },
  checks: (scope, input, tagged: Tagged) => [
    { ...tagCheck(scope, 'kms:TagResource', tagged), requestTags: readTagList(input.Tags) },
  ],
  decided: decidedTagged,
  touches: (_scope, _input, tagged) => touchedTagged([tagged]),
  quick: true,
  prepare: (scope, _input, tagged) => tagChange(scope, 'TagResource', tagged),
  async work(tx, scope, input, _tagged, entity) {
    await entity.write(tx, assertTagQuota(withTags(entity.tags, readTagList(input.Tags))), scope.clock.now())
    return {}
  },
  example: { KeyId: '{keyId}', Tags: [{ TagKey: 'Project', TagValue: 'ProjectA' }] },
})

/** Takes tags off a key or secret; those that it has not are no mistake. */
export const untagResource = writeOperation({
  name: 'kms:UntagResource',
  summary: 'Take tags off a key or secret',
  effect: 'write',
  input: Input({ ...Named, TagKeys: Type.Array(Type.String(), { maxItems: 20 }) }),
  output: Nothing,
  resolve: (scope, input) => resolveNamed(scope, input, resolveKeyId),
  checks: (scope, _input, tagged: Tagged) => [tagCheck(scope, 'kms:UntagResource', tagged)],
  decided: decidedTagged,
  touches: (_scope, _input, tagged) => touchedTagged([tagged]),
  quick: true,
  prepare: (scope, _input, tagged) => tagChange(scope, 'UntagResource', tagged),
  async work(tx, scope, input, _tagged, entity) {
    await entity.write(tx, withoutTags(entity.tags, input.TagKeys), scope.clock.now())
    return {}
  },
  example: { KeyId: '{keyId}', TagKeys: ['Project'] },
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
  example: { KeyId: '{keyId}' },
})
