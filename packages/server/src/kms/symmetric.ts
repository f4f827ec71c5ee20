import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import { refuse } from '../base/problem.ts'
import { contextAad, type EncryptionContext, readBlob, writeBlob } from './blob.ts'
import type { KeyVersion } from './keys.ts'

const IV_BYTES = 12
const pool = Buffer.alloc(IV_BYTES * 1024)
let next = pool.length

/** 12 random bytes from a pool: one system call serves a thousand of them. Each byte is given out once. */
function nextIv(): Buffer {
  if (next === pool.length) {
    randomFillSync(pool)
    next = 0
  }
  next += IV_BYTES
  return Buffer.from(pool.subarray(next - IV_BYTES, next))
}

/** Encrypts text under a key version; the blob as Base64 (reference: alibaba-kms.md B.4). */
export function encryptText(
  version: KeyVersion,
  text: string,
  context: EncryptionContext | undefined,
): string {
  const iv = nextIv()
  const cipher = createCipheriv('aes-256-gcm', version.material, iv)
  cipher.setAAD(contextAad(context))
  const ciphertext = cipher.update(text, 'utf8')
  cipher.final()
  return writeBlob({ versionId: version.id, iv, ciphertext, tag: cipher.getAuthTag() })
}

/** Opens a blob. Raises `InvalidParameter` for a changed blob and for another context alike (alibaba-kms.md H-22). */
export function decryptText(
  version: KeyVersion,
  blobText: string,
  context: EncryptionContext | undefined,
): string {
  const blob = readBlob(blobText)
  const decipher = createDecipheriv('aes-256-gcm', version.material, blob.iv, { authTagLength: 16 })
  decipher.setAAD(contextAad(context))
  decipher.setAuthTag(blob.tag)
  try {
    return Buffer.concat([decipher.update(blob.ciphertext), decipher.final()]).toString('utf8')
  } catch {
    throw refuse({ code: 'InvalidParameter', name: 'CiphertextBlob' })
  }
}
