import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { whenReady } from '../../base/when-ready.ts'
import { type Blob, type EncryptionContext, readBlob } from '../../kms/blob.ts'
import { decryptText } from '../../kms/symmetric.ts'
import { readOperation } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope } from '../../pipeline/scope.ts'
import { assertContext, CiphertextBlob, EncryptionContext_, Input, Plaintext } from './fields.ts'
import { symmetricCheck } from './key-checks.ts'
import { existing, keyFor, resolveVersion, type VersionTarget } from './key-target.ts'

/** A symmetric ciphertext and the key that it was made under. */
export interface BlobTarget {
  readonly blob: Blob
  readonly source: VersionTarget
}

/** The key that a ciphertext names. Raises `InvalidParameter` for what was never one. */
export function resolveBlob(scope: ResolveScope, text: string): BlobTarget | Promise<BlobTarget> {
  const blob = readBlob(text)
  const source = resolveVersion(scope, blob.versionId)
  return whenReady(source, (found) => ({ blob, source: found }))
}

/** The text of a ciphertext whose key was decided on and is in a state that allows it. */
export function openBlob(
  { keyring }: Pick<Scope, 'keyring'>,
  { blob, source }: BlobTarget,
  context: EncryptionContext | undefined,
): string {
  if (!source.version) throw refuse(source.missing)
  return decryptText(keyring, source.version, blob, context)
}

/** Opens a symmetric ciphertext; the key is found from the blob (reference: alibaba-kms.md A.2 Decrypt, B.4). */
export const decrypt = readOperation({
  name: 'kms:Decrypt',
  summary: 'Decrypt what Encrypt or GenerateDataKey answered',
  effect: 'read',
  uses: true,
  input: Input({ CiphertextBlob, EncryptionContext: Type.Optional(EncryptionContext_) }),
  output: Type.Object({ Plaintext, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve(scope, input) {
    assertContext('EncryptionContext', input.EncryptionContext)
    return resolveBlob(scope, input.CiphertextBlob)
  },
  checks: (_scope, input, { source }: BlobTarget) => [
    symmetricCheck('kms:Decrypt', source, input.EncryptionContext),
  ],
  state: (scope, _input, { source }) => void keyFor(scope, 'Decrypt', source),
  work(scope, input, target) {
    const key = existing(target.source)
    return {
      Plaintext: openBlob(scope, target, input.EncryptionContext),
      KeyId: key.id,
      KeyVersionId: target.blob.versionId,
    }
  },
  example: {
    CiphertextBlob: '{ciphertextBlob}',
    EncryptionContext: { Project: 'ProjectA' },
  },
})
