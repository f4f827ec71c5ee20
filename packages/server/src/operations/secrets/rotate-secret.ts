import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import type { Secret } from '../../secrets/secrets.ts'
import { isManaged } from '../../secrets/types.ts'
import { Input } from '../kms/fields.ts'
import { SecretName, VersionId } from './fields.ts'
import {
  decidedSecret,
  managementCheck,
  resolveSecret,
  type SecretTarget,
  secretFor,
} from './secret-target.ts'

/**
 * Rotates a managed secret (reference: alibaba-kms.md D). A version that is there already is no mistake: the rotation was
 * done.
 */
export const rotateSecret = writeOperation({
  name: 'kms:RotateSecret',
  summary: 'Rotate a managed secret now',
  effect: 'write',
  input: Input({ SecretName, VersionId }),
  output: Type.Object({ Arn: Type.String(), SecretName: Type.String(), VersionId: Type.String() }),
  resolve: (scope, input) => resolveSecret(scope, input.SecretName),
  checks: (scope, _input, target: SecretTarget) => [managementCheck(scope, 'kms:RotateSecret', target)],
  decided: decidedSecret,
  touches: () => [],
  prepare(_scope, input, target) {
    const secret = secretFor(target)
    if (!isManaged(secret.type)) throw refuse({ code: 'OperationRejected' })
    if (!secret.versions.some(({ versionId }) => versionId === input.VersionId)) throw missingTarget(secret)
    return secret
  },
  work: async (_tx, _scope, input, _target, secret) => ({
    Arn: secret.arn,
    SecretName: secret.name,
    VersionId: input.VersionId,
  }),
  example: ({ secrets }) => ({ SecretName: secrets.managedSecretName, VersionId: secrets.managedVersionId }),
})

function missingTarget({ extendedConfig, type }: Secret) {
  const { DBClusterId, DBInstanceId, InstanceId } = JSON.parse(extendedConfig ?? '{}') as Record<
    string,
    string
  >
  const detail =
    type === 'RAMCredentials'
      ? 'The account has no role that lets the service manage access keys.'
      : `The instance ${DBInstanceId ?? DBClusterId ?? InstanceId} is not known here.`
  return refuse({ code: 'SecretTargetNotFound', detail })
}
