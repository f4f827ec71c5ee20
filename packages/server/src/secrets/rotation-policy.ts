import { refuse } from '../base/problem.ts'
import { type RotationPolicy, readInterval } from '../kms/rotation.ts'
import type { Secret } from './secrets.ts'

/** Shortest and longest interval, in seconds (reference: alibaba-kms.md D). */
const SHORTEST = 6 * 3600
const LONGEST = 8760 * 3600

/** The policy that a request asks for. Raises `MissingParameter` when it is on and has no interval. */
export function readSecretRotation(on: boolean, interval: string | undefined): RotationPolicy {
  if (!on) return { on: false, intervalS: null }
  if (interval === undefined) throw refuse({ code: 'MissingParameter', name: 'RotationInterval' })
  return { on: true, intervalS: readInterval(interval, SHORTEST, LONGEST) }
}

/** What rotation does, as the answers say it. */
export function rotationState({
  automaticRotation,
  rotationError,
}: Pick<Secret, 'automaticRotation' | 'rotationError'>): 'Enabled' | 'Disabled' | 'Invalid' {
  if (!automaticRotation) return 'Disabled'
  return rotationError === undefined ? 'Enabled' : 'Invalid'
}
