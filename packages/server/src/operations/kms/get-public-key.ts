import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { publicKeyPem } from '../../crypto/algorithms/index.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, KeyId, KeyVersionId } from './fields.ts'
import { useCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { keyPairOf } from './key-use.ts'

/** Shows the public half of a key pair, as PEM, in any state in which it has material. */
export const getPublicKey = readOperation({
  name: 'kms:GetPublicKey',
  summary: 'Show a public key',
  effect: 'read',
  input: Input({ KeyId, KeyVersionId }),
  output: Type.Object({ KeyId: Type.String(), KeyVersionId: Type.String(), PublicKey: Type.String() }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:GetPublicKey', target)],
  state(scope, _input, target) {
    const { kind } = keyFor(scope, 'GetPublicKey', target).kind
    if (kind !== 'pair') throw refuse({ code: 'UnsupportedOperation' })
  },
  async work(scope, input, target) {
    const key = existing(target)
    const pair = await keyPairOf(scope, key, input.KeyVersionId)
    return { KeyId: key.id, KeyVersionId: input.KeyVersionId, PublicKey: publicKeyPem(pair) }
  },
  example: { KeyId: '{kms.signingKeyId}', KeyVersionId: '{kms.signingKeyVersionId}' },
})
