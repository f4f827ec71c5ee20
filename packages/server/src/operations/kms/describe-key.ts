import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, KeyId } from './fields.ts'
import { useCheck } from './key-checks.ts'
import { KeyMetadata, keyMetadata } from './key-metadata.ts'
import { existing, type KeyTarget, resolveKey, stateNow } from './key-target.ts'

/** Shows a key, in any state (reference: alibaba-kms.md A.2, C.1). */
export const describeKey = readOperation({
  name: 'kms:DescribeKey',
  summary: 'Show a key',
  effect: 'read',
  input: Input({ KeyId }),
  output: Type.Object({ KeyMetadata }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target: KeyTarget) => [useCheck('kms:DescribeKey', target)],
  work(scope, _input, target) {
    const key = existing(target)
    return { KeyMetadata: keyMetadata(key, stateNow(scope, key)) }
  },
  example: { KeyId: '{keyId}' },
})
