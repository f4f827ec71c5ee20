import type { Operation } from '../../pipeline/operation.ts'
import { batchGetSecretValue } from './batch-get-secret-value.ts'
import {
  restoreSecret,
  updateSecret,
  updateSecretRotationPolicy,
  updateSecretVersionStage,
} from './change-secret.ts'
import { createSecret } from './create-secret.ts'
import { deleteSecret } from './delete-secret.ts'
import { describeSecret } from './describe-secret.ts'
import { getSecretValue } from './get-secret-value.ts'
import { listSecretVersionIds } from './list-secret-versions.ts'
import { listSecrets } from './list-secrets.ts'
import { putSecretValue } from './put-secret-value.ts'
import { getRandomPassword } from './random-password.ts'
import { rotateSecret } from './rotate-secret.ts'
import { getSecretPolicy, setSecretPolicy } from './secret-policy.ts'

/** Every operation on secrets of KMS 2016-01-20 (reference: alibaba-kms.md A.1); those on tags are among those on keys. */
export const secretOperations: readonly Operation[] = [
  createSecret,
  describeSecret,
  listSecrets,
  getSecretValue,
  batchGetSecretValue,
  putSecretValue,
  updateSecret,
  updateSecretVersionStage,
  listSecretVersionIds,
  rotateSecret,
  updateSecretRotationPolicy,
  deleteSecret,
  restoreSecret,
  getRandomPassword,
  setSecretPolicy,
  getSecretPolicy,
]
