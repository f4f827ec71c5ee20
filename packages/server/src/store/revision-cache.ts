import type { Clock } from '../base/clock.ts'
import { Refusal, refuse } from '../base/problem.ts'
import { asUnavailable } from './errors.ts'
import { type Held, startLooking } from './look.ts'
import { createMisses, type Misses } from './misses.ts'
import { createMoves } from './moves.ts'
import { changedSince, changeTag, type RevisionRow, readRevisionRow } from './revisions.ts'
import { createShelf, type Shelf } from './shelf.ts'
import type { ReadHandle, RevisionCache, RevisionKind, Store } from './store.ts'

export interface RevisionCacheOptions {
  readonly store: Store
  readonly clock: Clock
  /** How old the last look may be, in milliseconds; 1000 by default. */
  readonly boundMs?: number
  /** How often to look, in milliseconds; 250 by default. */
  readonly lookEveryMs?: number
  /** Values of each kind kept at most; 100,000 by default. */
  readonly maxEntries?: number
  /** Absent entities of each kind remembered at most, of those whose account is known and of the others; 4,096 by default. */
  readonly maxMisses?: number
  /** Called when looks begin to fail, and, with undefined, when they succeed again. */
  readonly onChange?: (error: unknown | undefined) => void
  /** Told of every look: how long it took, in milliseconds, and whether it succeeded. */
  readonly onLook?: (milliseconds: number, succeeded: boolean) => void
}

/** A load under way. `stale`: what it reads was dropped since it began, so what it read may be old. */
interface Load {
  readonly promise: Promise<object | undefined>
  readonly state: LoadState
}

interface LoadState {
  readonly kind: RevisionKind
  /** Undefined until its row tells. */
  uid: string | undefined
  /** Name of the entity, where it is known. */
  readonly item: string | undefined
  stale: boolean
}

/** What was read. */
interface Loaded {
  readonly uid: string
  readonly value: object
  readonly item: string | undefined
}

/** What was read, in one state of the database with its revision. */
interface Proved extends Loaded {
  readonly row: RevisionRow
}

/**
 * A load during which this process changed the same entity is begun anew. One that meets this many changes is served as it
 * was read: it was so after it was asked for.
 */
const ATTEMPTS = 4

/** The memory of one kind. */
interface Shelves {
  readonly there: Shelf
  /** INVARIANT: anybody can name entities that are not there. They stand apart, so that they never push out what is. */
  readonly absent: Shelf
  readonly misses: Misses
}

const KINDS: readonly RevisionKind[] = ['identity', 'keys', 'secrets', 'network']

function kindOf(key: string): RevisionKind {
  // Asked many times a call: most keys are told by their first letter.
  switch (key.charCodeAt(0)) {
    case 0x6b:
      return key.startsWith('kms:') ? 'keys' : 'identity'
    case 0x73:
      return key.startsWith('secrets:') ? 'secrets' : 'identity'
    case 0x6e:
      return key.startsWith('network:') ? 'network' : 'identity'
    default:
      return 'identity'
  }
}

/**
 * `kms:key:ID` is of the key ID, `secrets:value:NAME:ROW` of the secret NAME, which has no colon. What else is held of an
 * account goes as a whole: there is no name to go by.
 */
function itemOf(key: string): string | undefined {
  if (key.startsWith('kms:')) return key.slice(key.indexOf(':', 4) + 1)
  return key.startsWith('secrets:') ? key.split(':', 3)[2] : undefined
}

/**
 * See {@link RevisionCache}.
 *
 * INVARIANT: a value is kept under the revision that was read in the same state of the database: so it is what the
 * database held at that revision, and a later look that still finds the revision, or finds that only other entities
 * changed since, proves it current.
 */
export function createRevisionCache(options: RevisionCacheOptions): RevisionCache {
  const { store, clock, boundMs = 1000, lookEveryMs = 250, onChange, onLook } = options
  const { maxEntries = 100_000, maxMisses = 4096 } = options
  const moves = createMoves(maxEntries)
  const shelvesOf = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      {
        there: createShelf(maxEntries, moves.saw),
        absent: createShelf(maxMisses, moves.saw),
        misses: createMisses(clock, boundMs, maxMisses),
      },
    ]),
  ) as Record<RevisionKind, Shelves>
  const loads = new Map<string, Load>()
  const looker = startLooking({
    store,
    clock,
    boundMs,
    lookEveryMs,
    held,
    moved: ({ uid, kind, revision, changed }) => advance(uid, kind, revision, changed),
    ...(onChange ? { onChange } : {}),
    ...(onLook ? { onLook } : {}),
  })
  let looking: Promise<void> | undefined
  let waiting: Promise<void> | undefined
  let closed = false

  function held(): readonly Held[] {
    const found: Held[] = []
    for (const kind of KINDS) {
      const { there, absent } = shelvesOf[kind]
      for (const [uid, revision] of new Map([...absent.held(), ...there.held()]))
        found.push({ uid, kind, revision })
    }
    return found
  }

  const isNew = () => clock.monotonic() - looker.lastStart < boundMs

  function assertFresh(): void {
    if (!closed && isNew()) return
    if (!closed) looker.lookNow()
    if (closed || !isNew()) throw notSeenLately()
  }

  function whenFresh(): void | Promise<void> {
    if (!closed && isNew()) return
    if (!closed) looker.lookNow()
    if (!closed && isNew()) return
    if (closed || looker.failing) throw notSeenLately()
    waiting ??= seen().finally(() => {
      waiting = undefined
    })
    return waiting
  }

  /** The look that is under way may have begun before the loop stood still: then the next one proves what is held. */
  async function seen(): Promise<void> {
    for (let left = 2; left > 0 && !closed && !isNew(); left -= 1) {
      await looker.soon()
      if (looker.failing) break
    }
    if (closed || !isNew()) throw notSeenLately()
  }

  function saw(uid: string, kind: RevisionKind): void {
    moves.saw(uid)
    if (kind === 'network') moves.sawForAll()
    shelvesOf[kind].misses.clear()
  }

  /** Entities changed elsewhere. */
  function advance(
    uid: string,
    kind: RevisionKind,
    revision: number,
    changed: ReadonlySet<string> | undefined,
  ): void {
    saw(uid, kind)
    const { there, absent } = shelvesOf[kind]
    for (const shelf of [there, absent]) shelf.advance(uid, revision, changed)
  }

  function drop(uid: string, only?: RevisionKind, items?: readonly string[]): void {
    for (const kind of only === undefined ? KINDS : [only]) {
      saw(uid, kind)
      const tags = items && new Set(items.map(changeTag))
      const { there, absent } = shelvesOf[kind]
      for (const shelf of [there, absent]) shelf.drop(uid, tags)
      for (const [name, { state }] of loads) {
        if (state.kind !== kind || (state.uid !== undefined && state.uid !== uid)) continue
        if (items && state.item !== undefined && !items.includes(state.item)) continue
        state.stale = true
        // Whoever asks from now on shall not be given what was read before.
        loads.delete(name)
      }
    }
  }

  /** One load for all who ask while it runs. */
  function shared(
    name: string,
    state: LoadState,
    read: (db: ReadHandle) => Promise<Loaded | undefined>,
    keep: (loaded: Proved) => void,
  ): Promise<object | undefined> {
    const running = loads.get(name)
    if (running) return running.promise
    const forget = () => {
      if (loads.get(name)?.state === state) loads.delete(name)
    }
    const promise = settled(state, read, keep, forget)
    loads.set(name, { state, promise })
    return promise
  }

  async function settled(
    state: LoadState,
    read: (db: ReadHandle) => Promise<Loaded | undefined>,
    keep: (loaded: Proved) => void,
    forget: () => void,
  ): Promise<object | undefined> {
    try {
      for (let left = ATTEMPTS; ; left -= 1) {
        state.stale = false
        const began = clock.monotonic()
        const loaded = await store.snapshot(async (db) => {
          const found = await read(db)
          return found && { ...found, row: await readRevisionRow(db, found.uid, state.kind) }
        })
        if (state.stale && left > 1) continue
        if (!loaded) return undefined
        if (await isProved(state, loaded, began)) keepNew(state.kind, loaded, keep)
        return loaded.value
      }
    } catch (error) {
      throw error instanceof Refusal ? error : (asUnavailable(error) ?? error)
    } finally {
      // In the same turn as `keep`: nobody may join this load after a drop that it did not see.
      forget()
    }
  }

  /** A look that began since does not know of the value, and proves nothing of it: the revision is then read once more. */
  async function isProved(state: LoadState, { uid, row }: Proved, began: number): Promise<boolean> {
    let proved = began
    for (let left = ATTEMPTS; looker.begun > proved; left -= 1) {
      proved = clock.monotonic()
      const { revision } = await readRevisionRow(store.read, uid, state.kind)
      if (left === 0 || revision !== row.revision) return false
    }
    return !state.stale
  }

  /** The shelf's revision is as old as the last look, the loaded one may be newer; an older one is not kept. */
  function keepNew(kind: RevisionKind, loaded: Proved, keep: (loaded: Proved) => void): void {
    const { there, absent } = shelvesOf[kind]
    const now = there.revisionOf(loaded.uid) ?? absent.revisionOf(loaded.uid)
    if (now !== undefined && now > loaded.row.revision) return
    if (now !== undefined && now < loaded.row.revision) {
      advance(loaded.uid, kind, loaded.row.revision, changedSince(loaded.row, now))
    }
    keep(loaded)
  }

  function get<T extends object>(
    uid: string,
    key: string,
    load: (db: ReadHandle) => Promise<T>,
    isAbsent: (value: T) => boolean = () => false,
  ): T | Promise<T> {
    const fresh = whenFresh()
    if (fresh) return fresh.then(() => get(uid, key, load, isAbsent))
    const kind = kindOf(key)
    const { there, absent } = shelvesOf[kind]
    const value = (there.get(uid, key) ?? absent.get(uid, key)) as T | undefined
    if (value !== undefined) return value
    const item = itemOf(key)
    const read = async (db: ReadHandle) => ({ uid, value: await load(db), item })
    const tag = item === undefined ? '' : changeTag(item)
    return shared(`get ${uid} ${key}`, { kind, uid, item, stale: false }, read, ({ value, row }) =>
      (isAbsent(value as T) ? absent : there).keep(uid, row.revision, key, value, false, tag),
    ) as Promise<T>
  }

  function find<T extends object>(
    key: string,
    load: (db: ReadHandle) => Promise<{ accountUid: string; value: T; item?: string } | undefined>,
  ): T | undefined | Promise<T | undefined> {
    const fresh = whenFresh()
    if (fresh) return fresh.then(() => find(key, load))
    const kind = kindOf(key)
    const { there, misses } = shelvesOf[kind]
    const value = there.find(key) as T | undefined
    if (value !== undefined || misses.has(key)) return value
    const read = async (db: ReadHandle) => {
      const remember = misses.begin(key)
      const found = await load(db)
      if (!found) remember()
      return found && { uid: found.accountUid, value: found.value, item: found.item }
    }
    const state = { kind, uid: undefined, item: undefined, stale: false }
    return shared(`find ${key}`, state, read, ({ uid, value, item, row }) =>
      there.keep(uid, row.revision, key, value, true, item === undefined ? '' : changeTag(item)),
    ) as Promise<T | undefined>
  }

  return Object.freeze<RevisionCache>({
    get,
    find,
    drop,
    look() {
      if (clock.monotonic() - looker.lastStart < boundMs / 4) return
      if (looking) return looking
      const look = looker.look()
      if (!look) return
      looking = look.finally(() => {
        looking = undefined
      })
      return looking
    },
    get lastLook() {
      return looker.lastStart
    },
    get moves() {
      return moves.count
    },
    stamp(uids) {
      const known = [...uids]
      return known.every((uid) => shelvesOf.identity.there.revisionOf(uid) !== undefined)
        ? moves.stamp(known)
        : undefined
    },
    assertFresh,
    whenFresh,
    proof() {
      assertFresh()
      return looker.lastStart
    },
    isAging: (proof) => !(clock.monotonic() - proof < boundMs / 2),
    assertProof(proof) {
      // Written so that what is no number is refused.
      if (!(clock.monotonic() - proof < boundMs)) throw notSeenLately()
    },
    async close() {
      closed = true
      await looker.close()
      for (const { uid } of held()) drop(uid)
    },
  })
}

function notSeenLately(): Refusal {
  return refuse({ code: 'Unavailable', detail: 'the revisions were not seen lately' })
}
