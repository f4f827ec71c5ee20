import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How long a batch waits for more calls before it is written: over a network, where a batch costs the same for one call as
 * for many.
 */
export interface Gather {
  /** How long the last batch took, in milliseconds, and for how many calls. */
  took(milliseconds: number, calls: number): void
  wait(): Promise<void>
}

/** A part of the time that batches take lately: the slower the database is, the more calls share a batch. */
const SHARE = 0.5
const LONGEST = 10
/** Fewer calls a batch than this: nobody is in another's way, and a wait would only be a wait. */
const ALONE = 4

export function createGather(): Gather {
  let time = 0
  let calls = 0
  return {
    took(milliseconds, count) {
      time += (milliseconds - time) / 8
      calls += (count - calls) / 8
    },
    async wait() {
      const pause = calls < ALONE ? 0 : Math.min(LONGEST, time * SHARE)
      if (pause >= 1) await sleep(pause)
    },
  }
}
