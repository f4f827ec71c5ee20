import { type Static, Type } from 'typebox'
import { type KeySpec, namesIn } from '../../crypto/algorithms/index.ts'
import { readOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { type BlobTarget, openBlob, resolveBlob } from './decrypt.ts'
import { assertContext, bytesOf, CiphertextBlob, EncryptionContext_, Input } from './fields.ts'
import { dataKeyInput, dataKeyState, makeDataKey, resolveDataKey } from './generate-data-key.ts'
import { symmetricCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor } from './key-target.ts'

const recipientOf = (spec: KeySpec) => (spec.kind === 'pair' ? spec.recipient : undefined)

/** Whom a data key is for: SubjectPublicKeyInfo in DER, in Base64 (reference: alibaba-kms.md B.6). */
const recipient = {
  PublicKeyBlob: Type.String({ minLength: 1, maxLength: 4096 }),
  WrappingKeySpec: Type.Enum(namesIn((spec) => (recipientOf(spec) ? [spec.name] : []))),
  WrappingAlgorithm: Type.Enum(namesIn((spec) => recipientOf(spec)?.algorithms ?? [])),
}
const Recipient = Input(recipient)

async function wrapFor(scope: Scope, to: Static<typeof Recipient>, dataKey: Buffer): Promise<string> {
  const publicKey = bytesOf('PublicKeyBlob', to.PublicKeyBlob)
  const { WrappingAlgorithm: algorithm, WrappingKeySpec: spec } = to
  const wrapped = await scope.asymmetric.exportDataKey(spec, algorithm, publicKey, dataKey)
  dataKey.fill(0)
  return wrapped.toString('base64')
}

/**
 * Encrypts a data key anew for a public key. A blob holds text: that of a data key is the Base64 of its bytes, and they
 * are what is exported; any other text is exported as it is (reference: alibaba-kms.md H-20).
 */
export const exportDataKey = readOperation({
  name: 'kms:ExportDataKey',
  summary: 'Encrypt a data key for a public key',
  effect: 'read',
  uses: true,
  input: Input({
    CiphertextBlob,
    EncryptionContext: Type.Optional(EncryptionContext_),
    ...recipient,
  }),
  output: Type.Object({ ExportedDataKey: Type.String(), KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve(scope, input) {
    assertContext('EncryptionContext', input.EncryptionContext)
    return resolveBlob(scope, input.CiphertextBlob)
  },
  checks: (_scope, input, { source }: BlobTarget) => [
    symmetricCheck('kms:ExportDataKey', source, input.EncryptionContext),
  ],
  state: (scope, _input, { source }) => void keyFor(scope, 'ExportDataKey', source),
  async work(scope, input, target) {
    const key = existing(target.source)
    const text = openBlob(scope, target, input.EncryptionContext)
    const decoded = Buffer.from(text, 'base64')
    const dataKey = decoded.toString('base64') === text ? decoded : Buffer.from(text)
    return {
      ExportedDataKey: await wrapFor(scope, input, dataKey),
      KeyId: key.id,
      KeyVersionId: target.blob.versionId,
    }
  },
  example: {
    CiphertextBlob: '{ciphertextBlob}',
    EncryptionContext: { Project: 'ProjectA' },
    PublicKeyBlob: '{kms.publicKeyBlob}',
    WrappingKeySpec: '{kms.wrappingKeySpec}',
    WrappingAlgorithm: '{kms.wrappingAlgorithm}',
  },
})

/** Makes a data key, encrypted under a symmetric key and, once more, for a public key. */
export const generateAndExportDataKey = readOperation({
  name: 'kms:GenerateAndExportDataKey',
  summary: 'Make a data key, encrypted under a symmetric key and for a public key',
  effect: 'read',
  uses: true,
  input: Input({ ...dataKeyInput, ...recipient }),
  output: Type.Object({
    CiphertextBlob,
    ExportedDataKey: Type.String(),
    KeyId: Type.String(),
    KeyVersionId: Type.String(),
  }),
  resolve: resolveDataKey,
  checks: (_scope, input, target: KeyTarget) => [
    symmetricCheck('kms:GenerateAndExportDataKey', target, input.EncryptionContext),
  ],
  state: dataKeyState('GenerateAndExportDataKey'),
  work: (scope, input, target) =>
    makeDataKey(scope, input, target, async ({ blob, bytes, keyId, versionId }) => {
      try {
        const exported = await wrapFor(scope, input, bytes)
        return { CiphertextBlob: blob, ExportedDataKey: exported, KeyId: keyId, KeyVersionId: versionId }
      } finally {
        bytes.fill(0)
      }
    }),
  example: {
    KeyId: '{keyId}',
    EncryptionContext: { Project: 'ProjectA' },
    PublicKeyBlob: '{kms.publicKeyBlob}',
    WrappingKeySpec: '{kms.wrappingKeySpec}',
    WrappingAlgorithm: '{kms.wrappingAlgorithm}',
  },
})
