import type { KeyObject } from 'node:crypto'
import type { EcSpec, MacSpec, RsaSpec, SymmetricSpec } from './key-specs.ts'

/*
 * Key material parsed once, ready for use; callers cache it. Structured clone carries every part (a KeyObject is shared,
 * not copied), so a loaded key can be sent to a worker thread.
 */

export interface SymmetricKey {
  readonly kind: 'symmetric'
  readonly spec: SymmetricSpec
  readonly secret: KeyObject
}

export interface MacKey {
  readonly kind: 'mac'
  readonly spec: MacSpec
  readonly secret: KeyObject
}

export interface RsaKey {
  readonly kind: 'rsa'
  readonly spec: RsaSpec
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface EcKey {
  readonly kind: 'ec'
  readonly spec: EcSpec
  /** 32 bytes, big-endian. */
  readonly scalar: Uint8Array
  /** 0x04, x, y: 65 bytes. */
  readonly point: Uint8Array
}

export type LoadedKey = SymmetricKey | MacKey | RsaKey | EcKey
export type KeyPair = RsaKey | EcKey
