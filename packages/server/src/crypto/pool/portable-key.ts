import type { KeyPair } from '../algorithms/key-spec.ts'
import { knownKeySpec } from '../algorithms/key-specs.ts'

/*
 * Keys and bytes on their way to a thread. Structured clone shares a KeyObject and copies everything else, so a key goes
 * without its row of the table, and bytes go as arrays of their own: cloning a Buffer would copy all of the slab that it
 * lies in, whatever else is there.
 */

/** A loaded key with the name of its spec in place of the row. */
export type PortableKey = Omit<KeyPair, 'spec'> & { readonly spec: string }

export function portableKey(key: KeyPair): PortableKey {
  return { ...key, spec: key.spec.name }
}

export function fromPortableKey(key: PortableKey): KeyPair {
  return { ...key, spec: knownKeySpec(key.spec) as KeyPair['spec'] }
}

/** The same bytes in an array of their own. */
export function portableBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
