import type { Store } from '../store/store.ts'
import type { Log } from './log.ts'

const FIRST = 1000
const EVERY = 24 * 3_600_000

/**
 * Looks the whole database file through, in a thread: soon after the start and then once a day. Damage that it finds
 * stops the service as damage that a call meets does, before a call meets it.
 */
export function watchDatabase(
  { check, damage }: Pick<Store, 'check' | 'damage'>,
  log: Pick<Log, 'debug' | 'warn'>,
  times = { first: FIRST, every: EVERY },
): { close(): Promise<void> } {
  let running: ReturnType<NonNullable<Store['check']>> | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function later(pause: number): void {
    timer = setTimeout(async () => {
      const started = performance.now()
      try {
        running = check?.()
        await running?.done
        log.debug({ milliseconds: Math.round(performance.now() - started) }, 'the database file is sound')
      } catch {
        if (!closed && !damage?.found) log.warn('the database file could not be looked through')
      }
      running = undefined
      if (!closed && !damage?.found) later(times.every)
    }, pause)
    timer.unref()
  }

  if (check) later(times.first)
  return Object.freeze({
    async close() {
      closed = true
      clearTimeout(timer)
      await running?.stop()
    },
  })
}
