import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { refuse } from '../base/problem.ts'
import { CARRYING, type RingState } from './keyring-state.ts'
import { createGeneration, type RootKey } from './root-key.ts'
import { generationOf, type SealLabel, unreadable } from './sealed-bytes.ts'

/** What keys are derived for, beside sealing. */
export type Purpose =
  | 'audit'
  | 'audit-digests'
  | 'deletion-tasks'
  | 'security-tokens'
  | 'diagnostic-messages'
  | 'kms/material-check/v1'

/** Purposes whose key encrypts under random nonces: each use of one counts (see {@link Keyring.keyFor}). */
const ENCRYPTING: ReadonlySet<Purpose> = new Set<Purpose>(['security-tokens', 'diagnostic-messages'])

export interface NumberedKey {
  readonly generation: number
  readonly key: KeyObject
}

/**
 * The keys under the root key, as the rest of the service uses them: unwrapped, in memory, in generations. What is sealed
 * names its generation; what an earlier one sealed still opens.
 */
export interface Keyring {
  seal(plaintext: Uint8Array, label: SealLabel): Uint8Array
  /** Raises `Unavailable` when the bytes were not sealed by this keyring under this label. */
  open(sealed: Uint8Array, label: SealLabel): Buffer
  /** The present key for a purpose. Asked for anew at each use: a new generation may have begun. */
  keyFor(purpose: Purpose): NumberedKey
  /** The key of one generation for a purpose; undefined when there is no such generation. */
  keyOf(purpose: Purpose, generation: number): KeyObject | undefined
  /** A key that stays the same through all generations, to tell whether two texts are alike. */
  stableKey(purpose: Purpose): KeyObject
  /** What the root key itself sealed, before there was a keyring, is still opened. */
  readonly opensCarried: boolean
  /** Rows that the root key itself sealed are being sealed anew. */
  readonly carrying: boolean
}

/** How many more messages the present generation may seal. */
export interface UseCounter {
  /** Counts one use of this generation. Raises `Unavailable` when no more may be made. */
  spend(generation: number): void
  /** Something was met that names a generation that is not here. */
  missed(generation: number): void
}

export interface HeldKeyring extends Keyring {
  /** The generation that seals, and the newest there is. */
  readonly current: number
  readonly newest: number
  /** Takes the place of what was held. The state's secrets are copied. */
  replace(state: RingState): void
}

export interface KeyringOptions {
  readonly uses?: UseCounter
  /** The wall clock, in milliseconds. */
  readonly now?: () => number
}

/** The keyring of a state. Nothing in it is unwrapped again: a call costs no more than its own sealing. */
export function createKeyring(state: RingState, { uses, now = Date.now }: KeyringOptions = {}): HeldKeyring {
  let held = load(state)

  function find(generation: number): RootKey | undefined {
    const found = held.generations.get(generation)
    if (!found && generation > held.newest) uses?.missed(generation)
    return found
  }

  function spend(): { readonly number: number; readonly keys: RootKey } {
    const number = held.current
    uses?.spend(number)
    return { number, keys: held.generations.get(number)! }
  }

  const opensCarried = () => held.carriedUntil === CARRYING || now() < held.carriedUntil

  return Object.freeze<HeldKeyring>({
    get current() {
      return held.current
    },
    get newest() {
      return held.newest
    },
    get carrying() {
      return held.carriedUntil === CARRYING
    },
    get opensCarried() {
      return opensCarried()
    },
    replace(next) {
      held = load(next, held.generations)
    },
    seal: (plaintext, label) => spend().keys.seal(plaintext, label),
    open(sealed, label) {
      const generation = generationOf(sealed)
      if (generation === undefined || (generation === 0 && !opensCarried())) throw unreadable(label)
      const keys = find(generation)
      if (!keys) {
        throw refuse({
          code: 'Unavailable',
          detail: `stored ${label.what} names a key that is not known yet`,
        })
      }
      return keys.open(sealed, label)
    },
    keyFor(purpose) {
      if (!ENCRYPTING.has(purpose)) {
        return { generation: held.current, key: held.generations.get(held.current)!.derive(purpose) }
      }
      const { number, keys } = spend()
      return { generation: number, key: keys.derive(purpose) }
    },
    keyOf: (purpose, generation) => find(generation)?.derive(purpose),
    stableKey: (purpose) => held.generations.get(held.first)!.derive(purpose),
  })
}

interface Held {
  readonly current: number
  readonly newest: number
  /** The first that is not the root key itself, if there is one. */
  readonly first: number
  readonly carriedUntil: number
  readonly generations: ReadonlyMap<number, RootKey>
}

function load({ current, carriedUntil, generations }: RingState, known?: Held['generations']): Held {
  const held = new Map<number, RootKey>()
  for (const { number, secret } of generations) {
    held.set(number, known?.get(number) ?? createGeneration(secret, number))
  }
  if (!held.has(current)) throw new Error('the keyring names a generation that it does not hold')
  const numbers = [...held.keys()].sort((a, b) => a - b)
  const first = numbers.find((number) => number > 0) ?? 0
  return { current, newest: numbers.at(-1)!, first, carriedUntil, generations: held }
}

const MAC = 32

/**
 * A keyed digest that names its generation: a 32-bit big-endian number, then HMAC-SHA256. Of generation 0 the 32 bytes
 * stand alone.
 */
export function keyedDigest(ring: Pick<Keyring, 'keyFor'>, purpose: Purpose, ...parts: Part[]): Buffer {
  const { generation, key } = ring.keyFor(purpose)
  const mac = macOf(key, parts)
  if (generation === 0) return mac
  const head = Buffer.alloc(4)
  head.writeUInt32BE(generation)
  return Buffer.concat([head, mac])
}

/** Whether bytes are the digest of these parts, whichever generation made it. */
export function isKeyedDigest(
  ring: Pick<Keyring, 'keyOf'>,
  found: Uint8Array,
  purpose: Purpose,
  ...parts: Part[]
): boolean {
  const generation = digestGeneration(found)
  const key = generation === undefined ? undefined : ring.keyOf(purpose, generation)
  return key !== undefined && timingSafeEqual(found.subarray(-MAC), macOf(key, parts))
}

/** The generation that a keyed digest names; undefined for what cannot be one. */
export function digestGeneration(found: Uint8Array): number | undefined {
  if (found.length === MAC) return 0
  if (found.length !== 4 + MAC) return undefined
  const number = new DataView(found.buffer, found.byteOffset).getUint32(0)
  return number === 0 ? undefined : number
}

type Part = string | Uint8Array

function macOf(key: KeyObject, parts: readonly Part[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  // Through text, so that its bytes come from the pool of buffers: memory of its own costs as much as the digest.
  return Buffer.from(mac.digest('latin1'), 'latin1')
}
