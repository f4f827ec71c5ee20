import { Type } from 'typebox'
import { rotationState } from '../../secrets/rotation-policy.ts'
import type { Secret } from '../../secrets/secrets.ts'
import { wireTime } from '../kms/fields.ts'

/** What the answers say of a secret's rotation. */
export const RotationOut = {
  AutomaticRotation: Type.String(),
  RotationInterval: Type.String(),
  LastRotationDate: Type.String(),
  NextRotationDate: Type.String(),
  /** Of this service: why the rotation does not go on. Only there while it does not. */
  RotationError: Type.Optional(Type.String()),
}

type Rotating = Pick<
  Secret,
  'automaticRotation' | 'rotationIntervalS' | 'lastRotationAt' | 'nextRotationAt' | 'rotationError'
>

/** An interval comes back in seconds; what is not there is empty (reference: alibaba-kms.md C.4, D). */
export function rotationFields(secret: Rotating) {
  const { lastRotationAt, nextRotationAt, rotationError, rotationIntervalS } = secret
  return {
    AutomaticRotation: rotationState(secret),
    RotationInterval: rotationIntervalS === undefined ? '' : `${rotationIntervalS}s`,
    LastRotationDate: timeOf(lastRotationAt),
    NextRotationDate: timeOf(nextRotationAt),
    ...(rotationError === undefined ? {} : { RotationError: rotationError }),
  }
}

/** A time, or empty text where there is none. */
export function timeOf(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : wireTime(milliseconds)
}
