import { refuse } from '../base/problem.ts'
import type { Key } from './keys.ts'
import type { KeyState } from './states.ts'

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const
const DAY = 86_400

/** Shortest and longest interval, in seconds (reference: alibaba-kms.md H-27). */
const SHORTEST = 7 * DAY
const LONGEST = 730 * DAY

/** Seconds of an interval such as `30d`. Raises `InvalidParameter` for what is none, or out of bounds: 7 to 730 days. */
export function readInterval(text: string, shortest = SHORTEST, longest = LONGEST): number {
  const parts = /^([1-9][0-9]{0,8})([dhms])$/.exec(text)
  const seconds = parts ? Number(parts[1]) * SECONDS[parts[2] as keyof typeof SECONDS] : 0
  if (seconds < shortest || seconds > longest) {
    throw refuse({ code: 'InvalidParameter', name: 'RotationInterval' })
  }
  return seconds
}

/** Only a symmetric cipher whose material the service made can rotate (reference: alibaba-kms.md C.3). */
export function canRotate(key: Pick<Key, 'kind' | 'origin'>): boolean {
  return key.kind.kind === 'cipher' && key.origin === 'Aliyun_KMS'
}

export type AutomaticRotation = 'Enabled' | 'Disabled' | 'Suspended'

/** What rotation does now: a key that is on and not enabled is suspended. */
export function rotationOf(key: Pick<Key, 'automaticRotation'>, state: KeyState): AutomaticRotation {
  if (!key.automaticRotation) return 'Disabled'
  return state === 'Enabled' ? 'Enabled' : 'Suspended'
}

/** How a key is to rotate. */
export interface RotationPolicy {
  readonly on: boolean
  readonly intervalS: number | null
}

/** The policy that a request asks for. Raises `MissingParameter` when it is on and has no interval. */
export function readRotationPolicy(on: boolean, interval: string | undefined): RotationPolicy {
  if (!on) return { on: false, intervalS: null }
  if (interval === undefined) throw refuse({ code: 'MissingParameter', name: 'RotationInterval' })
  return { on: true, intervalS: readInterval(interval) }
}

/** When the next version is due, in milliseconds; null while rotation is off. */
export function nextRotation(policy: RotationPolicy, lastRotationAt: number): number | null {
  return policy.intervalS === null ? null : lastRotationAt + policy.intervalS * 1000
}
