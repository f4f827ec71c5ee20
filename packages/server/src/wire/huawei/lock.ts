import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'

const FAILURES_TO_LOCK = 5
const LOCKED_FOR = 5 * 60_000
const MAX_ENTRIES = 10_000

/** How long an answer to a wrong signature waits under the lock, in milliseconds, and how many may wait at a time. */
const SLOWED_BY = 250
const MAX_WAITING = 64

/**
 * The gateway's lock after 5 wrong signatures in a row, for 5 minutes (reference/huawei-iam.md H.4), of an access key and
 * the address that failed.
 *
 * INVARIANT: a right signature is never refused for others' wrong ones. An access key id is no secret and an address may
 * be a whole office: who knows the id could otherwise keep its owner out for ever with five bad requests every five
 * minutes. What the lock protects against, guessing a 256-bit signature, needs no lock. So it only changes what a wrong
 * signature is told, how it is counted and how soon it is answered: a client with a wrong secret sees what it would see
 * in the cloud. Only keys that exist are counted, in a map with a bound; the oldest entry gives way.
 */
export interface FailureLock {
  /** Counts a wrong signature, and says whether it is one under the lock. */
  failed(accessKeyId: string, source: string): boolean
  succeeded(accessKeyId: string, source: string): void
  /** What an answer under the lock waits for. Beyond a number of waiting ones it comes at once. */
  slowly(): Promise<void>
}

interface Entry {
  failures: number
  /** On the monotonic clock, in milliseconds; 0 while not locked. */
  lockedUntil: number
}

export function createFailureLock(clock: Clock): FailureLock {
  const entries = new Map<string, Entry>()
  let waiting = 0
  const keyOf = (accessKeyId: string, source: string) => `${accessKeyId}\n${source}`
  return Object.freeze({
    failed(accessKeyId: string, source: string): boolean {
      const key = keyOf(accessKeyId, source)
      const now = clock.monotonic()
      const known = entries.get(key)
      if (known && now < known.lockedUntil) return true
      const entry = known === undefined || known.lockedUntil > 0 ? { failures: 0, lockedUntil: 0 } : known
      entry.failures += 1
      if (entry.failures >= FAILURES_TO_LOCK) entry.lockedUntil = now + LOCKED_FOR
      entries.delete(key)
      entries.set(key, entry)
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!)
      return false
    },
    succeeded(accessKeyId: string, source: string): void {
      if (entries.size > 0) entries.delete(keyOf(accessKeyId, source))
    },
    async slowly(): Promise<void> {
      if (waiting >= MAX_WAITING) return
      waiting++
      await sleep(SLOWED_BY)
      waiting--
    },
  })
}
