import { hash } from 'node:crypto'
import { DER } from '@noble/curves/abstract/der.js'
import { curve, randomScalar, toScalar } from './curves.ts'

/*
 * SM2 signatures (GB/T 32918.2) of a given e, as DER SEQUENCE { r, s }. The caller computes e = SM3(Z_A || M): `sm2Digest`.
 */

const { Point } = curve('SM2')
const { Fn } = Point
const n = Fn.ORDER

/** Signs e, 32 bytes. Each signature takes a fresh random nonce. */
export function sm2Sign(scalar: Uint8Array, e: Uint8Array): Uint8Array {
  const d = toScalar(scalar)
  const value = toScalar(e)
  for (;;) {
    const k = randomScalar(n)
    const r = Fn.create(value + Point.BASE.multiply(k).toAffine().x)
    if (r === 0n || r + k === n) continue
    // Inversion is not constant in time: the secret goes in multiplied by a random number that comes out again.
    const blind = randomScalar(n)
    const inverse = Fn.mul(Fn.inv(Fn.mul(d + 1n, blind)), blind)
    const s = Fn.mul(inverse, Fn.create(k - Fn.mul(r, d)))
    if (s !== 0n) return Buffer.from(DER.hexFromSig({ r, s }), 'hex')
  }
}

/** Whether it is a signature of e, 32 bytes; false for malformed ones too. */
export function sm2Verify(point: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean {
  try {
    const { r, s } = DER.toSig(signature)
    if (r < 1n || r >= n || s < 1n || s >= n) return false
    const t = Fn.add(r, s)
    if (t === 0n) return false
    // All public: the fast, variable-time sum will do.
    const sum = Point.BASE.mulAddUnsafe(s, Point.fromBytes(point), t)
    return Fn.create(toScalar(e) + sum.toAffine().x) === r
  } catch {
    return false
  }
}

const DEFAULT_ID = Buffer.from('1234567812345678', 'ascii')

/**
 * e = SM3(Z_A || M), where Z_A = SM3(ENTL || ID || a || b || G || A), ENTL is the bit length of ID in two bytes and every
 * coordinate has 32 bytes (alibaba-kms B.3). For those who prepare digests: tests, and commands that sign files.
 */
export function sm2Digest(point: Uint8Array, message: Uint8Array, id: Uint8Array = DEFAULT_ID): Buffer {
  const entl = Buffer.alloc(2)
  entl.writeUInt16BE(id.length * 8)
  const { a, b } = Point.CURVE()
  const base = Point.BASE.toBytes(false).subarray(1)
  const curveBytes = [Point.Fp.toBytes(a), Point.Fp.toBytes(b), base]
  const z = hash('sm3', Buffer.concat([entl, id, ...curveBytes, point.subarray(1)]), 'buffer')
  return hash('sm3', Buffer.concat([z, message]), 'buffer')
}
