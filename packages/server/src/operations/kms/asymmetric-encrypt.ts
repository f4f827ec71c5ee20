import { Type } from 'typebox'
import { namesIn } from '../../crypto/algorithms/index.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { bytesOf, CiphertextBlob, Input, KeyId, KeyVersionId, Plaintext } from './fields.ts'
import { useCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { assertOffers, keyPairOf } from './key-use.ts'

/** ECIES is the one algorithm whose name the seed adds to those of the pages. */
export const EncryptionAlgorithm = Type.Enum(
  namesIn((spec) => (spec.kind === 'pair' ? spec.encryptions.map(({ name }) => name) : [])),
)

/** Encrypts bytes, given as Base64, for a public key: the bare standard ciphertext (reference: alibaba-kms.md B.3). */
export const asymmetricEncrypt = readOperation({
  name: 'kms:AsymmetricEncrypt',
  summary: 'Encrypt with a public key',
  effect: 'read',
  uses: true,
  input: Input({ KeyId, KeyVersionId, Algorithm: EncryptionAlgorithm, Plaintext }),
  output: Type.Object({ CiphertextBlob, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, input, target: KeyTarget) => [
    useCheck('kms:AsymmetricEncrypt', target, { 'kms:EncryptionAlgorithm': input.Algorithm }),
  ],
  state(scope, input, target) {
    assertOffers(
      keyFor(scope, 'AsymmetricEncrypt', target),
      'ENCRYPT/DECRYPT',
      input.Algorithm,
      'OperationRejected',
    )
  },
  async work(scope, input, target) {
    const key = existing(target)
    const plaintext = bytesOf('Plaintext', input.Plaintext)
    const pair = await keyPairOf(scope, key, input.KeyVersionId)
    const blob = await scope.asymmetric.encrypt(pair, input.Algorithm, plaintext)
    return { CiphertextBlob: blob.toString('base64'), KeyId: key.id, KeyVersionId: input.KeyVersionId }
  },
  example: {
    KeyId: '{kms.encryptingKeyId}',
    KeyVersionId: '{kms.encryptingKeyVersionId}',
    Algorithm: '{kms.encryptingAlgorithm}',
    Plaintext: 'aGVsbG8=',
  },
})

/** Opens what AsymmetricEncrypt, or anyone with the public key, made; the bytes as Base64. */
export const asymmetricDecrypt = readOperation({
  name: 'kms:AsymmetricDecrypt',
  summary: 'Decrypt with a private key',
  effect: 'read',
  uses: true,
  input: Input({ KeyId, KeyVersionId, Algorithm: EncryptionAlgorithm, CiphertextBlob }),
  output: Type.Object({ KeyId: Type.String(), KeyVersionId: Type.String(), Plaintext }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, input, target: KeyTarget) => [
    useCheck('kms:AsymmetricDecrypt', target, { 'kms:EncryptionAlgorithm': input.Algorithm }),
  ],
  state(scope, input, target) {
    assertOffers(
      keyFor(scope, 'AsymmetricDecrypt', target),
      'ENCRYPT/DECRYPT',
      input.Algorithm,
      'OperationRejected',
    )
  },
  async work(scope, input, target) {
    const key = existing(target)
    const blob = bytesOf('CiphertextBlob', input.CiphertextBlob)
    const pair = await keyPairOf(scope, key, input.KeyVersionId)
    const bytes = await scope.asymmetric.decrypt(pair, input.Algorithm, blob)
    const text = bytes.toString('base64')
    bytes.fill(0)
    return { KeyId: key.id, KeyVersionId: input.KeyVersionId, Plaintext: text }
  },
  example: {
    KeyId: '{kms.encryptingKeyId}',
    KeyVersionId: '{kms.encryptingKeyVersionId}',
    Algorithm: '{kms.encryptingAlgorithm}',
    CiphertextBlob: '{kms.asymmetricBlob}',
  },
})
