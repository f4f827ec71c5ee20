import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { latestTime } from '../../store/clock/watched.ts'
import { Description, Input, KeyId } from './fields.ts'
import { keyChange } from './key-change.ts'

const DAY = 86_400_000

export const updateKeyDescription = keyChange({
  action: 'UpdateKeyDescription',
  summary: 'Change the description of a key',
  input: Input({ KeyId, Description }),
  change: ({ Description }) => ({ description: Description }),
  example: { KeyId: '{keyId}', Description: 'orders, from now on' },
})

/** Enabling an enabled key, like disabling a disabled one, changes nothing and succeeds. */
export const enableKey = keyChange({
  action: 'EnableKey',
  summary: 'Enable a key',
  input: Input({ KeyId }),
  change: () => ({ state: 'Enabled' }),
  example: { KeyId: '{keyId}' },
})

export const disableKey = keyChange({
  action: 'DisableKey',
  summary: 'Disable a key',
  input: Input({ KeyId }),
  change: () => ({ state: 'Disabled' }),
  example: { KeyId: '{keyId}' },
})

/**
 * The window starts with the request (reference: alibaba-kms.md C.2). No code is published for a protected key: it is a
 * state that cannot change (H-18).
 */
export const scheduleKeyDeletion = keyChange({
  action: 'ScheduleKeyDeletion',
  summary: 'Destroy a key after a waiting time',
  input: Input({ KeyId, PendingWindowInDays: Type.Integer({ minimum: 7, maximum: 366 }) }),
  facts: ({ PendingWindowInDays }) => ({
    'kms:ScheduleKeyDeletionPendingWindowInDays': String(PendingWindowInDays),
  }),
  prepare(_scope, _input, key) {
    if (key.deletionProtection) {
      throw refuse({ code: 'StateModifiedFailed', detail: 'Deletion protection is on.' })
    }
  },
  change: ({ PendingWindowInDays }, _key, _now, _prepared, clock) => ({
    state: 'PendingDeletion',
    delete_at: latestTime(clock) + PendingWindowInDays * DAY,
  }),
  example: { KeyId: '{keyId}', PendingWindowInDays: 30 },
})

/** Back to Enabled, also if it was disabled before; without material, to PendingImport (H-24, H-25). */
export const cancelKeyDeletion = keyChange({
  action: 'CancelKeyDeletion',
  summary: 'Keep a key that was to be destroyed',
  input: Input({ KeyId }),
  async prepare(scope, _input, key) {
    if (key.origin !== 'EXTERNAL') return 'Enabled'
    const version = await scope.store.read
      .selectFrom('kms_key_versions')
      .select('sealed_material')
      .where('key_id', '=', key.id)
      .executeTakeFirst()
    return version?.sealed_material ? 'Enabled' : 'PendingImport'
  },
  change: (_input, _key, _now, state) => ({ state, delete_at: null }),
  example: { KeyId: '{kms.pendingKeyId}' },
})
