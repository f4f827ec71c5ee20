import { ecdsaSign, ecdsaVerify } from './ecdsa.ts'
import { eciesDecrypt, eciesEncrypt } from './ecies.ts'
import {
  algorithmsOf,
  type KeyUsage,
  maxPlaintextBytes,
  type PublicKeyEncryptionAlgorithm,
  type SigningAlgorithm,
} from './key-specs.ts'
import type { KeyPair } from './loaded-key.ts'
import { badDigest, badPlaintext, unfit } from './refusals.ts'
import { rsaDecrypt, rsaEncrypt, rsaSign, rsaVerify } from './rsa.ts'
import { DIGEST_BYTES } from './rsa-padding.ts'
import { sm2Decrypt, sm2Encrypt } from './sm2-encryption.ts'
import { sm2Sign, sm2Verify } from './sm2-signature.ts'

/*
 * The four uses of a key pair, by algorithm. All block for up to some milliseconds: servers call them through
 * pool/asymmetric.ts, commands and tests directly.
 */

/** Signs a digest of 32 bytes: SHA-256 of the message, for SM2DSA e = SM3(Z_A || M). */
export function sign(key: KeyPair, algorithm: SigningAlgorithm, digest: Uint8Array): Uint8Array {
  checkSigning(key, algorithm, digest)
  if (key.kind === 'rsa') return rsaSign(algorithm as 'RSA_PSS_SHA_256', key.privateKey, digest)
  const { curve } = key.spec
  return curve === 'SM2' ? sm2Sign(key.scalar, digest) : ecdsaSign(curve, key.scalar, digest)
}

/** Whether it is a signature of this digest under this key. A malformed signature is false, never an error. */
export function verify(
  key: KeyPair,
  algorithm: SigningAlgorithm,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  checkSigning(key, algorithm, digest)
  if (key.kind === 'rsa') return rsaVerify(algorithm as 'RSA_PSS_SHA_256', key.publicKey, digest, signature)
  const { curve } = key.spec
  return curve === 'SM2'
    ? sm2Verify(key.point, digest, signature)
    : ecdsaVerify(curve, key.point, digest, signature)
}

/** Encrypts 1 to `maxPlaintextBytes` bytes for the key's public half. */
export function encryptFor(
  key: KeyPair,
  algorithm: PublicKeyEncryptionAlgorithm,
  plaintext: Uint8Array,
): Uint8Array {
  checkUse(key, 'ENCRYPT/DECRYPT', algorithm)
  const longest = maxPlaintextBytes(key.spec, algorithm)
  if (plaintext.length < 1 || plaintext.length > longest) throw badPlaintext(longest)
  if (key.kind === 'rsa') return rsaEncrypt(algorithm as 'RSAES_OAEP_SHA_1', key.publicKey, plaintext)
  const { curve } = key.spec
  return curve === 'SM2' ? sm2Encrypt(key.point, plaintext) : eciesEncrypt(curve, key.point, plaintext)
}

/** Opens what `encryptFor` made. Raises the one refusal, `InvalidParameter` of the ciphertext, for all that fails. */
export function decryptWith(
  key: KeyPair,
  algorithm: PublicKeyEncryptionAlgorithm,
  ciphertext: Uint8Array,
): Uint8Array {
  checkUse(key, 'ENCRYPT/DECRYPT', algorithm)
  if (key.kind === 'rsa') return rsaDecrypt(algorithm as 'RSAES_OAEP_SHA_1', key.privateKey, ciphertext)
  const { curve } = key.spec
  return curve === 'SM2' ? sm2Decrypt(key.scalar, ciphertext) : eciesDecrypt(curve, key.scalar, ciphertext)
}

/** Raises `UnsupportedOperation` when the key's spec does not offer the algorithm. */
function checkUse(
  key: KeyPair,
  usage: KeyUsage,
  algorithm: SigningAlgorithm | PublicKeyEncryptionAlgorithm,
): void {
  if (!algorithmsOf(key.spec, usage).includes(algorithm)) throw unfit(algorithm, key.spec.name)
}

/** The same for a signing algorithm, and the digest's length. */
function checkSigning(key: KeyPair, algorithm: SigningAlgorithm, digest: Uint8Array): void {
  checkUse(key, 'SIGN/VERIFY', algorithm)
  if (digest.length !== DIGEST_BYTES) throw badDigest()
}
