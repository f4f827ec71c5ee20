import { Type } from 'typebox'
import type { Key } from '../../kms/keys.ts'
import { wireTime } from './fields.ts'

/** `KeyMetadata` of CreateKey and DescribeKey (reference: alibaba-kms.md A.2). Unset times are empty texts (C.4). */
export const KeyMetadata = Type.Object({
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
})

export function keyMetadata(key: Omit<Key, 'policy' | 'policyText' | 'rowVersion'>) {
  return {
    KeyId: key.id,
    Arn: key.arn,
    // The account that created the key, not the identity (reference: alibaba-kms.md E.4).
    Creator: key.accountUid,
    Description: key.description,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    KeyState: key.state,
    Origin: key.origin,
    ProtectionLevel: key.protectionLevel,
    PrimaryKeyVersion: key.primaryVersionId ?? '',
    CreationDate: wireTime(key.createdAt),
    DeleteDate: key.deleteAt === undefined ? '' : wireTime(key.deleteAt),
    MaterialExpireTime: '',
    LastRotationDate: wireTime(key.createdAt),
    AutomaticRotation: 'Disabled',
  }
}
