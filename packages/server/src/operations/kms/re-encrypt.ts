import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { encryptText } from '../../kms/symmetric.ts'
import { readOperation } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope } from '../../pipeline/scope.ts'
import { EncryptionAlgorithm } from './asymmetric-encrypt.ts'
import { type BlobTarget, openBlob, resolveBlob } from './decrypt.ts'
import {
  assertContext,
  bytesOf,
  CiphertextBlob,
  EncryptionContext_,
  Input,
  KeyId,
  KeyVersionId,
} from './fields.ts'
import { symmetricCheck, useCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { assertCipher, assertOffers, encryptingVersion, keyPairOf } from './key-use.ts'

const ReEncryptInput = Input({
  CiphertextBlob,
  SourceKeyId: Type.Optional(KeyId),
  SourceKeyVersionId: Type.Optional(KeyVersionId),
  SourceEncryptionAlgorithm: Type.Optional(EncryptionAlgorithm),
  SourceEncryptionContext: Type.Optional(EncryptionContext_),
  DestinationKeyId: KeyId,
  DestinationEncryptionContext: Type.Optional(EncryptionContext_),
})
type RequestInput = Static<typeof ReEncryptInput>

/** Both sides of a call, and what the ciphertext is. */
interface Sides {
  readonly source: KeyTarget
  readonly destination: KeyTarget
  /** Of a symmetric source. */
  readonly blob: BlobTarget | undefined
}

/**
 * Of a public-key ciphertext the key, its version and the algorithm must be named; a symmetric one names them itself
 * (reference: alibaba-kms.md B.6).
 */
async function resolveSides(scope: ResolveScope, input: RequestInput): Promise<Sides> {
  assertContext('SourceEncryptionContext', input.SourceEncryptionContext)
  assertContext('DestinationEncryptionContext', input.DestinationEncryptionContext)
  const destination = resolveKey(scope, input.DestinationKeyId, 'DestinationKeyId')
  const { SourceEncryptionAlgorithm, SourceKeyId, SourceKeyVersionId } = input
  if (SourceEncryptionAlgorithm === undefined && SourceKeyVersionId === undefined) {
    const blob = await resolveBlob(scope, input.CiphertextBlob)
    return { source: blob.source, destination: await destination, blob }
  }
  const wanted = { SourceKeyId, SourceKeyVersionId, SourceEncryptionAlgorithm }
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) throw refuse({ code: 'MissingParameter', name })
  }
  const source = await resolveKey(scope, SourceKeyId as string, 'SourceKeyId')
  return { source, destination: await destination, blob: undefined }
}

/** The text under the source key: of a public-key ciphertext the Base64 of its bytes, as AsymmetricDecrypt answers it. */
async function openSource(scope: Scope, input: RequestInput, { blob, source }: Sides): Promise<string> {
  const key = existing(source)
  if (blob) return openBlob(scope, blob, input.SourceEncryptionContext)
  const algorithm = input.SourceEncryptionAlgorithm!
  const pair = await keyPairOf(scope, key, input.SourceKeyVersionId!)
  const bytes = await scope.asymmetric.decrypt(
    pair,
    algorithm,
    bytesOf('CiphertextBlob', input.CiphertextBlob),
  )
  const text = bytes.toString('base64')
  bytes.fill(0)
  return text
}

/**
 * Decrypts under one key and encrypts under another, the text never leaving. Decided on both: `kms:ReEncryptFrom` with
 * the context and algorithm of the source, `kms:ReEncryptTo` with those of the destination (design, section 5). What it
 * answers as key is the one that decrypted.
 */
export const reEncrypt = readOperation({
  name: 'kms:ReEncrypt',
  summary: 'Encrypt a ciphertext anew under another key',
  effect: 'read',
  uses: true,
  input: ReEncryptInput,
  output: Type.Object({ CiphertextBlob, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve: resolveSides,
  checks: (_scope, input, { blob, destination, source }: Sides) => [
    blob
      ? symmetricCheck('kms:ReEncryptFrom', source, input.SourceEncryptionContext)
      : useCheck('kms:ReEncryptFrom', source, {
          'kms:EncryptionAlgorithm': input.SourceEncryptionAlgorithm,
        }),
    symmetricCheck('kms:ReEncryptTo', destination, input.DestinationEncryptionContext),
  ],
  state(scope, input, { blob, destination, source }) {
    assertCipher(keyFor(scope, 'ReEncrypt', destination))
    const key = keyFor(scope, 'ReEncrypt', source)
    const algorithm = input.SourceEncryptionAlgorithm
    if (!blob) assertOffers(key, 'ENCRYPT/DECRYPT', algorithm!, 'UnsupportedOperation')
  },
  async work(scope, input, sides) {
    const destination = existing(sides.destination)
    const version = await encryptingVersion(scope, destination)
    const text = await openSource(scope, input, sides)
    const { blob, source } = sides
    return {
      CiphertextBlob: encryptText(scope.keyring, version, text, input.DestinationEncryptionContext),
      KeyId: source.key!.id,
      KeyVersionId: blob ? blob.blob.versionId : input.SourceKeyVersionId!,
    }
  },
  example: {
    CiphertextBlob: '{ciphertextBlob}',
    SourceEncryptionContext: { Project: 'ProjectA' },
    DestinationKeyId: '{kms.oldKeyId}',
    DestinationEncryptionContext: { Project: 'ProjectB' },
  },
})
