import { randomFillSync } from 'node:crypto'

/** Bytes of a GCM IV. */
export const IV_BYTES = 12
const PER_FILL = 256

let pool = Buffer.alloc(0)
let used = 0

/**
 * A fresh random IV. Asking the system for 12 bytes costs more than the cipher, so a few thousand are drawn at a time.
 *
 * INVARIANT: no byte of a pool is handed out twice, and a used pool is left to its readers, never refilled.
 * With random IVs a key stays sound for 2^32 messages (NIST SP 800-38D, 8.3): rotate before that.
 */
export function nextIv(): Buffer {
  if (used === pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(IV_BYTES * PER_FILL))
    used = 0
  }
  const iv = pool.subarray(used, used + IV_BYTES)
  used += IV_BYTES
  return iv
}
