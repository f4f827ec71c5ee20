import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { changeKey, type Key } from '../../kms/keys.ts'
import {
  assertMayGrow,
  findKeyVersion,
  insertVersion,
  listVersions,
  prepareVersion,
} from '../../kms/versions.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { Input, KeyId, KeyVersionId, Paged, PageNumber, PageSize, page, wireTime } from './fields.ts'
import { managementCheck, useCheck } from './key-checks.ts'
import { decidedKey, existing, type KeyTarget, keyFor, resolveKey, touchedKeys } from './key-target.ts'

const KeyVersion = Type.Object({
  KeyId: Type.String(),
  KeyVersionId: Type.String(),
  CreationDate: Type.String(),
})

const wireVersion = (key: Key, version: { readonly id: string; readonly createdAt: number }) => ({
  KeyId: key.id,
  KeyVersionId: version.id,
  CreationDate: wireTime(version.createdAt),
})

/**
 * Adds a version: of a symmetric cipher it becomes the one that encrypts (reference: alibaba-kms.md C.3, H-26). Imported
 * keys have one version for ever, and so have MAC keys: a MAC does not say which version made it.
 */
export const createKeyVersion = writeOperation({
  name: 'kms:CreateKeyVersion',
  summary: 'Add a version to a key',
  effect: 'write',
  input: Input({ KeyId }),
  output: Type.Object({ KeyVersion }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (scope, _input, target: KeyTarget) => [managementCheck(scope, 'kms:CreateKeyVersion', target)],
  decided: decidedKey,
  touches: (_scope, _input, target) => touchedKeys([target]),
  async prepare(scope, _input, target) {
    const key = keyFor(scope, 'CreateKeyVersion', target)
    if (key.origin !== 'Aliyun_KMS' || key.kind.kind === 'mac') throw refuse({ code: 'OperationRejected' })
    await assertMayGrow(scope.store.read, key, scope.clock.now())
    const material = await scope.asymmetric.generate(key.kind)
    return { key, version: prepareVersion(scope.keyring, key.accountUid, key.id, material) }
  },
  async work(tx, scope, _input, _target, { key, version }) {
    const now = scope.clock.now()
    await insertVersion(tx, key, version, now, true)
    await changeKey(tx, key, {
      last_rotation_at: now,
      ...(key.kind.kind !== 'pair' ? { primary_version_id: version.id } : {}),
      ...(key.rotationIntervalS === undefined
        ? {}
        : { next_rotation_at: now + key.rotationIntervalS * 1000 }),
    })
    return { KeyVersion: wireVersion(key, { id: version.id, createdAt: now }) }
  },
  example: { KeyId: '{kms.oldKeyId}' },
})

/** Shows a version of a key, in any state. */
export const describeKeyVersion = readOperation({
  name: 'kms:DescribeKeyVersion',
  summary: 'Show a version of a key',
  effect: 'read',
  input: Input({ KeyId, KeyVersionId }),
  output: Type.Object({ KeyVersion }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:DescribeKeyVersion', target)],
  async work(scope, input, target) {
    const key = existing(target)
    return { KeyVersion: wireVersion(key, await versionOf(scope, key, input.KeyVersionId)) }
  },
  example: { KeyId: '{keyId}', KeyVersionId: '{kms.keyVersionId}' },
})

/** The version of this id. Raises `KeyVersionNotFound` when there is none, or it is another key's. */
export async function versionOf(scope: ResolveScope, key: Key, id: string) {
  const version = await findKeyVersion(scope.cache, id)
  if (version?.keyId !== key.id) throw refuse({ code: 'KeyVersionNotFound' })
  return version
}

/** Lists the versions of a key, oldest first. */
export const listKeyVersions = readOperation({
  name: 'kms:ListKeyVersions',
  summary: 'List the versions of a key',
  effect: 'read',
  input: Input({ KeyId, PageNumber, PageSize }),
  output: Type.Object({ KeyVersions: Type.Object({ KeyVersion: Type.Array(KeyVersion) }), ...Paged }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:ListKeyVersions', target)],
  async work(scope, input, target) {
    const key = existing(target)
    const { number, size } = page(input)
    const { versions, total } = await listVersions(scope.store.read, key.id, number, size)
    return {
      KeyVersions: { KeyVersion: versions.map((version) => wireVersion(key, version)) },
      PageNumber: number,
      PageSize: size,
      TotalCount: total,
    }
  },
  example: { KeyId: '{keyId}' },
})
