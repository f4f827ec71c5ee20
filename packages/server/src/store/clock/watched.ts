import type { Clock } from '../../base/clock.ts'
import type { ClockWatch } from './watch.ts'

/** The clock of a service that watches whether its time can be believed. */
export interface WatchedClock extends Clock {
  readonly watch: ClockWatch
}

export function watchedClock<C extends Clock>(clock: C, watch: ClockWatch): C & WatchedClock {
  return { ...clock, watch }
}

export function watchOf(clock: Clock): ClockWatch | undefined {
  return 'watch' in clock ? (clock as WatchedClock).watch : undefined
}

/**
 * The time by which work is due that cannot be taken back; undefined while the clock is in doubt: such work waits then.
 *
 * INVARIANT: whatever is destroyed because its time has come is found by this time, not by the clock's.
 */
export async function irreversibleTime(clock: Clock): Promise<number | undefined> {
  const watch = watchOf(clock)
  if (!watch) return clock.now()
  const { doubt, now } = await watch.look()
  return doubt === undefined ? now : undefined
}

/** From when a waiting time counts at whose end something is destroyed: a clock that is behind must not shorten it. */
export function latestTime(clock: Clock): number {
  return watchOf(clock)?.latest() ?? clock.now()
}

/** The earliest time that any clock of the installation says; a test clock counts for nothing. */
export async function earliestTime(clock: Clock): Promise<number> {
  return (await watchOf(clock)?.earliest()) ?? clock.wall()
}

/** The time that all processes over one database share: what one writes and another compares goes by it. */
export function commonTime(clock: Clock): number {
  return watchOf(clock)?.common() ?? clock.wall()
}
