import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto'
import { IV_BYTES, nextIv } from './iv.ts'
import type { SymmetricKey } from './loaded-key.ts'
import { undecryptable } from './refusals.ts'

/*
 * AES-GCM and SM4-GCM, both of OpenSSL (SM4-GCM since its 3.1; runtimes from Node 24 on carry it): constant in time, and
 * the tag is compared there.
 */

/** Bytes of a GCM tag: never shorter. */
export const TAG_BYTES = 16

export interface Sealed {
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const AUTH_TAG = { authTagLength: TAG_BYTES } as const

/**
 * Encrypts under a fresh random IV. `aad` is bound, not stored; absent and empty are the same. How long a plaintext may
 * be is the caller's rule (`maxPlaintextBytes`).
 */
export function encrypt(key: SymmetricKey, plaintext: Uint8Array, aad?: Uint8Array): Sealed {
  const iv = nextIv()
  const cipher = createCipheriv(key.spec.cipher as CipherGCMTypes, key.secret, iv, AUTH_TAG)
  if (aad !== undefined) cipher.setAAD(aad)
  const ciphertext = cipher.update(plaintext)
  // GCM is a stream: the last call adds the tag and no byte.
  cipher.final()
  return { iv, ciphertext, tag: cipher.getAuthTag() }
}

/** Opens what `encrypt` made with the same key and `aad`. Raises `InvalidParameter` of the ciphertext otherwise. */
export function decrypt(key: SymmetricKey, sealed: Sealed, aad?: Uint8Array): Buffer {
  if (sealed.iv.length !== IV_BYTES || sealed.tag.length !== TAG_BYTES) throw undecryptable()
  const decipher = createDecipheriv(key.spec.cipher as CipherGCMTypes, key.secret, sealed.iv, AUTH_TAG)
  if (aad !== undefined) decipher.setAAD(aad)
  decipher.setAuthTag(sealed.tag)
  const plaintext = decipher.update(sealed.ciphertext)
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw undecryptable()
  }
  return plaintext
}
