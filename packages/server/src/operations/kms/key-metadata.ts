import { Type } from 'typebox'
import type { Key } from '../../kms/keys.ts'
import { rotationOf } from '../../kms/rotation.ts'
import type { KeyState } from '../../kms/states.ts'
import { wireTime } from './fields.ts'

const common = {
  KeyId: Type.String(),
  Arn: Type.String(),
  Creator: Type.String(),
  Description: Type.String(),
  KeySpec: Type.String(),
  KeyUsage: Type.String(),
  KeyState: Type.String(),
  Origin: Type.String(),
  ProtectionLevel: Type.String(),
  PrimaryKeyVersion: Type.String(),
  CreationDate: Type.String(),
  DeleteDate: Type.String(),
  MaterialExpireTime: Type.String(),
  LastRotationDate: Type.String(),
  AutomaticRotation: Type.String(),
  RotationInterval: Type.Optional(Type.String()),
  NextRotationDate: Type.Optional(Type.String()),
  DKMSInstanceId: Type.Optional(Type.String()),
}

/** `KeyMetadata` of CreateKey (reference: alibaba-kms.md A.2). Unset times are empty texts (C.4). */
export const CreatedKeyMetadata = Type.Object(common)

/** `KeyMetadata` of DescribeKey. */
export const KeyMetadata = Type.Object({
  ...common,
  DeletionProtection: Type.String(),
  DeletionProtectionDescription: Type.Optional(Type.String()),
})

const timeOrNothing = (time: number | undefined) => (time === undefined ? '' : wireTime(time))

/** The metadata of a key that was just made. */
export function createdKeyMetadata(key: Key, state: KeyState) {
  const rotation = rotationOf(key, state)
  return {
    KeyId: key.id,
    Arn: key.arn,
    // The account that created the key, not the identity (reference: alibaba-kms.md E.4).
    Creator: key.accountUid,
    Description: key.description,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    KeyState: state,
    Origin: key.origin,
    ProtectionLevel: key.protectionLevel,
    PrimaryKeyVersion: key.primaryVersionId ?? '',
    CreationDate: wireTime(key.createdAt),
    DeleteDate: state === 'PendingDeletion' ? timeOrNothing(key.deleteAt) : '',
    MaterialExpireTime: state === 'PendingImport' ? '' : timeOrNothing(key.materialExpiresAt),
    LastRotationDate: wireTime(key.lastRotationAt),
    AutomaticRotation: rotation,
    // Only while rotation is on, suspended or not; always in seconds (reference: alibaba-kms.md C.3).
    ...(rotation === 'Disabled'
      ? {}
      : {
          RotationInterval: `${key.rotationIntervalS}s`,
          NextRotationDate: timeOrNothing(key.nextRotationAt),
        }),
    ...(key.instanceId === undefined ? {} : { DKMSInstanceId: key.instanceId }),
  }
}

/** The metadata of a key in a state. */
export function keyMetadata(key: Key, state: KeyState) {
  return {
    ...createdKeyMetadata(key, state),
    DeletionProtection: key.deletionProtection ? 'Enabled' : 'Disabled',
    ...(key.deletionProtection ? { DeletionProtectionDescription: key.deletionProtectionDescription } : {}),
  }
}
