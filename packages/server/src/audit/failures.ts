/** One authentication that failed. Nothing of it was verified: every word may be the attacker's. */
export interface FailedAuthentication {
  readonly requestId: string
  /** The vendor code that was answered. */
  readonly code: string
  readonly source: string
  /** As claimed; cut to 128 characters. */
  readonly accessKeyId?: string
}

/** What was counted since the last time. */
export interface CountedFailures {
  readonly total: number
  readonly codes: Readonly<Record<string, number>>
  readonly sample: readonly FailedAuthentication[]
}

export interface FailureCounter {
  /** Counts one; costs nothing but memory, and little of it. */
  count(failure: FailedAuthentication): void
  /** Writes what was counted since the last time, as one entry. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Failures of one interval that are written with their particulars, and kinds that are counted apart. */
const SAMPLES = 10
const KINDS = 50

/**
 * Counts failed authentications and writes one entry a minute, with the numbers by code and a sample: who sends nonsense
 * must not be able to fill the log (design, section 8).
 */
export function createFailureCounter(options: {
  /** Writes the entry. Rejects when that is not durable. */
  readonly write: (counted: CountedFailures) => Promise<void>
  readonly everyMs?: number
}): FailureCounter {
  const { write, everyMs = 60_000 } = options
  let total = 0
  let codes = new Map<string, number>()
  let sample: FailedAuthentication[] = []

  async function flush(): Promise<void> {
    if (total === 0) return
    const taken = { total, codes, sample }
    total = 0
    codes = new Map()
    sample = []
    try {
      await write({
        total: taken.total,
        codes: Object.fromEntries(taken.codes),
        sample: taken.sample.map((failure) => ({ ...failure })),
      })
    } catch {
      // The numbers are not lost: they go into the next entry.
      total += taken.total
      for (const [code, count] of taken.codes) codes.set(code, (codes.get(code) ?? 0) + count)
      sample = [...taken.sample, ...sample].slice(0, SAMPLES)
    }
  }

  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()
  return Object.freeze<FailureCounter>({
    count(failure) {
      total += 1
      const code = codes.has(failure.code) || codes.size < KINDS ? failure.code : 'other'
      codes.set(code, (codes.get(code) ?? 0) + 1)
      // Each later one takes the place of a random one, ever more rarely: a fair sample of all.
      const place = sample.length < SAMPLES ? sample.length : Math.floor(Math.random() * total)
      if (place < SAMPLES) {
        const { accessKeyId } = failure
        sample[place] = { ...failure, ...(accessKeyId ? { accessKeyId: accessKeyId.slice(0, 128) } : {}) }
      }
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  })
}
