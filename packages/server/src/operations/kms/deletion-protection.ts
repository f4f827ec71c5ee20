import { Type } from 'typebox'
import { type Problem, refuse } from '../../base/problem.ts'
import { assertInstance, BUILT_IN_INSTANCE, instanceArn } from '../../kms/instance.ts'
import { changeKey } from '../../kms/keys.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { managementCheck } from './key-checks.ts'
import { decidedKey, type KeyTarget, keyFor, resolveKeyId, touchedKeys } from './key-target.ts'

const INSTANCE_STAYS: Problem = {
  code: 'UnsupportedOperation',
  detail: `\`${BUILT_IN_INSTANCE}\` is never deleted.`,
}

/** Protects a key against deletion, named by id or by ARN (reference: alibaba-kms.md C.2). */
export const setDeletionProtection = writeOperation({
  name: 'kms:SetDeletionProtection',
  summary: 'Protect a key against deletion, or lift the protection',
  effect: 'write',
  input: Input({
    EnableDeletionProtection: Type.Boolean(),
    DeletionProtectionDescription: Type.Optional(Type.String({ maxLength: 8192 })),
    KeyId: Type.Optional(KeyId),
    ProtectedResourceArn: Type.Optional(KeyId),
    KmsInstanceId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  }),
  output: Nothing,
  resolve(scope, input): KeyTarget | Promise<KeyTarget> {
    const { KeyId, KmsInstanceId, ProtectedResourceArn } = input
    const named = [KeyId, ProtectedResourceArn, KmsInstanceId].filter((name) => name !== undefined)
    if (named.length === 0) throw refuse({ code: 'MissingParameter', name: 'ProtectedResourceArn' })
    if (named.length > 1) throw refuse({ code: 'InvalidParameter', name: 'ProtectedResourceArn' })
    if (KmsInstanceId !== undefined) {
      const { uid } = scope.caller.account
      const arn = instanceArn(scope.regions.alibaba, uid, KmsInstanceId)
      return { arn, owner: uid, key: undefined, missing: INSTANCE_STAYS }
    }
    if (KeyId !== undefined) return resolveKeyId(scope, KeyId)
    if (!ProtectedResourceArn?.startsWith('acs:')) {
      throw refuse({ code: 'InvalidParameter', name: 'ProtectedResourceArn' })
    }
    return resolveKeyId(scope, ProtectedResourceArn, 'ProtectedResourceArn')
  },
  checks: (scope, _input, target) => [managementCheck(scope, 'kms:SetDeletionProtection', target)],
  decided: decidedKey,
  touches: (_scope, _input, target) => touchedKeys([target]),
  quick: true,
  prepare(scope, { KmsInstanceId }, target) {
    if (KmsInstanceId !== undefined) assertInstance(KmsInstanceId)
    return keyFor(scope, 'SetDeletionProtection', target)
  },
  async work(tx, _scope, input, _target, key) {
    const on = input.EnableDeletionProtection
    await changeKey(tx, key, {
      deletion_protection: on ? 1 : 0,
      // It tells why a key is protected: without protection there is nothing to tell.
      deletion_protection_description: on ? (input.DeletionProtectionDescription ?? '') : '',
    })
    return {}
  },
  example: {
    ProtectedResourceArn: 'acs:kms:cn-hangzhou:{accountUid}:key/{keyId}',
    EnableDeletionProtection: true,
    DeletionProtectionDescription: 'orders need it',
  },
})
