import type { Clock } from './clock.ts'

/** What failed and is left alone for a while, longer each time. */
export interface Resting {
  has(name: string): boolean
  add(name: string): void
  forget(name: string): void
}

const FIRST_REST = 1000
const LONGEST_REST = 600_000

export function createResting(clock: Pick<Clock, 'monotonic'>): Resting {
  const rests = new Map<string, { readonly until: number; readonly rest: number }>()
  return Object.freeze<Resting>({
    has(name) {
      const found = rests.get(name)
      return found !== undefined && clock.monotonic() < found.until
    },
    add(name) {
      const rest = Math.min(LONGEST_REST, (rests.get(name)?.rest ?? FIRST_REST / 2) * 2)
      rests.set(name, { until: clock.monotonic() + rest, rest })
    },
    forget: (name) => void rests.delete(name),
  })
}
