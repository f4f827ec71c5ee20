import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, Paged, PageNumber, PageSize, page, wireTime } from '../kms/fields.ts'
import { SecretName, VersionStages } from './fields.ts'
import { existing, resolveSecret, type SecretTarget, useCheck } from './secret-target.ts'

/** Lists the versions of a secret, newest first; those without a stage only when they are asked for. */
export const listSecretVersionIds = readOperation({
  name: 'kms:ListSecretVersionIds',
  summary: 'List the versions of a secret, without their values',
  effect: 'read',
  input: Input({ SecretName, IncludeDeprecated: Type.Optional(Type.Boolean()), PageNumber, PageSize }),
  output: Type.Object({
    SecretName: Type.String(),
    VersionIds: Type.Object({
      VersionId: Type.Array(
        Type.Object({ VersionId: Type.String(), CreateTime: Type.String(), VersionStages }),
      ),
    }),
    ...Paged,
  }),
  resolve: (scope, input) => resolveSecret(scope, input.SecretName),
  checks: (_scope, _input, target: SecretTarget) => [useCheck('kms:ListSecretVersionIds', target)],
  work(_scope, input, target) {
    const secret = existing(target)
    const { number, size } = page({ PageSize: 20, ...input })
    const shown = secret.versions
      .filter(({ stages }) => input.IncludeDeprecated || stages.length > 0)
      .toReversed()
    return {
      SecretName: secret.name,
      VersionIds: {
        VersionId: shown.slice((number - 1) * size, number * size).map((version) => ({
          VersionId: version.versionId,
          CreateTime: wireTime(version.createdAt),
          VersionStages: { VersionStage: version.stages },
        })),
      },
      PageNumber: number,
      PageSize: size,
      TotalCount: shown.length,
    }
  },
  example: { SecretName: '{secrets.secretName}', IncludeDeprecated: true },
})
