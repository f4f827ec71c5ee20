import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MacKey } from './loaded-key.ts'

/** The full-length HMAC of a message under the key's own hash. */
export function generateMac(key: MacKey, message: Uint8Array): Buffer {
  return createHmac(key.spec.hash, key.secret).update(message).digest()
}

/** Whether `mac` is the full-length HMAC of the message. A shorter or longer one is not, whatever it holds. */
export function verifyMac(key: MacKey, message: Uint8Array, mac: Uint8Array): boolean {
  const wanted = generateMac(key, message)
  return mac.length === wanted.length && timingSafeEqual(mac, wanted)
}
