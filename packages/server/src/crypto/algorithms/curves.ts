import { randomFillSync } from 'node:crypto'
import { type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'

/** Bytes of a scalar, a coordinate and a digest: all three curves have 256 bits. */
export const SCALAR_BYTES = 32
/** Bytes of an uncompressed point, with its leading 0x04. */
export const POINT_BYTES = 65

export type CurveName = 'P-256' | 'secp256k1' | 'SM2'

export interface Curve {
  readonly name: CurveName
  /** OpenSSL's name. */
  readonly openssl: string
  /** The curve's object identifier: content bytes of the DER value. */
  readonly oid: Uint8Array
  readonly Point: WeierstrassPointCons<bigint>
  /** The largest private scalar; the smallest is 1. */
  readonly maxScalar: bigint
}

/** sm2p256v1: GB/T 32918.5, RFC 8998. */
const Sm2Point = weierstrass<bigint>({
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
})
Sm2Point.BASE.precompute(6)

const CURVES: { readonly [N in CurveName]: Curve } = {
  'P-256': {
    name: 'P-256',
    openssl: 'prime256v1',
    oid: Buffer.from('2a8648ce3d030107', 'hex'),
    Point: p256.Point,
    maxScalar: p256.Point.Fn.ORDER - 1n,
  },
  secp256k1: {
    name: 'secp256k1',
    openssl: 'secp256k1',
    oid: Buffer.from('2b8104000a', 'hex'),
    Point: secp256k1.Point,
    maxScalar: secp256k1.Point.Fn.ORDER - 1n,
  },
  SM2: {
    name: 'SM2',
    openssl: 'SM2',
    oid: Buffer.from('2a811ccf5501822d', 'hex'),
    Point: Sm2Point,
    // Signing inverts 1 + d, so n - 1 is no private key (GB/T 32918.1, 6.1).
    maxScalar: Sm2Point.Fn.ORDER - 2n,
  },
}

export function curve(name: CurveName): Curve {
  return CURVES[name]
}

export function toScalar(bytes: Uint8Array): bigint {
  return bytes.length === 0
    ? 0n
    : BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`)
}

export function fromScalar(scalar: bigint): Buffer {
  return Buffer.from(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex')
}

/** A uniform scalar in 1 .. n-1, by rejection. */
export function randomScalar(order: bigint): bigint {
  const bytes = Buffer.alloc(SCALAR_BYTES)
  for (;;) {
    const scalar = toScalar(randomFillSync(bytes))
    if (scalar > 0n && scalar < order) {
      bytes.fill(0)
      return scalar
    }
  }
}

/** The uncompressed public point of a private scalar, 65 bytes. */
export function publicPoint(name: CurveName, scalar: bigint): Buffer {
  return Buffer.from(CURVES[name].Point.BASE.multiply(scalar).toBytes(false))
}
