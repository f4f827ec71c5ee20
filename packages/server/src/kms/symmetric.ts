import { refuse } from '../base/problem.ts'
import { type CipherKey, decrypt, encrypt } from '../crypto/algorithms/index.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { type Blob, contextAad, type EncryptionContext, writeBlob } from './blob.ts'
import type { KeyVersion } from './versions.ts'

type Opens = Pick<Keyring, 'open'>

/** Encrypts text under a key version; the blob as Base64 (reference: alibaba-kms.md B.4). */
export function encryptText(
  keyring: Opens,
  version: KeyVersion,
  text: string,
  context: EncryptionContext | undefined,
): string {
  const plaintext = Buffer.from(text)
  const { ciphertext, iv, tag } = encrypt(cipherOf(keyring, version), plaintext, aadOf(version, context))
  plaintext.fill(0)
  return writeBlob({ versionId: version.id, iv, ciphertext, tag })
}

/** Opens a blob. Raises `InvalidParameter` for a changed blob and for another context alike (alibaba-kms.md H-22). */
export function decryptText(
  keyring: Opens,
  version: KeyVersion,
  blob: Blob,
  context: EncryptionContext | undefined,
): string {
  const bytes = decrypt(cipherOf(keyring, version), blob, aadOf(version, context))
  const text = bytes.toString('utf8')
  bytes.fill(0)
  return text
}

/**
 * Associated data of a blob: the version's id, then the context (blob.ts).
 *
 * INVARIANT: a blob opens under the version that it names and no other, also where two keys were given one material
 * (reference: alibaba-kms.md B.4).
 */
function aadOf(version: KeyVersion, context: EncryptionContext | undefined): Uint8Array {
  const id = Buffer.from(version.id, 'latin1')
  return context === undefined ? id : Buffer.concat([id, contextAad(context)])
}

/** Raises `KeyStateRejects` for a version that waits for its material, `UnsupportedOperation` for no cipher's. */
function cipherOf(keyring: Opens, version: KeyVersion): CipherKey {
  const material = version.material(keyring)
  if (!material) throw refuse({ code: 'KeyStateRejects', state: 'PendingImport' })
  if (material.spec.kind !== 'cipher') throw refuse({ code: 'UnsupportedOperation' })
  return material as CipherKey
}
