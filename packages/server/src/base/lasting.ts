import { setTimeout as pause } from 'node:timers/promises'
import type { Bell } from './bell.ts'

/** Work that stays as long as the service does, under a lease. */
export interface Stay {
  /** Renews the lease; raises where another worker has taken over. */
  readonly renew: () => Promise<unknown>
  /** How long the lease is good, in milliseconds; it is renewed three times in this time. */
  readonly leaseMs: number
  /** What its rounds pause by; rung where the lease is lost. */
  readonly bell: Bell
  readonly isStopped: () => boolean
}

/** One round after another until it is stopped. Raises what `renew` raised, once the lease is lost. */
export async function stay(
  { bell, isStopped, leaseMs, renew }: Stay,
  round: () => Promise<void>,
): Promise<void> {
  let lost: unknown
  const lose = (error: unknown) => {
    lost = error
    bell.ring()
  }
  const heartbeat = setInterval(() => void renew().catch(lose), leaseMs / 3)
  heartbeat.unref()
  try {
    while (!isStopped() && lost === undefined) await round()
    if (lost !== undefined) throw lost
  } finally {
    clearInterval(heartbeat)
  }
}

/** Waits for what runs, so many milliseconds at the longest. */
export async function settledWithin(
  running: Iterable<Promise<unknown>>,
  milliseconds: number,
): Promise<void> {
  const patience = new AbortController()
  const longEnough = pause(milliseconds, undefined, { signal: patience.signal }).catch(() => {})
  await Promise.race([Promise.allSettled(running), longEnough])
  patience.abort()
}
