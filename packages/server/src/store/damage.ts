import type { Refusal } from '../base/problem.ts'

/**
 * Remembers that the database was found damaged. From then on the store refuses everything: what is served from a
 * damaged file may be wrong or missing without a word, and every write makes it worse.
 */
export interface DamageLatch {
  /** What was found first, as a sentence for the operator. */
  readonly found: Refusal | undefined
  report(damage: Refusal): void
  /** `listener` hears of it once, at once if it was found before. */
  onFound(listener: (damage: Refusal) => void): void
}

export function createDamageLatch(): DamageLatch {
  let found: Refusal | undefined
  const listeners: ((damage: Refusal) => void)[] = []
  return {
    get found() {
      return found
    },
    report(damage) {
      if (found) return
      found = damage
      for (const listener of listeners) listener(damage)
    },
    onFound(listener) {
      if (found) listener(found)
      else listeners.push(listener)
    },
  }
}
