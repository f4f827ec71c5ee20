import type { KeyPair } from './key-spec.ts'
import { badDigest, badPlaintext, unfit } from './refusals.ts'
import { DIGEST_BYTES } from './rsa-padding.ts'

/*
 * The four uses of a key pair, by algorithm. All may block for some milliseconds: servers call them through
 * pool/asymmetric.ts, commands and tests directly.
 */

/** Signs a digest of 32 bytes: SHA-256 of the message, for SM2DSA e = SM3(Z_A || M). */
export function sign(key: KeyPair, algorithm: string, digest: Uint8Array): Uint8Array {
  return signature(key, algorithm, digest).sign(key, digest)
}

/** Whether it is a signature of this digest under this key. A malformed signature is false, never an error. */
export function verify(key: KeyPair, algorithm: string, digest: Uint8Array, given: Uint8Array): boolean {
  return signature(key, algorithm, digest).verify(key, digest, given)
}

/** Encrypts 1 byte up to the algorithm's longest plaintext for the key's public half. */
export function encryptFor(key: KeyPair, algorithm: string, plaintext: Uint8Array): Uint8Array {
  const { encrypt, longest } = encryption(key, algorithm)
  if (plaintext.length < 1 || plaintext.length > longest) throw badPlaintext(longest)
  return encrypt(key, plaintext)
}

/** Opens what `encryptFor` made. Raises the one refusal, `InvalidParameter` of the ciphertext, for all that fails. */
export function decryptWith(key: KeyPair, algorithm: string, ciphertext: Uint8Array): Uint8Array {
  return encryption(key, algorithm).decrypt(key, ciphertext)
}

/** Raises `UnsupportedOperation` when the key's spec does not offer the algorithm. */
function encryption(key: KeyPair, algorithm: string) {
  const found = key.spec.encryptions.find(({ name }) => name === algorithm)
  if (!found) throw unfit(algorithm, key.spec.name)
  return found
}

/** The same for a signing algorithm, and the digest's length. */
function signature(key: KeyPair, algorithm: string, digest: Uint8Array) {
  const found = key.spec.signatures.find(({ name }) => name === algorithm)
  if (!found) throw unfit(algorithm, key.spec.name)
  if (digest.length !== DIGEST_BYTES) throw badDigest()
  return found
}
