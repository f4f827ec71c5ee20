import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { changeSecret, removeSecret } from '../../secrets/secrets.ts'
import { latestTime } from '../../store/clock/watched.ts'
import { Input, wireTime } from '../kms/fields.ts'
import { SecretName } from './fields.ts'
import {
  decidedSecret,
  existing,
  managementCheck,
  resolveSecret,
  type SecretTarget,
  touchedSecret,
} from './secret-target.ts'

const DAY = 86_400_000
const USUAL_WINDOW = 30

interface RequestInput {
  readonly ForceDeleteWithoutRecovery?: boolean
  readonly RecoveryWindowInDays?: number
}

/** What is asked for: no window at all, or so many days. Raises `InvalidParameter` where both are named. */
function windowOf({ ForceDeleteWithoutRecovery: forced, RecoveryWindowInDays: days }: RequestInput) {
  if (!forced) return days ?? USUAL_WINDOW
  if (days !== undefined) throw refuse({ code: 'InvalidParameter', name: 'RecoveryWindowInDays' })
  return undefined
}

/**
 * Deletes a secret: after a window in which it can be restored, or at once (reference: alibaba-kms.md D). One that waits for
 * the end of its window can still be deleted at once.
 */
export const deleteSecret = writeOperation({
  name: 'kms:DeleteSecret',
  summary: 'Delete a secret, after a waiting time or at once',
  effect: 'write',
  input: Input({
    SecretName,
    ForceDeleteWithoutRecovery: Type.Optional(Type.Boolean()),
    RecoveryWindowInDays: Type.Optional(Type.Integer({ minimum: 7, maximum: 30 })),
  }),
  output: Type.Object({ SecretName: Type.String(), PlannedDeleteTime: Type.String() }),
  resolve(scope, input) {
    windowOf(input)
    return resolveSecret(scope, input.SecretName)
  },
  checks(scope, input, target: SecretTarget) {
    const days = windowOf(input)
    return [
      managementCheck(scope, 'kms:DeleteSecret', target, {
        'kms:ForceDeleteWithoutRecovery': String(days === undefined),
        'kms:RecoveryWindowInDays': days === undefined ? undefined : String(days),
      }),
    ]
  },
  decided: decidedSecret,
  touches: (_scope, _input, target) => [touchedSecret(target)],
  quick: true,
  prepare(_scope, input, target) {
    const secret = existing(target)
    const days = windowOf(input)
    if (days !== undefined && secret.deleteAt !== undefined) throw refuse({ code: 'SecretInDeletion' })
    return { secret, days }
  },
  async work(tx, scope, _input, _target, { days, secret }) {
    const now = scope.clock.now()
    if (days === undefined) {
      await removeSecret(tx, secret.id)
      return { SecretName: secret.name, PlannedDeleteTime: wireTime(now) }
    }
    const deleteAt = latestTime(scope.clock) + days * DAY
    await changeSecret(tx, secret, { delete_at: deleteAt, updated_at: now })
    return { SecretName: secret.name, PlannedDeleteTime: wireTime(deleteAt) }
  },
  example: { SecretName: '{secrets.secretName}', RecoveryWindowInDays: 15 },
})
