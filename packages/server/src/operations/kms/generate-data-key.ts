import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import type { KeyVersion } from '../../kms/keys.ts'
import { encryptText } from '../../kms/symmetric.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import { encryptingVersion } from './encrypt.ts'
import {
  assertContext,
  CiphertextBlob,
  DryRun,
  EncryptionContext_,
  Input,
  KeyId,
  Plaintext,
} from './fields.ts'
import { contextFacts, existing, resolveKey, SYMMETRIC_DEFAULT, useCheck } from './key-target.ts'

const LENGTHS = { AES_256: 32, AES_128: 16 } as const

/** Makes a random data key and encrypts its Base64 text (reference: alibaba-kms.md A.2, B.6). */
export const generateDataKey = readOperation({
  name: 'kms:GenerateDataKey',
  summary: 'Make a data key, in clear and encrypted under a symmetric key',
  effect: 'read',
  binding: kms('GenerateDataKey'),
  input: Input({
    KeyId,
    KeySpec: Type.Optional(Type.Enum(['AES_256', 'AES_128'])),
    NumberOfBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
    EncryptionContext: Type.Optional(EncryptionContext_),
    DryRun,
  }),
  output: Type.Object({ CiphertextBlob, Plaintext, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve(scope, input) {
    assertContext('EncryptionContext', input.EncryptionContext)
    return resolveKey(scope, input.KeyId)
  },
  checks: (_scope, input, target) => [
    useCheck('kms:GenerateDataKey', target, {
      'kms:EncryptionAlgorithm': SYMMETRIC_DEFAULT,
      ...contextFacts(input.EncryptionContext),
    }),
  ],
  work(scope, input, target) {
    const key = existing(target)
    const finish = (version: KeyVersion) => {
      const length = input.NumberOfBytes ?? LENGTHS[input.KeySpec ?? 'AES_256']
      const text = randomBytes(length).toString('base64')
      return {
        CiphertextBlob: encryptText(version, text, input.EncryptionContext),
        Plaintext: text,
        KeyId: key.id,
        KeyVersionId: version.id,
      }
    }
    const version = encryptingVersion(scope, key)
    return version instanceof Promise ? version.then(finish) : finish(version)
  },
  example: ({ keyId }) => ({ KeyId: keyId, EncryptionContext: { Project: 'ProjectA' } }),
})
