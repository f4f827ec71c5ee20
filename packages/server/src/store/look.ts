import type { Clock } from '../base/clock.ts'
import { readRevisions } from './revisions.ts'
import type { Store } from './store.ts'
import { readRevisionsNow } from './sync-reads.ts'

export interface LookOptions {
  readonly store: Store
  readonly clock: Clock
  readonly boundMs: number
  readonly lookEveryMs: number
  /** Revisions of the accounts that are held now. */
  held(): ReadonlyMap<string, number>
  /** Told of an account whose revision was another. */
  moved(accountUid: string): void
  /** Told when looks begin to fail, and when they succeed again. */
  onChange?(error: unknown | undefined): void
}

/** The periodic look at the revisions. */
export interface Looker {
  /** Start of the last look that succeeded, on the monotonic clock. */
  readonly lastStart: number
  /** Start of the last look, whether it has succeeded or not. */
  readonly begun: number
  /**
   * Where the database is embedded: looks at once. A loop that stood still for longer than the bound (a slow disk, a
   * machine with too much to do) then costs a few microseconds, not a refused call.
   */
  lookNow(): void
  close(): Promise<void>
}

/**
 * Looks at the rows of the accounts that are held, again and again, whatever becomes of the database. A look that
 * takes longer than the bound is given up: its news would be too old to use.
 */
export function startLooking(options: LookOptions): Looker {
  const { store, clock, boundMs, lookEveryMs } = options
  // Nothing is held yet, so nothing that is held is old.
  let lastStart = clock.monotonic()
  let begun = lastStart
  let failing = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let active: Promise<void> = Promise.resolve()

  function succeeded(
    start: number,
    before: ReadonlyMap<string, number>,
    found: ReadonlyMap<string, number>,
  ): void {
    for (const [uid, revision] of before) {
      if ((found.get(uid) ?? 0) !== revision) options.moved(uid)
    }
    lastStart = Math.max(lastStart, start)
    if (failing) options.onChange?.(undefined)
    failing = false
  }

  async function look(): Promise<void> {
    const start = clock.monotonic()
    begun = start
    try {
      const before = options.held()
      // Also with nothing held: a process that cannot see the database must know.
      const uids = before.size > 0 ? [...before.keys()] : ['']
      const found = await given(readRevisions(store.read, uids), boundMs)
      succeeded(start, before, found)
    } catch (error) {
      if (!failing && !closed) options.onChange?.(error)
      failing = true
    }
    if (closed) return
    const wait = Math.max(0, lookEveryMs - (clock.monotonic() - start))
    timer = setTimeout(() => {
      active = look()
    }, wait)
    timer.unref()
  }

  active = look()
  return {
    get lastStart() {
      return lastStart
    },
    get begun() {
      return begun
    },
    lookNow() {
      const start = clock.monotonic()
      const before = options.held()
      try {
        const found = readRevisionsNow(store, before.size > 0 ? before.keys() : [''])
        if (!found) return
        begun = start
        succeeded(start, before, found)
      } catch {
        // The periodic look tells of it.
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await active
    },
  }
}

async function given<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  work.catch(() => {})
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the look took longer than the bound')), milliseconds)
        timer.unref()
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
