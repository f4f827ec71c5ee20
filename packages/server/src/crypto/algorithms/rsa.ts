import {
  constants,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  timingSafeEqual,
} from 'node:crypto'
import { undecryptable } from './refusals.ts'
import { encodePkcs1, encodePss, verifyPss } from './rsa-padding.ts'

/*
 * RSA of a given digest. The platform's `sign` hashes what it is given, so the padding is made here (rsa-padding.ts) and
 * OpenSSL does the bare operation, blinded as ever. The functions that take a private key run in a worker.
 */

export type RsaSignature = 'RSA_PSS_SHA_256' | 'RSA_PKCS1_SHA_256'
export type RsaEncryption = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'

const BARE = constants.RSA_NO_PADDING
const OAEP = {
  RSAES_OAEP_SHA_1: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  RSAES_OAEP_SHA_256: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
} as const

/** Bytes of the modulus, of a signature and of a ciphertext. */
export function modulusBytes(key: KeyObject): number {
  return key.asymmetricKeyDetails!.modulusLength! / 8
}

/** Signs a SHA-256 digest of 32 bytes. */
export function rsaSign(algorithm: RsaSignature, privateKey: KeyObject, digest: Uint8Array): Buffer {
  const encode = algorithm === 'RSA_PSS_SHA_256' ? encodePss : encodePkcs1
  return privateEncrypt({ key: privateKey, padding: BARE }, encode(digest, modulusBytes(privateKey)))
}

/** Whether it is a signature of this digest; false for malformed ones too. */
export function rsaVerify(
  algorithm: RsaSignature,
  publicKey: KeyObject,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const length = modulusBytes(publicKey)
  if (signature.length !== length) return false
  let encoded: Buffer
  try {
    encoded = publicDecrypt({ key: publicKey, padding: BARE }, signature)
  } catch {
    // A number not below the modulus.
    return false
  }
  // RFC 8017, 8.2.2: made anew and compared as a whole, so nothing in it is parsed.
  return algorithm === 'RSA_PSS_SHA_256'
    ? verifyPss(digest, encoded)
    : timingSafeEqual(encoded, encodePkcs1(digest, length))
}

/** RSAES-OAEP, MGF1 with the same hash, no label. The plaintext's length is checked by the caller. */
export function rsaEncrypt(algorithm: RsaEncryption, publicKey: KeyObject, plaintext: Uint8Array): Buffer {
  return publicEncrypt({ key: publicKey, ...OAEP[algorithm] }, plaintext)
}

/** Raises the one refusal of all that does not decrypt. */
export function rsaDecrypt(algorithm: RsaEncryption, privateKey: KeyObject, ciphertext: Uint8Array): Buffer {
  if (ciphertext.length !== modulusBytes(privateKey)) throw undecryptable()
  try {
    return privateDecrypt({ key: privateKey, ...OAEP[algorithm] }, ciphertext)
  } catch {
    throw undecryptable()
  }
}

/** RSAES-PKCS1-v1_5, for wrapping alone. */
export function rsaEncryptPkcs1(publicKey: KeyObject, plaintext: Uint8Array): Buffer {
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, plaintext)
}

/** The padded message inside a ciphertext, with its padding. Raises the one refusal when there is none. */
export function rsaDecryptBare(privateKey: KeyObject, ciphertext: Uint8Array): Buffer {
  if (ciphertext.length !== modulusBytes(privateKey)) throw undecryptable()
  try {
    return privateDecrypt({ key: privateKey, padding: BARE }, ciphertext)
  } catch {
    throw undecryptable()
  }
}
