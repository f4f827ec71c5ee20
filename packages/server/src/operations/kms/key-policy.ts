import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { changeKey } from '../../kms/keys.ts'
import { judgeKeyPolicy, policyWarnings } from '../../kms/policy.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import { Input, KeyId, Nothing } from './fields.ts'
import { managementCheck } from './key-checks.ts'
import { decidedKey, type KeyTarget, keyFor, resolveKeyId, touchedKeys } from './key-target.ts'

// What the calls on the policy of a key and on that of a secret have in common.
const PolicyName = Type.Optional(Type.String())
export const shownPolicy = { PolicyName }
export const givenPolicy = { Policy: Type.String({ minLength: 1 }), PolicyName }
export const PolicyOutput = Type.Object({ Policy: Type.String() })

/** Gives everything to the account that owns the resource. */
export const OWNER_POLICY = JSON.stringify({
  Version: '1',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { RAM: ['acs:ram::{accountUid}:root'] },
      Action: ['kms:*'],
      Resource: ['*'],
    },
  ],
})

/** Every key has one policy, named `default`; another name is not found (reference: alibaba-ram.md A.8). */
export function assertPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== 'default') throw refuse({ code: 'PolicyNotFound' })
}

/** Replaces a key's policy (reference: alibaba-kms.md A.2 SetKeyPolicy, E.1). */
export const setKeyPolicy = writeOperation({
  name: 'kms:SetKeyPolicy',
  summary: 'Set the key policy',
  effect: 'write',
  input: Input({ KeyId, ...givenPolicy }),
  output: Nothing,
  resolve(scope, input) {
    judgeKeyPolicy(input.Policy)
    return resolveKeyId(scope, input.KeyId)
  },
  checks: (scope, _input, target: KeyTarget) => [managementCheck(scope, 'kms:SetKeyPolicy', target)],
  decided: decidedKey,
  touches: (_scope, _input, target) => touchedKeys([target]),
  quick: true,
  prepare(scope, input, target) {
    assertPolicyName(input.PolicyName)
    const key = keyFor(scope, 'SetKeyPolicy', target)
    return { key, warnings: policyWarnings(input.Policy, key.accountUid) }
  },
  async work(tx, scope, input, _target, { key, warnings }) {
    await changeKey(tx, key, { policy: input.Policy })
    for (const warning of warnings) scope.warn(warning)
    return {}
  },
  example: { KeyId: '{keyId}', Policy: OWNER_POLICY },
})

/** Shows a key's policy as it was set. */
export const getKeyPolicy = readOperation({
  name: 'kms:GetKeyPolicy',
  summary: 'Show the key policy',
  effect: 'read',
  input: Input({ KeyId, ...shownPolicy }),
  output: PolicyOutput,
  resolve: (scope, input) => resolveKeyId(scope, input.KeyId),
  checks: (scope, _input, target: KeyTarget) => [managementCheck(scope, 'kms:GetKeyPolicy', target)],
  work(scope, input, target) {
    const key = keyFor(scope, 'GetKeyPolicy', target)
    assertPolicyName(input.PolicyName)
    return { Policy: key.policyText }
  },
  example: { KeyId: '{keyId}' },
})
