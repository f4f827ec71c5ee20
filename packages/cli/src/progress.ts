import type { Io } from './io.ts'

/** After how long a step is spoken of where nobody watches, and how often from then on. */
const QUIET_MS = 10_000
const TICK_MS = 1000

/**
 * Says on standard error that a step is under way, with the seconds that it has taken: in place, every second, where a
 * person watches; else a line every ten seconds, so that a log shows that the command lives.
 */
export async function withProgress<T>(
  io: Io,
  what: string,
  work: () => Promise<T>,
  { tick = TICK_MS, quiet = QUIET_MS } = {},
): Promise<T> {
  const begun = performance.now()
  const seconds = () => Math.round((performance.now() - begun) / 1000)
  const watched = io.person.watches
  if (watched) io.status(`${what} ...`)
  const timer = setInterval(
    () => {
      if (watched) io.status(`${what} ... ${seconds()} s`)
      else io.err(`keyward: ${what} ... ${seconds()} s`)
    },
    watched ? tick : quiet,
  )
  try {
    return await work()
  } finally {
    clearInterval(timer)
    if (watched) io.status('')
  }
}
