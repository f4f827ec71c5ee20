import { timingSafeEqual } from 'node:crypto'
import type { CipherKey, MacKey, Sealed } from './key-spec.ts'
import { unfit } from './refusals.ts'

/*
 * The uses of a key of one secret. The row of its spec has one algorithm for each, and the loop does the work: it costs
 * microseconds.
 */

/**
 * Encrypts under a fresh random IV. `aad` is bound, not stored; absent and empty are the same. How long a plaintext may
 * be is the caller's rule.
 */
export function encrypt(key: CipherKey, plaintext: Uint8Array, aad?: Uint8Array): Sealed {
  return key.spec.ciphers[0]!.encrypt(key, plaintext, aad)
}

/** Opens what `encrypt` made with the same key and `aad`. Raises `InvalidParameter` of the ciphertext otherwise. */
export function decrypt(key: CipherKey, sealed: Sealed, aad?: Uint8Array): Buffer {
  return key.spec.ciphers[0]!.decrypt(key, sealed, aad)
}

/** The full-length code of a message. Raises `UnsupportedOperation` when the key's spec does not offer the algorithm. */
export function generateMac(key: MacKey, message: Uint8Array, algorithm = key.spec.macs[0]!.name): Buffer {
  const mac = key.spec.macs.find(({ name }) => name === algorithm)
  if (!mac) throw unfit(algorithm, key.spec.name)
  return mac.generate(key, message)
}

/** Whether `mac` is the full-length code of the message. A shorter or longer one is not, whatever it holds. */
export function verifyMac(key: MacKey, message: Uint8Array, mac: Uint8Array, algorithm?: string): boolean {
  const wanted = generateMac(key, message, algorithm)
  return mac.length === wanted.length && timingSafeEqual(mac, wanted)
}
