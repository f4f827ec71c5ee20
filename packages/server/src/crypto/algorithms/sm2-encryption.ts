import { hash, timingSafeEqual } from 'node:crypto'
import { curve, POINT_BYTES, randomScalar, SCALAR_BYTES, toScalar } from './curves.ts'
import { deriveBytes, xor } from './kdf.ts'
import { undecryptable } from './refusals.ts'

/*
 * SM2 public-key encryption (GB/T 32918.4), bare bytes:
 *
 *   offset 0              65                97
 *          +--------------+-----------------+-------------------+
 *          | C1: 04, x, y | C3: SM3, 32     | C2: as plaintext  |
 *          +--------------+-----------------+-------------------+
 *
 * C1 = k G, (x2, y2) = k P, C2 = M xor KDF(x2 || y2), C3 = SM3(x2 || M || y2). The older order C1 C2 C3 is not accepted:
 * nothing in the bytes tells them apart.
 */

const { Point } = curve('SM2')
const C3_BYTES = 32
const OVERHEAD = POINT_BYTES + C3_BYTES

/** Encrypts 1 or more bytes; how many are allowed is the caller's rule. */
export function sm2Encrypt(point: Uint8Array, plaintext: Uint8Array): Buffer {
  if (plaintext.length === 0) throw new RangeError('nothing to encrypt')
  const key = Point.fromBytes(point)
  for (;;) {
    const k = randomScalar(Point.Fn.ORDER)
    const shared = key.multiply(k).toBytes(false).subarray(1)
    const stream = deriveBytes('sm3', shared, plaintext.length)
    // A stream of zeros would leave the plaintext bare: the standard says to draw again.
    if (isZero(stream)) continue
    const c1 = Point.BASE.multiply(k).toBytes(false)
    return Buffer.concat([c1, check(shared, plaintext), xor(plaintext, stream)])
  }
}

/** Raises the one refusal of all that does not decrypt. */
export function sm2Decrypt(scalar: Uint8Array, ciphertext: Uint8Array): Buffer {
  if (ciphertext.length <= OVERHEAD || ciphertext[0] !== 4) throw undecryptable()
  const c3 = ciphertext.subarray(POINT_BYTES, OVERHEAD)
  const c2 = ciphertext.subarray(OVERHEAD)
  const shared = sharedPoint(scalar, ciphertext.subarray(0, POINT_BYTES))
  const stream = deriveBytes('sm3', shared, c2.length)
  const plaintext = xor(c2, stream)
  // The standard also refuses a stream of zeros here. Not every other encryptor draws again, and C3 proves the rest.
  if (!timingSafeEqual(check(shared, plaintext), c3)) {
    plaintext.fill(0)
    throw undecryptable()
  }
  return plaintext
}

/** x2 || y2 of d C1. C1 is public: that it is no point of the curve may show in the time. */
function sharedPoint(scalar: Uint8Array, c1: Uint8Array): Uint8Array {
  try {
    return Point.fromBytes(c1).multiply(toScalar(scalar)).toBytes(false).subarray(1)
  } catch {
    throw undecryptable()
  }
}

function check(shared: Uint8Array, plaintext: Uint8Array): Buffer {
  const x = shared.subarray(0, SCALAR_BYTES)
  const y = shared.subarray(SCALAR_BYTES)
  return hash('sm3', Buffer.concat([x, plaintext, y]), 'buffer')
}

function isZero(bytes: Uint8Array): boolean {
  let any = 0
  for (const byte of bytes) any |= byte
  return any === 0
}
