import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { nextRotation, type RotationPolicy } from '../../kms/rotation.ts'
import { rotationOf } from '../../secrets/rotation/journal.ts'
import { readSecretRotation } from '../../secrets/rotation-policy.ts'
import { type ExtendedConfig, isManaged, withCustomData } from '../../secrets/types.ts'
import { CURRENT, moveStages, PREVIOUS, removeStage, versionAt } from '../../secrets/versions.ts'
import { Description, Input } from '../kms/fields.ts'
import { RotationInterval, SecretName, VersionId, VersionStage } from './fields.ts'
import { secretChange } from './secret-change.ts'
import { existing, SECRET_NOT_FOUND } from './secret-target.ts'

const CUSTOM = 'ExtendedConfig.CustomData'

/** Changes the description, and of a managed secret the data that its owner keeps with its settings. */
export const updateSecret = secretChange({
  action: 'UpdateSecret',
  summary: 'Change the description of a secret',
  input: Input({
    SecretName,
    Description: Type.Optional(Description),
    [CUSTOM]: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
  prepare(_scope, input, secret) {
    const custom = input[CUSTOM]
    if (custom === undefined) return undefined
    if (!isManaged(secret.type)) throw refuse({ code: 'InvalidParameter', name: CUSTOM })
    return withCustomData(JSON.parse(secret.extendedConfig ?? '{}') as ExtendedConfig, custom)
  },
  change: ({ Description }, _secret, _now, config: ExtendedConfig | undefined) => ({
    ...(Description === undefined ? {} : { description: Description }),
    ...(config ? { extended_config: JSON.stringify(config) } : {}),
  }),
  example: { SecretName: '{secrets.secretName}', Description: 'of the shop' },
})

/**
 * Moves a stage to a version, or takes it off one (reference: alibaba-kms.md D, H-30). The built-in stages cannot be without
 * a version.
 */
export const updateSecretVersionStage = secretChange({
  action: 'UpdateSecretVersionStage',
  summary: 'Move a stage between the versions of a secret',
  input: Input({
    SecretName,
    VersionStage,
    RemoveFromVersion: Type.Optional(VersionId),
    MoveToVersion: Type.Optional(VersionId),
  }),
  facts: ({ VersionStage }) => ({ 'kms:SecretVersionStage': VersionStage }),
  prepare(_scope, { MoveToVersion, RemoveFromVersion, VersionStage }, secret) {
    if (isManaged(secret.type)) throw refuse({ code: 'OperationRejected' })
    if (MoveToVersion === undefined && RemoveFromVersion === undefined) {
      throw refuse({ code: 'InvalidParameter', name: 'MoveToVersion' })
    }
    const named = (id: string | undefined) => {
      const found = secret.versions.find(({ versionId }) => versionId === id)
      if (id !== undefined && !found) throw refuse(SECRET_NOT_FOUND)
      return found
    }
    const to = named(MoveToVersion)
    const from = named(RemoveFromVersion)
    if (from && !from.stages.includes(VersionStage)) {
      throw refuse({ code: 'StageMismatch', detail: 'The version does not carry the stage.' })
    }
    if (!to && [CURRENT, PREVIOUS].includes(VersionStage)) {
      throw refuse({ code: 'StageMismatch', detail: 'This stage can only move to another version.' })
    }
    return { to, moves: to !== versionAt(secret.versions, VersionStage) }
  },
  async also(tx, { VersionStage }, secret, { moves, to }) {
    if (!moves) return
    if (to) await moveStages(tx, secret.id, [VersionStage], to.rowId)
    else await removeStage(tx, secret.id, VersionStage)
  },
  change: (_input, _secret, _now, { moves }) => (moves ? {} : undefined),
  example: {
    SecretName: '{secrets.secretName}',
    VersionStage: 'ACSCurrent',
    MoveToVersion: '{secrets.olderVersionId}',
  },
})

/** Only managed secrets rotate (reference: alibaba-kms.md D). */
export const updateSecretRotationPolicy = secretChange({
  action: 'UpdateSecretRotationPolicy',
  summary: 'Change how a managed secret rotates',
  input: Input({ SecretName, EnableAutomaticRotation: Type.Boolean(), RotationInterval }),
  async prepare(scope, input, secret): Promise<RotationPolicy> {
    if (!isManaged(secret.type)) throw refuse({ code: 'OperationRejected' })
    // Its end says when the next one is due, by the policy as it was (reference: alibaba-kms.md D).
    if (await rotationOf(scope.store.read, secret.id)) throw refuse({ code: 'SecretRotating' })
    return readSecretRotation(input.EnableAutomaticRotation, input.RotationInterval)
  },
  change: (_input, { createdAt, lastRotationAt }, _now, policy) => ({
    automatic_rotation: policy.on ? 1 : 0,
    rotation_interval_s: policy.intervalS,
    next_rotation_at: nextRotation(policy, lastRotationAt ?? createdAt),
  }),
  example: {
    SecretName: '{secrets.managedSecretName}',
    EnableAutomaticRotation: true,
    RotationInterval: '7d',
  },
})

/** Keeps a secret that was to be deleted. */
export const restoreSecret = secretChange({
  action: 'RestoreSecret',
  summary: 'Keep a secret that was to be deleted',
  input: Input({ SecretName }),
  secret(target) {
    const secret = existing(target)
    if (secret.deleteAt === undefined) throw refuse({ code: 'SecretNotInDeletion' })
    return secret
  },
  change: () => ({ delete_at: null }),
  example: { SecretName: '{secrets.deletedName}' },
})
