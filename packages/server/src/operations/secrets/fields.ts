import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret as SecretField } from '../../base/secret.ts'
import { LONGEST_VALUE } from '../../secrets/limits.ts'
import { LABEL, LONGEST_SECRET_REFERENCE } from '../../secrets/names.ts'

/** Input fields that several operations on secrets share (reference: alibaba-kms.md A.2, D). */
export const SecretName = Type.String({ minLength: 1, maxLength: LONGEST_SECRET_REFERENCE })
export const VersionId = Type.String({ pattern: LABEL })
export const VersionStage = Type.String({ pattern: LABEL })
/** Opaque text, whatever `SecretDataType` says (reference: alibaba-kms.md H-32). */
export const SecretData = SecretField(Type.String({ minLength: 1, maxLength: LONGEST_VALUE }))
export const SecretDataType = Type.Optional(Type.Enum(['text', 'binary']))
export const RotationInterval = Type.Optional(Type.String({ maxLength: 32 }))

/** Raises `InvalidParameter` for a value over its limit, which is in bytes. */
export function assertValue(data: string): void {
  if (Buffer.byteLength(data) > LONGEST_VALUE) throw refuse({ code: 'InvalidParameter', name: 'SecretData' })
}

export const VersionStages = Type.Object({ VersionStage: Type.Array(Type.String()) })
