import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret as SecretField } from '../../base/secret.ts'
import { whenReady } from '../../base/when-ready.ts'
import { type Check, readOperation } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope, StateScope } from '../../pipeline/scope.ts'
import type { Secret } from '../../secrets/secrets.ts'
import { isManaged } from '../../secrets/types.ts'
import { CURRENT, PREVIOUS, type SecretVersion, versionAt } from '../../secrets/versions.ts'
import { Input, wireTime } from '../kms/fields.ts'
import { SecretName, VersionId, VersionStage, VersionStages } from './fields.ts'
import { resolveSecret, SECRET_NOT_FOUND, type SecretTarget, secretFor, useCheck } from './secret-target.ts'
import { RotationOut, rotationFields } from './shown.ts'
import { assertUsable, keyChecks, readSecretValue, resolveSecretKey, type ValueKey } from './value-key.ts'

/** What names a value: one of them, or one of a batch. */
export const valueInput = {
  SecretName,
  VersionId: Type.Optional(VersionId),
  VersionStage: Type.Optional(VersionStage),
  FetchExtendedConfig: Type.Optional(Type.Boolean()),
}
const ValueInput = Input(valueInput)
export type ValueRequest = Static<typeof ValueInput>

export const SecretValue = Type.Object({
  SecretName: Type.String(),
  SecretType: Type.String(),
  SecretData: SecretField(Type.String()),
  SecretDataType: Type.String(),
  VersionId: Type.String(),
  VersionStages,
  CreateTime: Type.String(),
  ExtendedConfig: Type.Optional(Type.String()),
  ...RotationOut,
})

/** A value that a call asks for: its secret and the key that it is under. */
export interface ValueTarget extends SecretTarget {
  readonly key: ValueKey | undefined
}

/** Without a promise when the secret and its key are in memory. */
export function resolveValue(
  scope: ResolveScope,
  { SecretName }: ValueRequest,
): ValueTarget | Promise<ValueTarget> {
  const found = resolveSecret(scope, SecretName)
  const withKey = (target: SecretTarget): ValueTarget | Promise<ValueTarget> => {
    const key = target.secret && resolveSecretKey(scope, target.secret)
    return whenReady(key, (it) => ({ ...target, key: it }))
  }
  return whenReady(found, withKey)
}

/**
 * The checks of one value. A version that is named alone is asked for under no stage: a policy that allows a stage does not
 * open it.
 */
export function valueChecks(input: ValueRequest, target: ValueTarget): readonly Check[] {
  const stage = input.VersionStage ?? (input.VersionId === undefined ? CURRENT : undefined)
  const asked = { 'kms:SecretVersionId': input.VersionId, 'kms:SecretVersionStage': stage }
  const more = { 'kms:EncryptionKeyId': target.secret?.kmsKeyId }
  return [useCheck('kms:GetSecretValue', target, asked, more), ...keyChecks('Decrypt', target.key)]
}

/** Raises what the state of the secret or of its key forbids. */
export function valueState(scope: StateScope, target: ValueTarget): Secret {
  const secret = secretFor(target)
  if (target.key) assertUsable(scope, 'Decrypt', target.key)
  return secret
}

/** The version that is asked for. Raises `SecretNotFound`, also where it does not carry the stage that is asked for. */
function versionOf(secret: Secret, { VersionId, VersionStage }: ValueRequest): SecretVersion {
  const managed = isManaged(secret.type)
  if (managed && VersionStage !== undefined && ![CURRENT, PREVIOUS].includes(VersionStage)) {
    throw refuse({ code: 'InvalidParameter', name: 'VersionStage' })
  }
  // Of a managed secret versions are not chosen (reference: alibaba-kms.md D).
  const id = managed ? undefined : VersionId
  const found =
    id === undefined
      ? versionAt(secret.versions, VersionStage ?? CURRENT)
      : secret.versions.find(({ versionId }) => versionId === id)
  if (!found || (VersionStage !== undefined && !found.stages.includes(VersionStage))) {
    throw refuse(SECRET_NOT_FOUND)
  }
  return found
}

/** The value and what is told beside it. */
export function showValue(scope: Scope, input: ValueRequest, target: ValueTarget) {
  const secret = valueState(scope, target)
  const version = versionOf(secret, input)
  const show = (SecretData: string) => ({
    SecretName: secret.name,
    SecretType: secret.type,
    SecretData,
    SecretDataType: version.dataType,
    VersionId: version.versionId,
    VersionStages: { VersionStage: [...version.stages] },
    CreateTime: wireTime(version.createdAt),
    ...(input.FetchExtendedConfig ? { ExtendedConfig: secret.extendedConfig ?? '' } : {}),
    ...rotationFields(secret),
  })
  const value = readSecretValue(scope, secret, version)
  return whenReady(value, show)
}

/** Shows the value of a secret (reference: alibaba-kms.md A.2 GetSecretValue, D, H-28, H-29). */
export const getSecretValue = readOperation({
  name: 'kms:GetSecretValue',
  summary: 'Read the value of a secret',
  effect: 'read',
  uses: true,
  input: ValueInput,
  output: SecretValue,
  resolve: resolveValue,
  checks: (_scope, input, target: ValueTarget) => valueChecks(input, target),
  state(scope, input, target) {
    versionOf(valueState(scope, target), input)
  },
  work: showValue,
  example: {
    SecretName: '{secrets.keyedName}',
    VersionId: '{secrets.versionId}',
    VersionStage: 'ACSCurrent',
  },
})
