import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { Refusal, refuse } from '../base/problem.ts'
import { asUnavailable } from './errors.ts'
import { startLooking } from './look.ts'
import { createMisses } from './misses.ts'
import { readRevision } from './revisions.ts'
import { createShelf } from './shelf.ts'
import type { ReadHandle, RevisionCache, Store } from './store.ts'

export interface RevisionCacheOptions {
  readonly store: Store
  readonly clock: Clock
  /** How old the last look may be, in milliseconds; 1000 by default. */
  readonly boundMs?: number
  /** How often to look, in milliseconds; 250 by default. */
  readonly lookEveryMs?: number
  /** Values kept at most; 100,000 by default. */
  readonly maxEntries?: number
  /** Absent things remembered at most, of those whose account is known and of the others each; 4,096 by default. */
  readonly maxMisses?: number
  /** Told when looks begin to fail, and, with undefined, when they succeed again. */
  readonly onChange?: (error: unknown | undefined) => void
}

/** A load under way. `stale`: the account was dropped since it began, so what it read may be old. */
interface Load {
  readonly promise: Promise<object | undefined>
  readonly state: { uid: string | undefined; stale: boolean }
}

/** What was read, and the revision at which it is known to be true. */
interface Loaded {
  readonly uid: string
  readonly value: object
}

/** A load is begun anew when the account moves under it; an account that moves this often is not readable now. */
const ATTEMPTS = 10

/**
 * See {@link RevisionCache}.
 *
 * INVARIANT: a value is kept under a revision that was read both BEFORE the value's data and after it, and was the same:
 * so the value is what the database held at that revision, and a later look that still finds the revision proves it
 * current.
 */
export function createRevisionCache(options: RevisionCacheOptions): RevisionCache {
  const { store, clock, boundMs = 1000, lookEveryMs = 250, onChange } = options
  const { maxEntries = 100_000, maxMisses = 4096 } = options
  const shelf = createShelf(maxEntries)
  // INVARIANT: anybody can name things that are not there. They stand apart, so that they never push out what is.
  const absent = createShelf(maxMisses)
  const misses = createMisses(clock, boundMs, maxMisses)
  const revisionOf = (uid: string) => shelf.revisionOf(uid) ?? absent.revisionOf(uid)
  const loads = new Map<string, Load>()
  const looker = startLooking({
    store,
    clock,
    boundMs,
    lookEveryMs,
    held: () => new Map([...absent.held(), ...shelf.held()]),
    moved: drop,
    ...(onChange ? { onChange } : {}),
  })
  let closed = false

  function assertFresh(): void {
    const old = () => clock.monotonic() - looker.lastStart >= boundMs
    if (!closed && old()) looker.lookNow()
    if (closed || old()) throw notSeenLately()
  }

  function drop(uid: string): void {
    shelf.drop(uid)
    absent.drop(uid)
    misses.clear()
    for (const { state } of loads.values()) {
      if (state.uid === undefined || state.uid === uid) state.stale = true
    }
  }

  /** One load for all who ask while it runs. */
  function shared(
    name: string,
    uid: string | undefined,
    read: () => Promise<Loaded | undefined>,
    keep: (loaded: Loaded, revision: number) => void,
  ): Promise<object | undefined> {
    const running = loads.get(name)
    if (running) return running.promise
    const state = { uid, stale: false }
    const promise = settled(name, state, read, keep)
    loads.set(name, { promise, state })
    return promise
  }

  async function settled(
    name: string,
    state: Load['state'],
    read: () => Promise<Loaded | undefined>,
    keep: (loaded: Loaded, revision: number) => void,
  ): Promise<object | undefined> {
    try {
      for (let left = ATTEMPTS; left > 0; left -= 1) {
        // Writes come in bursts: a load that met one waits for its end, a little longer each time.
        if (left < ATTEMPTS - 2) await sleep((ATTEMPTS - left) * 5)
        state.stale = false
        // The revision held was read before this load begins. Without one (or without knowing the account): read it.
        const asked = state.uid
        let before = asked === undefined ? undefined : revisionOf(asked)
        if (asked !== undefined && before === undefined) before = await readRevision(store.read, asked)
        const loaded = await read()
        if (!loaded) return undefined
        state.uid = loaded.uid
        const proved = clock.monotonic()
        const after = await readRevision(store.read, loaded.uid)
        // The shelf's revision is as old as the last look. What stands under another goes, for every load: else all
        // attempts up to the next look would begin with a revision that is past.
        const held = revisionOf(loaded.uid)
        if (held !== undefined && held !== after) drop(loaded.uid)
        if (asked !== loaded.uid || before !== after || state.stale) continue
        if (clock.monotonic() - proved >= boundMs) continue
        // A look that began since does not know of the account: it proves nothing of this value.
        if (looker.begun <= proved) keep(loaded, after)
        return loaded.value
      }
    } catch (error) {
      throw error instanceof Refusal ? error : (asUnavailable(error) ?? error)
    } finally {
      // In the same turn as `keep`: nobody may join this load after a drop that it did not see.
      loads.delete(name)
    }
    throw refuse({ code: 'Unavailable', detail: 'the account changes faster than it can be read' })
  }

  return Object.freeze<RevisionCache>({
    get<T extends object>(
      uid: string,
      key: string,
      load: (db: ReadHandle) => Promise<T>,
      isAbsent: (value: T) => boolean = () => false,
    ) {
      assertFresh()
      const held = (shelf.get(uid, key) ?? absent.get(uid, key)) as T | undefined
      if (held !== undefined) return held
      const read = async () => ({ uid, value: await load(store.read) })
      return shared(`get ${uid} ${key}`, uid, read, ({ value }, revision) =>
        (isAbsent(value as T) ? absent : shelf).keep(uid, revision, key, value, false),
      ) as Promise<T>
    },
    find<T extends object>(
      key: string,
      load: (db: ReadHandle) => Promise<{ accountUid: string; value: T } | undefined>,
    ) {
      assertFresh()
      const held = shelf.find(key) as T | undefined
      if (held !== undefined || misses.has(key)) return held
      const read = async () => {
        const remember = misses.begin(key)
        const found = await load(store.read)
        if (!found) remember()
        return found && { uid: found.accountUid, value: found.value }
      }
      return shared(`find ${key}`, undefined, read, (loaded, revision) =>
        shelf.keep(loaded.uid, revision, key, loaded.value, true),
      ) as Promise<T | undefined>
    },
    drop,
    assertFresh,
    proof() {
      assertFresh()
      return looker.lastStart
    },
    assertProof(proof) {
      // Written so that what is no number is refused.
      if (!(clock.monotonic() - proof < boundMs)) throw notSeenLately()
    },
    async close() {
      closed = true
      await looker.close()
      for (const uid of [...shelf.held().keys(), ...absent.held().keys()]) drop(uid)
    },
  })
}

function notSeenLately(): Refusal {
  return refuse({ code: 'Unavailable', detail: 'the revisions were not seen lately' })
}
