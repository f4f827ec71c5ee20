import type { Clock } from '../base/clock.ts'

/**
 * Names of which nothing was found, and no account is known. That is remembered, or a missing entity would be told from
 * one that is there, and held in memory, by the time of its answer.
 *
 * INVARIANT: a name is believed to be missing no longer than the bound of the revision cache, counted from before the
 * database was asked, and not beyond any change that this process makes or sees: what is made elsewhere is found within
 * the same time in which what is taken away elsewhere is gone.
 */
export interface Misses {
  has(key: string): boolean
  /** To be called before the database is asked; the result, when it found nothing. */
  begin(key: string): () => void
  clear(): void
}

export function createMisses(clock: Pick<Clock, 'monotonic'>, boundMs: number, maxMisses: number): Misses {
  /** When the database was asked, oldest answers first. */
  const asked = new Map<string, number>()
  let changes = 0
  return {
    has(key) {
      const at = asked.get(key)
      return at !== undefined && clock.monotonic() - at < boundMs
    },
    begin(key) {
      const at = clock.monotonic()
      const before = changes
      return () => {
        if (before !== changes) return
        asked.delete(key)
        asked.set(key, at)
        if (asked.size > maxMisses) asked.delete(asked.keys().next().value!)
      }
    },
    clear() {
      changes++
      asked.clear()
    },
  }
}
