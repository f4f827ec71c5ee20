import { refuse } from '../../base/problem.ts'
import type { UseCounter } from '../../crypto/keyring.ts'

/**
 * How far a generation is used. AES-GCM under random nonces of 96 bits is safe for 2^32 messages (NIST SP 800-38D,
 * 8.3): the next generation is there at a quarter of that, and begins 2^24 messages later. By then every process has
 * long seen it; no clock is asked.
 */
export const RING_LIMITS: RingLimits = Object.freeze({
  block: 2 ** 16,
  addAt: 2 ** 30,
  beginAt: 2 ** 30 + 2 ** 24,
  stopAt: 2 ** 32 - 2 ** 24,
})

export interface RingLimits {
  /** Uses that a process reserves at a time. */
  readonly block: number
  /** Reserved uses at which the next generation is made. */
  readonly addAt: number
  /** Reserved uses at which it begins to seal. */
  readonly beginAt: number
  /** Reserved uses from which on nothing is sealed: reached only by a process that cannot take the next generation. */
  readonly stopAt: number
}

export interface CounterParts {
  readonly limits: RingLimits
  /** Reserves a block of this generation in the database. */
  reserve(generation: number): Promise<void>
  /** Reads the keyring again. */
  refresh(): Promise<void>
  onError(error: unknown): void
}

/** Least time between two readings that an unknown generation asks for, in milliseconds: anyone may name one. */
const PAUSE = 1000

/**
 * Counts uses against blocks that were reserved before. The next block is asked for when half of one is left; while the
 * database does not answer, one more block may be used, and then nothing is sealed.
 */
export function createUseCounter(parts: CounterParts): UseCounter & {
  /** A block of this generation is reserved. */
  granted(generation: number): void
  /** What runs in the background. */
  settled(): Promise<unknown>
} {
  const { block } = parts.limits
  let counted = 0
  let left = 0
  let reserving: Promise<void> | undefined
  let refreshing: Promise<void> | undefined
  let lastRefresh = Number.NEGATIVE_INFINITY

  return {
    spend(generation) {
      if (generation !== counted) {
        counted = generation
        left = 0
      }
      const spent = left <= -block
      if (!spent) left -= 1
      if (left < block / 2 && !reserving) {
        // Also when nothing is left: a block that was asked for may have failed, or be of a generation that has ended.
        reserving = parts
          .reserve(generation)
          .catch(parts.onError)
          .finally(() => {
            reserving = undefined
          })
      }
      if (spent) throw refuse({ code: 'Unavailable', detail: 'no uses of the keyring could be reserved' })
    },
    granted(generation) {
      // Of one that has ended meanwhile, nothing more is sealed.
      if (counted === 0) counted = generation
      if (generation === counted) left += block
    },
    missed() {
      const now = performance.now()
      if (refreshing || now - lastRefresh < PAUSE) return
      lastRefresh = now
      refreshing = parts
        .refresh()
        .catch(parts.onError)
        .finally(() => {
          refreshing = undefined
        })
    },
    settled: () => Promise.all([reserving, refreshing]),
  }
}
