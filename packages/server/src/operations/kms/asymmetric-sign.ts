import { Type } from 'typebox'
import { namesIn, usagesOf } from '../../crypto/algorithms/index.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { bytesOf, Input, KeyId, KeyVersionId } from './fields.ts'
import { useCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { assertOffers, keyPairOf } from './key-use.ts'

const Algorithm = Type.Enum(namesIn((spec) => usagesOf(spec)['SIGN/VERIFY'] ?? []))
const Digest = Type.String({ minLength: 1, maxLength: 256 })

/** Signs a digest; the message is never seen (reference: alibaba-kms.md A.2, B.3). */
export const asymmetricSign = readOperation({
  name: 'kms:AsymmetricSign',
  summary: 'Sign a digest with a private key',
  effect: 'read',
  uses: true,
  input: Input({ KeyId, KeyVersionId, Algorithm, Digest }),
  output: Type.Object({ KeyId: Type.String(), KeyVersionId: Type.String(), Value: Type.String() }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, input, target: KeyTarget) => [
    useCheck('kms:AsymmetricSign', target, { 'kms:SigningAlgorithm': input.Algorithm }),
  ],
  state(scope, input, target) {
    assertOffers(
      keyFor(scope, 'AsymmetricSign', target),
      'SIGN/VERIFY',
      input.Algorithm,
      'UnsupportedOperation',
    )
  },
  async work(scope, input, target) {
    const key = existing(target)
    const pair = await keyPairOf(scope, key, input.KeyVersionId)
    const value = await scope.asymmetric.sign(pair, input.Algorithm, bytesOf('Digest', input.Digest))
    return { KeyId: key.id, KeyVersionId: input.KeyVersionId, Value: value.toString('base64') }
  },
  example: {
    KeyId: '{kms.signingKeyId}',
    KeyVersionId: '{kms.signingKeyVersionId}',
    Algorithm: '{kms.signingAlgorithm}',
    Digest: Buffer.alloc(32, 7).toString('base64'),
  },
})

/** Tells whether a signature is one of a digest: a wrong one is an answer, not an error. */
export const asymmetricVerify = readOperation({
  name: 'kms:AsymmetricVerify',
  summary: 'Verify a signature of a digest',
  effect: 'read',
  uses: true,
  input: Input({
    KeyId,
    KeyVersionId,
    Algorithm,
    Digest,
    Value: Type.String({ minLength: 1, maxLength: 4096 }),
  }),
  output: Type.Object({ KeyId: Type.String(), KeyVersionId: Type.String(), Value: Type.Boolean() }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, input, target: KeyTarget) => [
    useCheck('kms:AsymmetricVerify', target, { 'kms:SigningAlgorithm': input.Algorithm }),
  ],
  state(scope, input, target) {
    assertOffers(
      keyFor(scope, 'AsymmetricVerify', target),
      'SIGN/VERIFY',
      input.Algorithm,
      'UnsupportedOperation',
    )
  },
  async work(scope, input, target) {
    const key = existing(target)
    const digest = bytesOf('Digest', input.Digest)
    const signature = bytesOf('Value', input.Value)
    const pair = await keyPairOf(scope, key, input.KeyVersionId)
    const good = await scope.asymmetric.verify(pair, input.Algorithm, digest, signature)
    return { KeyId: key.id, KeyVersionId: input.KeyVersionId, Value: good }
  },
  example: {
    KeyId: '{kms.signingKeyId}',
    KeyVersionId: '{kms.signingKeyVersionId}',
    Algorithm: '{kms.signingAlgorithm}',
    Digest: Buffer.alloc(32, 7).toString('base64'),
    Value: Buffer.alloc(70, 7).toString('base64'),
  },
})
