import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { openUnder, type SealLabel, sealUnder } from './sealed-bytes.ts'

/**
 * A key of 32 bytes that seals under a key derived from it, and from which others are derived: the root key, and each
 * generation of the keyring under it. The key itself never leaves this object.
 */
export interface RootKey {
  seal(plaintext: Uint8Array, label: SealLabel): Uint8Array
  /** Raises `Unavailable` when the bytes were not sealed by this key under this label. */
  open(sealed: Uint8Array, label: SealLabel): Buffer
  /** A 32-byte HMAC or cipher key bound to a purpose (HKDF-SHA256). The same purpose gives the same key. */
  derive(purpose: string): KeyObject
  /** 16 hex digits that tell whether a database belongs to this key; reveals nothing of it. */
  readonly checkValue: string
}

/** Makes a root key of 32 random or stored bytes. The bytes are copied; wipe yours. */
export function createRootKey(bytes: Uint8Array): RootKey {
  return createGeneration(bytes, 0)
}

/** As {@link createRootKey}, for a generation of the keyring: what it seals names its number. */
export function createGeneration(bytes: Uint8Array, generation: number): RootKey {
  if (bytes.length !== 32) throw new RangeError('a root key has 32 bytes')
  const root = createSecretKey(bytes)
  const derive = (purpose: string) => {
    const derived = new Uint8Array(hkdfSync('sha256', root, 'keyward', purpose, 32))
    const key = createSecretKey(derived)
    derived.fill(0)
    return key
  }
  const sealing = derive('seal/v1')
  const known = new Map<string, KeyObject>()
  return Object.freeze({
    checkValue: Buffer.from(hkdfSync('sha256', root, 'keyward', 'check/v1', 8)).toString('hex'),
    derive(purpose: string) {
      const key = known.get(purpose) ?? derive(`derive/v1/${purpose}`)
      known.set(purpose, key)
      return key
    },
    seal: (plaintext: Uint8Array, label: SealLabel) => sealUnder(sealing, generation, plaintext, label),
    open: (sealed: Uint8Array, label: SealLabel) => openUnder(sealing, generation, sealed, label),
  })
}
