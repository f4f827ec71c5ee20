import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto'
import { IV_BYTES, nextIv } from '../iv.ts'
import type { Cipher, CipherKey, CipherSpec, Sealed } from '../key-spec.ts'
import { undecryptable } from '../refusals.ts'
import { wrappingsOfSecrets } from '../wrappings.ts'
import { secretMaterial } from './secret.ts'

/*
 * AES-GCM and SM4-GCM, both of OpenSSL (SM4-GCM since its 3.1; runtimes from Node 24 on carry it): constant in time, and
 * the tag is compared there.
 */

/** Bytes of a GCM tag: never shorter. */
export const TAG_BYTES = 16

/** What the wire calls the one algorithm of every cipher key: its calls have no parameter for it. */
export const SYMMETRIC_ALGORITHM = 'SYMMETRIC_DEFAULT'

/** The longest plaintext (alibaba-kms.md B.2). */
export const SYMMETRIC_LIMIT = 6144

const AUTH_TAG = { authTagLength: TAG_BYTES } as const

function gcm(cipher: CipherGCMTypes): Cipher {
  return {
    name: SYMMETRIC_ALGORITHM,
    longest: SYMMETRIC_LIMIT,
    encrypt(key: CipherKey, plaintext: Uint8Array, aad?: Uint8Array): Sealed {
      const iv = nextIv()
      const sealing = createCipheriv(cipher, key.secret, iv, AUTH_TAG)
      if (aad !== undefined) sealing.setAAD(aad)
      const ciphertext = sealing.update(plaintext)
      // GCM is a stream: the last call adds the tag and no byte.
      sealing.final()
      return { iv, ciphertext, tag: sealing.getAuthTag() }
    },
    decrypt(key: CipherKey, sealed: Sealed, aad?: Uint8Array): Buffer {
      if (sealed.iv.length !== IV_BYTES || sealed.tag.length !== TAG_BYTES) throw undecryptable()
      const opening = createDecipheriv(cipher, key.secret, sealed.iv, AUTH_TAG)
      if (aad !== undefined) opening.setAAD(aad)
      opening.setAuthTag(sealed.tag)
      const plaintext = opening.update(sealed.ciphertext)
      try {
        opening.final()
      } catch {
        plaintext.fill(0)
        throw undecryptable()
      }
      return plaintext
    },
  }
}

function row<const N extends string>(name: N, cipher: string, bytes: number): CipherSpec & { name: N } {
  return {
    kind: 'cipher',
    name,
    defaultUsage: 'ENCRYPT/DECRYPT',
    ciphers: [gcm(cipher as CipherGCMTypes)],
    material: secretMaterial(bytes),
    wrappings: wrappingsOfSecrets(bytes),
    slowImport: true,
  }
}

export const CIPHER_SPECS = [
  row('Aliyun_AES_256', 'aes-256-gcm', 32),
  row('Aliyun_AES_192', 'aes-192-gcm', 24),
  row('Aliyun_AES_128', 'aes-128-gcm', 16),
  row('Aliyun_SM4', 'sm4-gcm', 16),
] as const
