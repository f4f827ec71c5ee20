/** Counts of durations, in plain numbers: noting one costs a few comparisons. */
export interface Histogram {
  note(milliseconds: number): void
  /** Upper bounds in seconds, each with how many were no longer; the last is of all. */
  read(): {
    readonly buckets: readonly (readonly [bound: number, count: number])[]
    sum: number
    count: number
  }
}

/** From a tenth of a millisecond to ten seconds. */
const BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const

export function createHistogram(): Histogram {
  const counts = new Float64Array(BOUNDS.length + 1)
  let sum = 0
  return Object.freeze<Histogram>({
    note(milliseconds) {
      const seconds = milliseconds / 1000
      let place = 0
      while (place < BOUNDS.length && seconds > BOUNDS[place]!) place += 1
      counts[place]! += 1
      sum += seconds
    },
    read() {
      let count = 0
      const buckets = [...BOUNDS, Number.POSITIVE_INFINITY].map((bound, i) => {
        count += counts[i]!
        return [bound, count] as const
      })
      return { buckets, sum, count }
    },
  })
}
