import { createECDH, createHmac, timingSafeEqual } from 'node:crypto'
import { curve, POINT_BYTES } from './curves.ts'
import type { EcdsaCurve } from './ecdsa.ts'
import { deriveBytes, xor } from './kdf.ts'
import { undecryptable } from './refusals.ts'

/*
 * ECIES_DH_SHA_1_XOR_HMAC: SEC 1 v2, section 5.1, with plain ECDH, the ANSI X9.63 KDF over SHA-1, XOR, and HMAC-SHA-1 of
 * full length with a key of 20 bytes; no shared info. docs/decisions/0010-ecies-layout.md says why so.
 *
 *   offset 0             65                  65+n
 *          +-------------+-------------------+-----------------+
 *          | R: 04, x, y | EM: n, as message | D: HMAC-SHA-1   |
 *          +-------------+-------------------+-----------------+
 *
 * K = KDF(x of the shared point, 20 + n); D = HMAC(the first 20 bytes of K, EM); EM = M xor the other n.
 *
 * INVARIANT: the MAC key comes first. Behind a stream as long as the message it would lie where a longer message has
 * stream: who knows 20 bytes of a plaintext could then cut the ciphertext before them and give it a good MAC.
 */

const MAC_BYTES = 20
const OVERHEAD = POINT_BYTES + MAC_BYTES

/** Encrypts 1 or more bytes for a public point; how many are allowed is the caller's rule. */
export function eciesEncrypt(curveName: EcdsaCurve, point: Uint8Array, plaintext: Uint8Array): Buffer {
  if (plaintext.length === 0) throw new RangeError('nothing to encrypt')
  const ephemeral = createECDH(curve(curveName).openssl)
  const r = ephemeral.generateKeys()
  const { stream, macKey } = keys(ephemeral.computeSecret(point), plaintext.length)
  const body = xor(plaintext, stream)
  return Buffer.concat([r, body, mac(macKey, body)])
}

/** Raises the one refusal of all that does not decrypt. The MAC is checked before anything is decrypted. */
export function eciesDecrypt(curveName: EcdsaCurve, scalar: Uint8Array, ciphertext: Uint8Array): Buffer {
  if (ciphertext.length <= OVERHEAD || ciphertext[0] !== 4) throw undecryptable()
  const body = ciphertext.subarray(POINT_BYTES, -MAC_BYTES)
  const secret = sharedSecret(curveName, scalar, ciphertext.subarray(0, POINT_BYTES))
  const { stream, macKey } = keys(secret, body.length)
  if (!timingSafeEqual(mac(macKey, body), ciphertext.subarray(-MAC_BYTES))) throw undecryptable()
  return xor(body, stream)
}

/**
 * The x coordinate of the shared point, 32 bytes. OpenSSL refuses a point that is not on the curve; that is public, and
 * raises the same refusal as everything else.
 */
export function sharedSecret(curveName: EcdsaCurve, scalar: Uint8Array, point: Uint8Array): Buffer {
  const own = createECDH(curve(curveName).openssl)
  own.setPrivateKey(scalar)
  try {
    return own.computeSecret(point)
  } catch {
    throw undecryptable()
  }
}

function keys(secret: Buffer, length: number): { stream: Buffer; macKey: Buffer } {
  const derived = deriveBytes('sha1', secret, MAC_BYTES + length)
  secret.fill(0)
  return { macKey: derived.subarray(0, MAC_BYTES), stream: derived.subarray(MAC_BYTES) }
}

function mac(key: Uint8Array, body: Uint8Array): Buffer {
  return createHmac('sha1', key).update(body).digest()
}
