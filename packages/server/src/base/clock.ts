/**
 * The one clock, passed in everywhere.
 *
 * `now` moves under a test clock (jobs, lifetimes, CurrentTime). `wall` never does: the signature window and nonce
 * retention use it. `monotonic` measures ages inside this process and never jumps.
 */
export interface Clock {
  /** Milliseconds since the epoch, as the service believes it to be. */
  now(): number
  /** Milliseconds since the epoch by the machine, untouched by a test clock. */
  wall(): number
  /** Milliseconds on a clock that never goes back. */
  monotonic(): number
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  wall: () => Date.now(),
  monotonic: () => performance.now(),
})

export interface TestClock extends Clock {
  advance(milliseconds: number): void
}

/** A clock whose `now` can be moved forward; `wall` and `monotonic` stay real. */
export function testClock(): TestClock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError('a test clock only moves forward')
      offset += milliseconds
    },
  }
}
