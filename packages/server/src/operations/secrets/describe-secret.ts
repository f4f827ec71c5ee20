import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, wireTime } from '../kms/fields.ts'
import { ShownTags, showTags } from '../tag-fields.ts'
import { SecretName } from './fields.ts'
import { existing, resolveSecret, type SecretTarget, useCheck } from './secret-target.ts'
import { RotationOut, rotationFields, timeOf } from './shown.ts'

/** Shows a secret without its values, also while it is planned to be deleted (reference: alibaba-kms.md A.2, D). */
export const describeSecret = readOperation({
  name: 'kms:DescribeSecret',
  summary: 'Show a secret, without its values',
  effect: 'read',
  input: Input({ SecretName, FetchTags: Type.Optional(Type.Boolean()) }),
  output: Type.Object({
    Arn: Type.String(),
    SecretName: Type.String(),
    SecretType: Type.String(),
    Description: Type.String(),
    EncryptionKeyId: Type.String(),
    DKMSInstanceId: Type.String(),
    ExtendedConfig: Type.String(),
    CreateTime: Type.String(),
    UpdateTime: Type.String(),
    PlannedDeleteTime: Type.String(),
    OwingService: Type.String(),
    ...RotationOut,
    Tags: Type.Optional(ShownTags),
  }),
  resolve: (scope, input) => resolveSecret(scope, input.SecretName),
  checks: (_scope, _input, target: SecretTarget) => [useCheck('kms:DescribeSecret', target)],
  work(_scope, input, target) {
    const secret = existing(target)
    return {
      Arn: secret.arn,
      SecretName: secret.name,
      SecretType: secret.type,
      Description: secret.description,
      EncryptionKeyId: secret.kmsKeyId,
      DKMSInstanceId: secret.instanceId ?? '',
      ExtendedConfig: secret.extendedConfig ?? '',
      CreateTime: wireTime(secret.createdAt),
      UpdateTime: wireTime(secret.updatedAt),
      PlannedDeleteTime: timeOf(secret.deleteAt),
      OwingService: '',
      ...rotationFields(secret),
      ...(input.FetchTags ? { Tags: showTags(secret.tags) } : {}),
    }
  },
  example: { SecretName: '{secrets.secretName}', FetchTags: true },
})
