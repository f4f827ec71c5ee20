import type { KeyObject } from 'node:crypto'
import { type KeySpecName, keySpec } from '../algorithms/key-specs.ts'
import type { KeyPair } from '../algorithms/loaded-key.ts'

/*
 * Keys and bytes on their way to a thread. Structured clone shares a KeyObject and copies everything else, so a key goes
 * without its row of the table, and bytes go as arrays of their own: cloning a Buffer would copy all of the slab that it
 * lies in, whatever else is there.
 */

export type PortableKey =
  | { readonly spec: KeySpecName; readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  | { readonly spec: KeySpecName; readonly scalar: Uint8Array; readonly point: Uint8Array }

export function portableKey(key: KeyPair): PortableKey {
  return key.kind === 'rsa'
    ? { spec: key.spec.name, privateKey: key.privateKey, publicKey: key.publicKey }
    : { spec: key.spec.name, scalar: key.scalar, point: key.point }
}

export function fromPortableKey(key: PortableKey): KeyPair {
  const spec = keySpec(key.spec)
  const kind = 'scalar' in key ? 'ec' : 'rsa'
  return { ...key, kind, spec } as KeyPair
}

/** The same bytes in an array of their own. */
export function portableBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
