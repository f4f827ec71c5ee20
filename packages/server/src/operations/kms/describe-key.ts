import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import { Input, KeyId } from './fields.ts'
import { KeyMetadata, keyMetadata } from './key-metadata.ts'
import { existing, resolveKey, useCheck } from './key-target.ts'

/** Shows a key, in any state (reference: alibaba-kms.md A.2, C.1). */
export const describeKey = readOperation({
  name: 'kms:DescribeKey',
  summary: 'Show a key',
  effect: 'read',
  binding: kms('DescribeKey'),
  input: Input({ KeyId }),
  output: Type.Object({ KeyMetadata }),
  resolve: (scope, input) => resolveKey(scope, input.KeyId),
  checks: (_scope, _input, target) => [useCheck('kms:DescribeKey', target)],
  work: (_scope, _input, target) => ({ KeyMetadata: keyMetadata(existing(target)) }),
  example: ({ keyId }) => ({ KeyId: keyId }),
})
