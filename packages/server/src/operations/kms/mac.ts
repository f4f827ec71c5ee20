import { Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import { generateMac as mac, namesIn, usagesOf, verifyMac as verify } from '../../crypto/algorithms/index.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { bytesOf, Input, KeyId } from './fields.ts'
import { useCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { assertOffers, macKeyOf } from './key-use.ts'

const Algorithm = Type.Enum(namesIn((spec) => usagesOf(spec)['GENERATE/VERIFY_MAC'] ?? []))
/** Base64 of 6 KB, the longest plaintext of the other calls: no limit is published. */
const Message = Secret(Type.String({ minLength: 1, maxLength: 8192 }))
/** Whoever holds a MAC can pass for the holder of the key: it stands in no audit entry. */
const Mac = Secret(Type.String({ minLength: 1, maxLength: 256 }))

/** Computes the full-length MAC of a message. */
export const generateMac = readOperation({
  name: 'kms:GenerateMac',
  summary: 'Compute a message authentication code',
  effect: 'read',
  uses: true,
  input: Input({ KeyId, Algorithm, Message }),
  output: Type.Object({ Algorithm: Type.String(), KeyId: Type.String(), Mac }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:GenerateMac', target)],
  state(scope, input, target) {
    assertOffers(
      keyFor(scope, 'GenerateMac', target),
      'GENERATE/VERIFY_MAC',
      input.Algorithm,
      'UnsupportedOperation',
    )
  },
  async work(scope, input, target) {
    const key = existing(target)
    const message = bytesOf('Message', input.Message)
    const made = mac(await macKeyOf(scope, key), message, input.Algorithm)
    return { Algorithm: input.Algorithm, KeyId: key.id, Mac: made.toString('base64') }
  },
  example: { KeyId: '{kms.macKeyId}', Algorithm: '{kms.macAlgorithm}', Message: 'aGVsbG8=' },
})

/** Tells whether a MAC is that of a message: a wrong one is an answer, not an error. */
export const verifyMac = readOperation({
  name: 'kms:VerifyMac',
  summary: 'Verify a message authentication code',
  effect: 'read',
  uses: true,
  input: Input({ KeyId, Algorithm, Message, Mac }),
  output: Type.Object({ Algorithm: Type.String(), KeyId: Type.String(), Value: Type.Boolean() }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:VerifyMac', target)],
  state(scope, input, target) {
    assertOffers(
      keyFor(scope, 'VerifyMac', target),
      'GENERATE/VERIFY_MAC',
      input.Algorithm,
      'UnsupportedOperation',
    )
  },
  async work(scope, input, target) {
    const key = existing(target)
    const message = bytesOf('Message', input.Message)
    const given = bytesOf('Mac', input.Mac)
    const good = verify(await macKeyOf(scope, key), message, given, input.Algorithm)
    return { Algorithm: input.Algorithm, KeyId: key.id, Value: good }
  },
  example: {
    KeyId: '{kms.macKeyId}',
    Algorithm: '{kms.macAlgorithm}',
    Message: 'aGVsbG8=',
    Mac: Buffer.alloc(32).toString('base64'),
  },
})
