import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { judgeKeyPolicy } from '../../kms/policy.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import { Input, KeyId } from './fields.ts'
import { decidedKey, existing, managementCheck, resolveKey } from './key-target.ts'

const PolicyName = Type.Optional(Type.String())

/** Every key has one policy, named `default`; another name is not found (reference: alibaba-ram.md A.8). */
function assertPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw refuse({ code: 'PolicyNotFound' })
}

/** Replaces a key's policy (reference: alibaba-kms.md A.2 SetKeyPolicy, E.1). */
export const setKeyPolicy = writeOperation({
  name: 'kms:SetKeyPolicy',
  summary: 'Set the key policy',
  effect: 'write',
  binding: kms('SetKeyPolicy'),
  input: Input({ KeyId, Policy: Type.String({ minLength: 1 }), PolicyName }),
  output: Type.Object({}),
  resolve(scope, input) {
    judgeKeyPolicy(input.Policy)
    return resolveKey(scope, input.KeyId)
  },
  checks: (scope, _input, target) => [managementCheck(scope, 'kms:SetKeyPolicy', target)],
  decided: decidedKey,
  touches: (_scope, _input, target) => [target.owner],
  prepare(_scope, input, target) {
    assertPolicyName(input.PolicyName)
    return existing(target)
  },
  async work(tx, _scope, input, _target, key) {
    await tx
      .updateTable('kms_keys')
      .set({ policy: input.Policy, version: key.rowVersion + 1 })
      .where('id', '=', key.id)
      .execute()
    return {}
  },
  example: ({ accountUid, keyId }) => ({
    KeyId: keyId,
    Policy: JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { RAM: [`acs:ram::${accountUid}:root`] },
          Action: ['kms:*'],
          Resource: ['*'],
        },
      ],
    }),
  }),
})

/** Shows a key's policy as it was set. */
export const getKeyPolicy = readOperation({
  name: 'kms:GetKeyPolicy',
  summary: 'Show the key policy',
  effect: 'read',
  binding: kms('GetKeyPolicy'),
  input: Input({ KeyId, PolicyName }),
  output: Type.Object({ Policy: Type.String() }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (scope, _input, target) => [managementCheck(scope, 'kms:GetKeyPolicy', target)],
  work(_scope, input, target) {
    const key = existing(target)
    assertPolicyName(input.PolicyName)
    return { Policy: key.policyText }
  },
  example: ({ keyId }) => ({ KeyId: keyId }),
})
