import { randomBytes } from 'node:crypto'
import { createKeyring, type HeldKeyring, type Keyring } from '../../crypto/keyring.ts'
import { CARRYING, openState, type RingState, sealState, wipeState } from '../../crypto/keyring-state.ts'
import type { RootKey } from '../../crypto/root-key.ts'
import { withRootKeyBytes } from '../../crypto/root-key-file.ts'
import { absenceText } from '../../store/errors.ts'
import type { ReadHandle, Store, WriteHandle } from '../../store/store.ts'
import type { Log } from '../log.ts'
import { findRootKey, openRootKey, readCheckValue } from '../root-key.ts'
import { type RingRow, readRing, reserveUses, updateRing } from './rows.ts'
import { createUseCounter, RING_LIMITS, type RingLimits } from './uses.ts'

/** How often a process looks whether another one changed the keyring, in milliseconds. */
const LOOK_EVERY = 1000
/** How often it is said that the root key file is not the database's, in milliseconds. */
const SAY_EVERY = 60_000

export interface KeyringParts {
  readonly store: Store
  /** The root key file. */
  readonly path: string
  readonly log: Log
  readonly now?: () => number
  readonly limits?: RingLimits
  /** Called as soon as a root key file was made. */
  readonly onMade?: () => void
}

/** The keyring of a running service. */
export interface OpenKeyring {
  readonly keyring: HeldKeyring
  /** Check value of the root key that this process has. */
  readonly checkValue: string
  /**
   * A change of the keyring, ready to be written: `change` makes the next state, which is sealed under `under`, or under
   * the present root key. Raises `Unavailable` when this process has not the root key of the database.
   */
  prepare(change: (state: RingState) => RingState, under?: RootKey): Promise<RingRow>
  /** Writes it. Returns false when the keyring was changed meanwhile. */
  write(tx: WriteHandle, row: RingRow): Promise<boolean>
  /** Takes this root key, whose rotation is committed, for the present one. */
  adopt(rootKey: RootKey): Promise<void>
  /** Takes the keyring from the database, and the root key from its file where it is another. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the keyring, or makes it. Throws an Error with a sentence for the operator as {@link openRootKey} does.
 *
 * INVARIANT: no generation seals more messages than were reserved for it in the database, but for one block a process
 * while the database does not answer.
 */
export async function openKeyring(parts: KeyringParts): Promise<OpenKeyring> {
  const { store, path, log, limits = RING_LIMITS } = parts
  let rootKey = await openRootKey(path, store, parts.onMade)
  let version = 0
  let said = Number.NEGATIVE_INFINITY

  const counter = createUseCounter({
    limits,
    reserve,
    refresh,
    onError: (error) =>
      log.error({ error: absenceText(error) ?? String(error) }, 'the keyring could not be read or written'),
  })
  const first = await present()
  const keyring = createKeyring(first.state, { uses: counter, ...(parts.now ? { now: parts.now } : {}) })
  version = first.row.version
  wipeState(first.state)
  await reserve(keyring.current)

  const looking =
    store.kind === 'postgres'
      ? setInterval(() => {
          refresh().catch((error) =>
            log.error({ error: absenceText(error) ?? String(error) }, 'the keyring could not be read'),
          )
        }, LOOK_EVERY)
      : undefined
  looking?.unref()

  /** The row, opened. Wipe the state. */
  async function present(): Promise<{ readonly row: RingRow; readonly state: RingState }> {
    for (let left = 3; ; left -= 1) {
      const row = await readRing(store.read)
      if (!row) throw new Error('the database has lost its keyring: restore a backup')
      try {
        return { row, state: openState(rootKey, row.version, row.sealed) }
      } catch (error) {
        const checkValue = await readCheckValue(store.read)
        const found = checkValue === undefined ? undefined : otherKey(checkValue)
        // Between the two reads it may have been changed once more.
        if (!found || left === 0) throw error
        rootKey = found
      }
    }
  }

  /** The root key of the file, when it is the database's and another than the one at hand. */
  function otherKey(checkValue: string): RootKey | undefined {
    try {
      return findRootKey(path, checkValue)
    } catch {
      return undefined
    }
  }

  async function refresh(): Promise<void> {
    const row = await readRing(store.read)
    if (row === undefined || row.version === version) return
    try {
      const found = await present()
      if (found.row.version > version) {
        keyring.replace(found.state)
        version = found.row.version
      }
      wipeState(found.state)
    } catch (error) {
      // The keys in memory stay good. What a later generation seals cannot be opened until the file is here.
      if (performance.now() - said < SAY_EVERY) return
      said = performance.now()
      log.error(
        { file: path, error: absenceText(error) ?? String(error) },
        'the root key was changed by another process: put the new root key file in the place of this one',
      )
    }
  }

  async function reserve(generation: number): Promise<void> {
    const uses = await store.write((tx) => reserveUses(tx, generation, limits.block))
    if (uses > limits.stopAt) {
      log.error({ generation }, 'this generation of the keyring is used up, and the next one is not here')
    } else counter.granted(generation)
    if (uses >= limits.addAt) await advance(uses)
    else if (version > 0) await refresh()
  }

  /** Makes the next generation, and later lets it begin. Each step happens once, whoever takes it. */
  async function advance(uses: number): Promise<void> {
    await refresh()
    const begins = keyring.newest > keyring.current
    if (begins && uses < limits.beginAt) return
    const row = await prepare((state) => (begins ? begun(state) : grown(state)))
    if (await store.write((tx) => updateRing(tx, row))) {
      log.info(
        { generation: keyring.current + 1 },
        begins ? 'the next generation of the keyring seals from now on' : 'the keyring has a new generation',
      )
    }
    await refresh()
  }

  async function prepare(change: (state: RingState) => RingState, under?: RootKey): Promise<RingRow> {
    const { row, state } = await present()
    const next = change(state)
    const sealed = sealState(under ?? rootKey, row.version + 1, next)
    wipeState(next)
    wipeState(state)
    return { version: row.version + 1, sealed }
  }

  return Object.freeze<OpenKeyring>({
    keyring,
    get checkValue() {
      return rootKey.checkValue
    },
    prepare,
    write: updateRing,
    adopt(next) {
      rootKey = next
      return refresh()
    },
    refresh,
    async close() {
      clearInterval(looking)
      await counter.settled()
    },
  })
}

function begun(state: RingState): RingState {
  return { ...state, current: Math.max(...state.generations.map(({ number }) => number)) }
}

function grown(state: RingState): RingState {
  const number = Math.max(...state.generations.map((one) => one.number)) + 1
  return { ...state, generations: [...state.generations, { number, secret: randomBytes(32) }] }
}

/**
 * The keyring of a database for a tool that works offline and changes nothing. Throws an Error with a sentence for the
 * operator when the root key is not the database's.
 */
export async function readKeyring(db: ReadHandle, path: string): Promise<Keyring> {
  const checkValue = await readCheckValue(db)
  if (checkValue === undefined) {
    throw new Error('the database has no root key: no service has started on it')
  }
  const rootKey = findRootKey(path, checkValue)
  const row = (await hasKeyring(db)) ? await readRing(db) : undefined
  if (row) {
    const state = openState(rootKey, row.version, row.sealed)
    const keyring = createKeyring(state)
    wipeState(state)
    return keyring
  }
  // Of the time before there was a keyring: the root key did everything itself.
  return withRootKeyBytes(path, (secret) =>
    createKeyring({ current: 0, carriedUntil: CARRYING, generations: [{ number: 0, secret }] }),
  )
}

/** Whether the database has the table of the keyring: it may be of the time before. */
export async function hasKeyring(db: ReadHandle): Promise<boolean> {
  const applied = await db.selectFrom('migrations').select('name').execute()
  return applied.some(({ name }) => name.endsWith('-keyring'))
}
