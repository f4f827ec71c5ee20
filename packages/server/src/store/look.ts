import type { Clock } from '../base/clock.ts'
import {
  changedSince,
  type FoundRevision,
  type RevisionRow,
  readRevisionRow,
  readRevisions,
} from './revisions.ts'
import type { RevisionKind, Store } from './store.ts'
import { readRevisionRowNow, readRevisionsNow } from './sync-reads.ts'

/** An account that is held, of one kind, under a revision. */
export interface Held {
  readonly uid: string
  readonly kind: RevisionKind
  readonly revision: number
}

/** An account whose revision was found to be another. */
export interface Moved extends Held {
  /** Tags of the entities that changed; undefined: anything may have. */
  readonly changed: ReadonlySet<string> | undefined
}

export interface LookOptions {
  readonly store: Store
  readonly clock: Clock
  readonly boundMs: number
  readonly lookEveryMs: number
  /** What is held now. */
  held(): readonly Held[]
  /** Called with what is held under a revision that is past. */
  moved(found: Moved): void
  /** Called when looks begin to fail, and when they succeed again. */
  onChange?(error: unknown | undefined): void
  /** Told of every periodic look: how long it took, in milliseconds, and whether it succeeded. */
  onLook?(milliseconds: number, succeeded: boolean): void
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
  /** One look besides the periodic ones, begun after this call; at once where that is possible. Does not throw. */
  look(): void | Promise<void>
  /** Whether the last look that ended has failed. */
  readonly failing: boolean
  /** The look that is under way, or one that begins now: one for all who ask meanwhile. Does not throw. */
  soon(): Promise<void>
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
  let running: Promise<void> | undefined

  function succeeded(start: number, news: readonly Moved[]): void {
    for (const moved of news) options.moved(moved)
    lastStart = Math.max(lastStart, start)
    if (failing) options.onChange?.(undefined)
    failing = false
  }

  /** Those that moved. The row that tells what changed is read after: it may be newer still, which does no harm. */
  async function seen(before: readonly Held[]): Promise<readonly Moved[]> {
    const past = pastOf(before, await readRevisions(store, uidsOf(before)))
    if (past.length > MOST_ASKED) return past.map((one) => ({ ...one, changed: undefined }))
    const news: Moved[] = []
    for (const held of past) news.push(movedTo(held, await readRevisionRow(store.read, held.uid, held.kind)))
    return news
  }

  async function attempt(): Promise<void> {
    const start = clock.monotonic()
    begun = start
    try {
      succeeded(start, await given(seen(options.held()), boundMs))
      options.onLook?.(clock.monotonic() - start, true)
    } catch (error) {
      if (!closed) options.onLook?.(clock.monotonic() - start, false)
      if (!failing && !closed) options.onChange?.(error)
      failing = true
    }
  }

  async function periodic(): Promise<void> {
    const start = clock.monotonic()
    await soon()
    if (closed) return
    const wait = Math.max(0, lookEveryMs - (clock.monotonic() - start))
    timer = setTimeout(() => {
      active = periodic()
    }, wait)
    timer.unref()
  }

  function soon(): Promise<void> {
    running ??= attempt().finally(() => {
      running = undefined
    })
    return running
  }

  function lookNow(): boolean {
    const start = clock.monotonic()
    const before = options.held()
    try {
      const found = readRevisionsNow(store, uidsOf(before))
      if (!found) return false
      begun = start
      const news = pastOf(before, found).map((held) =>
        movedTo(held, readRevisionRowNow(store, held.uid, held.kind) ?? { revision: 0, recent: '' }),
      )
      succeeded(start, news)
    } catch {
      // The periodic look tells of it.
    }
    return true
  }

  active = periodic()
  return {
    get lastStart() {
      return lastStart
    },
    get begun() {
      return begun
    },
    get failing() {
      return failing
    },
    lookNow: () => void lookNow(),
    soon,
    look() {
      if (!lookNow()) return attempt()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await active
    },
  }
}

/** Of a look that was given up. */
export const LOOK_TOO_LONG = 'a look at it took too long'

/** Where more accounts moved than this, what changed in each is not asked: all that is held of them goes. */
const MOST_ASKED = 64

/** Also with nothing held: a process that cannot see the database must know. */
function uidsOf(held: readonly Held[]): readonly string[] {
  return held.length > 0 ? [...new Set(held.map(({ uid }) => uid))] : ['']
}

function pastOf(before: readonly Held[], found: readonly FoundRevision[]): readonly Held[] {
  const now = new Map(found.map((row) => [`${row.account_uid} ${row.kind}`, row.revision]))
  return before.filter(({ uid, kind, revision }) => (now.get(`${uid} ${kind}`) ?? 0) !== revision)
}

function movedTo(held: Held, row: RevisionRow): Moved {
  return { ...held, revision: row.revision, changed: changedSince(row, held.revision) }
}

/** Parts into which the time of a look is cut. */
const TICKS = 10

/**
 * Gives up after so many milliseconds in which the loop had turns: a time in which it stood still counts as one tick, or
 * answers that wait in the socket would be taken for none.
 */
async function given<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let ticks = 0
  work.catch(() => {})
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setInterval(() => {
          ticks += 1
          if (ticks === TICKS) reject(new Error(LOOK_TOO_LONG))
        }, milliseconds / TICKS)
        timer.unref()
      }),
    ])
  } finally {
    clearInterval(timer)
  }
}
