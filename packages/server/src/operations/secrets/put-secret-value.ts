import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { STAGES_PER_SECRET } from '../../secrets/limits.ts'
import { changeSecret } from '../../secrets/secrets.ts'
import { isManaged } from '../../secrets/types.ts'
import { CURRENT, listVersions, putVersion } from '../../secrets/versions.ts'
import { Input } from '../kms/fields.ts'
import {
  assertValue,
  SecretData,
  SecretDataType,
  SecretName,
  VersionId,
  VersionStage,
  VersionStages,
} from './fields.ts'
import { resolveValue, type ValueTarget } from './get-secret-value.ts'
import { decidedSecret, managementCheck, secretFor, touchedSecret } from './secret-target.ts'
import { assertUsable, decidedValueKey, keyChecks, prepareValue, readSecretValue } from './value-key.ts'

/** Stores a version of a Generic secret (reference: alibaba-kms.md A.2 PutSecretValue, D). */
export const putSecretValue = writeOperation({
  name: 'kms:PutSecretValue',
  summary: 'Store a new version of a secret',
  effect: 'write',
  input: Input({
    SecretName,
    SecretData,
    VersionId,
    SecretDataType,
    VersionStages: Type.Optional(Type.Array(VersionStage, { minItems: 1, maxItems: STAGES_PER_SECRET })),
  }),
  output: Type.Object({ SecretName: Type.String(), VersionId: Type.String(), VersionStages }),
  resolve(scope, input) {
    assertValue(input.SecretData)
    return resolveValue(scope, input)
  },
  checks: (scope, input, target: ValueTarget) => [
    managementCheck(
      scope,
      'kms:PutSecretValue',
      target,
      { 'kms:SecretVersionId': input.VersionId },
      { 'kms:EncryptionKeyId': target.secret?.kmsKeyId },
    ),
    ...keyChecks('GenerateDataKey', target.key),
  ],
  decided: (target) => [...decidedSecret(target), ...decidedValueKey(target.key)],
  touches: (_scope, _input, target) => [touchedSecret(target)],
  quick: true,
  async prepare(scope, input, target) {
    const secret = secretFor(target)
    if (isManaged(secret.type)) throw refuse({ code: 'OperationRejected' })
    const key = target.key!
    assertUsable(scope, 'GenerateDataKey', key)
    const there = secret.versions.find(({ versionId }) => versionId === input.VersionId)
    if (there) {
      // The same version again is no mistake; one that says something else is.
      if ((await readSecretValue(scope, secret, there)) !== input.SecretData) {
        throw refuse({ code: 'SecretExists' })
      }
      return { secret, there, value: undefined }
    }
    const value = await prepareValue(
      scope,
      key,
      { accountUid: secret.accountUid, secretId: secret.id },
      {
        versionId: input.VersionId,
        dataType: input.SecretDataType ?? 'text',
        value: input.SecretData,
      },
    )
    return { secret, there: undefined, value }
  },
  async work(tx, scope, input, _target, { secret, there, value }) {
    const answer = (stages: readonly string[]) => ({
      SecretName: secret.name,
      VersionId: input.VersionId,
      VersionStages: { VersionStage: stages },
    })
    if (!value) return answer(there?.stages ?? [])
    const now = scope.clock.now()
    const { version } = await value.finish(tx)
    await putVersion(tx, secret, version, input.VersionStages ?? [CURRENT], now)
    await changeSecret(tx, secret, { updated_at: now })
    const stored = (await listVersions(tx, secret.id)).find(({ rowId }) => rowId === value.rowId)
    return answer(stored?.stages ?? [])
  },
  example: {
    SecretName: '{secrets.keyedName}',
    SecretData: '{"user":"shop","password":"another-example"}',
    VersionId: 'v2',
  },
})
