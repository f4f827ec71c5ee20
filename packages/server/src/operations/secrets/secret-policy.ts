import { judgeKeyPolicy, policyWarnings } from '../../kms/policy.ts'
import { readOperation, writeOperation } from '../../pipeline/operation.ts'
import { changeSecret } from '../../secrets/secrets.ts'
import { Input, Nothing } from '../kms/fields.ts'
import { assertPolicyName, givenPolicy, OWNER_POLICY, PolicyOutput, shownPolicy } from '../kms/key-policy.ts'
import { SecretName } from './fields.ts'
import {
  decidedSecret,
  existing,
  managementCheck,
  resolveSecret,
  type SecretTarget,
  touchedSecret,
} from './secret-target.ts'

/** Replaces the policy of a secret, in any state (reference: alibaba-kms.md A.2 SetSecretPolicy, E.1). */
export const setSecretPolicy = writeOperation({
  name: 'kms:SetSecretPolicy',
  summary: 'Replace the secret policy',
  effect: 'write',
  input: Input({ SecretName, ...givenPolicy }),
  output: Nothing,
  resolve(scope, input) {
    judgeKeyPolicy(input.Policy, undefined, 'secret')
    return resolveSecret(scope, input.SecretName)
  },
  checks: (scope, _input, target: SecretTarget) => [managementCheck(scope, 'kms:SetSecretPolicy', target)],
  decided: decidedSecret,
  touches: (_scope, _input, target) => [touchedSecret(target)],
  quick: true,
  prepare(_scope, input, target) {
    assertPolicyName(input.PolicyName)
    const secret = existing(target)
    return { secret, warnings: policyWarnings(input.Policy, secret.accountUid, 'secret') }
  },
  async work(tx, scope, input, _target, { secret, warnings }) {
    await changeSecret(tx, secret, { policy: input.Policy, updated_at: scope.clock.now() })
    for (const warning of warnings) scope.warn(warning)
    return {}
  },
  example: { SecretName: '{secrets.secretName}', Policy: OWNER_POLICY },
})

/** Shows the policy of a secret as it was set. */
export const getSecretPolicy = readOperation({
  name: 'kms:GetSecretPolicy',
  summary: 'Show the secret policy',
  effect: 'read',
  input: Input({ SecretName, ...shownPolicy }),
  output: PolicyOutput,
  resolve: (scope, input) => resolveSecret(scope, input.SecretName),
  checks: (scope, _input, target: SecretTarget) => [managementCheck(scope, 'kms:GetSecretPolicy', target)],
  work(_scope, input, target) {
    const { policyText } = existing(target)
    assertPolicyName(input.PolicyName)
    return { Policy: policyText }
  },
  example: { SecretName: '{secrets.secretName}' },
})
