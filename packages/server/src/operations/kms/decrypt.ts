import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readBlob } from '../../kms/blob.ts'
import { decryptText } from '../../kms/symmetric.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import { assertContext, CiphertextBlob, DryRun, EncryptionContext_, Input, Plaintext } from './fields.ts'
import {
  assertEnabled,
  contextFacts,
  existing,
  resolveVersion,
  SYMMETRIC_DEFAULT,
  useCheck,
} from './key-target.ts'

/** Opens a symmetric ciphertext; the key is found from the blob (reference: alibaba-kms.md A.2 Decrypt, B.4). */
export const decrypt = readOperation({
  name: 'kms:Decrypt',
  summary: 'Decrypt what Encrypt or GenerateDataKey answered',
  effect: 'read',
  binding: kms('Decrypt'),
  input: Input({ CiphertextBlob, EncryptionContext: Type.Optional(EncryptionContext_), DryRun }),
  output: Type.Object({ Plaintext, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve(scope, input) {
    assertContext('EncryptionContext', input.EncryptionContext)
    return resolveVersion(scope, readBlob(input.CiphertextBlob).versionId)
  },
  checks: (_scope, input, target) => [
    useCheck('kms:Decrypt', target, {
      'kms:EncryptionAlgorithm': SYMMETRIC_DEFAULT,
      ...contextFacts(input.EncryptionContext),
    }),
  ],
  work(_scope, input, target) {
    const key = existing(target)
    assertEnabled(key)
    if (!target.version) throw refuse({ code: 'KeyNotFound' })
    return {
      Plaintext: decryptText(target.version, input.CiphertextBlob, input.EncryptionContext),
      KeyId: key.id,
      KeyVersionId: target.version.id,
    }
  },
  example: ({ ciphertextBlob }) => ({
    CiphertextBlob: ciphertextBlob,
    EncryptionContext: { Project: 'ProjectA' },
  }),
})
