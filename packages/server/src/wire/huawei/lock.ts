import type { Clock } from '../../base/clock.ts'

const FAILURES_TO_LOCK = 5
const LOCKED_FOR = 5 * 60_000
const MAX_ENTRIES = 10_000

/**
 * The gateway's lock: after 5 wrong signatures in a row an access key is refused for 5 minutes, right signatures too
 * (reference/huawei-iam.md H.4).
 *
 * Here it locks the key **for the address that failed**. An access key id is no secret: were the key locked for
 * everyone, whoever has read an id could keep its owner out for ever with five bad requests every five minutes. What
 * the lock protects against, guessing a 256-bit signature, needs no lock. A client with a wrong secret still sees what
 * it would see in the cloud. Only keys that exist are counted, in a map with a bound; the oldest entry gives way.
 */
export interface FailureLock {
  isLocked(accessKeyId: string, source: string): boolean
  failed(accessKeyId: string, source: string): void
  succeeded(accessKeyId: string, source: string): void
}

interface Entry {
  failures: number
  /** On the monotonic clock, in milliseconds; 0 while not locked. */
  lockedUntil: number
}

export function createFailureLock(clock: Clock): FailureLock {
  const entries = new Map<string, Entry>()
  const keyOf = (accessKeyId: string, source: string) => `${accessKeyId}\n${source}`
  return Object.freeze({
    isLocked(accessKeyId: string, source: string): boolean {
      if (entries.size === 0) return false
      const key = keyOf(accessKeyId, source)
      const entry = entries.get(key)
      if (entry === undefined || entry.lockedUntil === 0) return false
      if (clock.monotonic() < entry.lockedUntil) return true
      entries.delete(key)
      return false
    },
    failed(accessKeyId: string, source: string): void {
      const key = keyOf(accessKeyId, source)
      const entry = entries.get(key) ?? { failures: 0, lockedUntil: 0 }
      entry.failures += 1
      if (entry.failures >= FAILURES_TO_LOCK) entry.lockedUntil = clock.monotonic() + LOCKED_FOR
      entries.delete(key)
      entries.set(key, entry)
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!)
    },
    succeeded(accessKeyId: string, source: string): void {
      if (entries.size > 0) entries.delete(keyOf(accessKeyId, source))
    },
  })
}
