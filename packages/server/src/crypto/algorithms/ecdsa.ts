import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { CurveName } from './curves.ts'

/*
 * ECDSA of a given digest, DER signatures. The platform would hash the digest once more, whatever it is given; so the
 * audited curve arithmetic of @noble/curves does it, with the nonce of RFC 6979.
 */

export type EcdsaCurve = Exclude<CurveName, 'SM2'>

const CURVES = { 'P-256': p256, secp256k1 } as const

/**
 * Signs a SHA-256 digest of 32 bytes. On secp256k1 the lower of both values of s is given, as its users want; anyone who
 * verifies by the standard accepts it.
 */
export function ecdsaSign(curve: EcdsaCurve, scalar: Uint8Array, digest: Uint8Array): Uint8Array {
  return CURVES[curve].sign(digest, scalar, { prehash: false, format: 'der', lowS: curve === 'secp256k1' })
}

/** Whether it is a signature of this digest; false for malformed ones too. Either value of s counts. */
export function ecdsaVerify(
  curve: EcdsaCurve,
  point: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return CURVES[curve].verify(signature, digest, point, { prehash: false, format: 'der', lowS: false })
  } catch {
    return false
  }
}
