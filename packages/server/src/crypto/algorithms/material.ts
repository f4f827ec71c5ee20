import type { KeyPair, KeySpec, LoadedKey } from './key-spec.ts'
import { badMaterial, brokenMaterial } from './refusals.ts'

/*
 * Key material, as it is sealed and stored:
 *
 *   symmetric, MAC   the raw key, as long as the table says
 *   RSA              PKCS#8 DER as OpenSSL writes it
 *   EC, SM2 too      PKCS#8 DER in the canonical form drawn in ec-key.ts
 *
 * One key has one encoding, so "the same material" is "the same bytes".
 */

/**
 * New random material. Key pairs are made in the thread pool of the runtime (RSA_4096: about a second, with a long tail);
 * whoever serves requests bounds how many run at once (pool/asymmetric.ts does).
 */
export function generateMaterial(spec: KeySpec): Promise<Uint8Array> {
  return spec.material.generate()
}

/**
 * Checks material from outside and gives it in the one encoding that is stored: raw for symmetric and MAC keys, otherwise
 * from any PKCS#8 DER. Raises `InvalidKeyMaterial`.
 */
export function importMaterial(spec: KeySpec, bytes: Uint8Array): Uint8Array {
  try {
    return spec.material.import(bytes)
  } catch {
    throw badMaterial()
  }
}

/** Parses stored material, once: callers keep the result. Raises `Unavailable` when it is not material of this spec. */
export function loadMaterial(spec: KeySpec, bytes: Uint8Array): LoadedKey {
  try {
    return Object.freeze({ spec, ...spec.material.load(bytes) })
  } catch {
    throw brokenMaterial()
  }
}

/** The public key as SubjectPublicKeyInfo, DER. */
export function publicKeyDer(key: KeyPair): Buffer {
  return key.spec.publicKey(key)
}

/** The public key as PEM `PUBLIC KEY`: lines of 64 characters, a newline at the end (alibaba-kms B.3). */
export function publicKeyPem(key: KeyPair): string {
  const lines = publicKeyDer(key)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
}
