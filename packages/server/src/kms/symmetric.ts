import { refuse } from '../base/problem.ts'
import { decrypt, encrypt, type SymmetricKey } from '../crypto/algorithms/index.ts'
import { type Blob, contextAad, type EncryptionContext, writeBlob } from './blob.ts'
import type { KeyVersion } from './versions.ts'

/** Encrypts text under a key version; the blob as Base64 (reference: alibaba-kms.md B.4). */
export function encryptText(
  version: KeyVersion,
  text: string,
  context: EncryptionContext | undefined,
): string {
  const { ciphertext, iv, tag } = encrypt(cipherOf(version), Buffer.from(text), contextAad(context))
  return writeBlob({ versionId: version.id, iv, ciphertext, tag })
}

/** Opens a blob. Raises `InvalidParameter` for a changed blob and for another context alike (alibaba-kms.md H-22). */
export function decryptText(version: KeyVersion, blob: Blob, context: EncryptionContext | undefined): string {
  const bytes = decrypt(cipherOf(version), blob, contextAad(context))
  const text = bytes.toString('utf8')
  bytes.fill(0)
  return text
}

/** Raises `KeyStateRejects` for a version that waits for its material, `UnsupportedOperation` for no cipher's. */
function cipherOf({ material }: KeyVersion): SymmetricKey {
  if (!material) throw refuse({ code: 'KeyStateRejects', state: 'PendingImport' })
  if (material.kind !== 'symmetric') throw refuse({ code: 'UnsupportedOperation' })
  return material
}
