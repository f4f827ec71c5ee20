import { Type } from 'typebox'
import { whenReady } from '../../base/when-ready.ts'
import { encryptText } from '../../kms/symmetric.ts'
import type { KeyVersion } from '../../kms/versions.ts'
import { readOperation } from '../../pipeline/operation.ts'
import {
  assertContext,
  assertPlaintext,
  CiphertextBlob,
  EncryptionContext_,
  Input,
  KeyId,
  Plaintext,
} from './fields.ts'
import { symmetricCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { assertCipher, encryptingVersion } from './key-use.ts'

/** Encrypts a text under a symmetric key (reference: alibaba-kms.md A.2 Encrypt, B.4). */
export const encrypt = readOperation({
  name: 'kms:Encrypt',
  summary: 'Encrypt up to 6 KB under a symmetric key',
  effect: 'read',
  uses: true,
  input: Input({ KeyId, Plaintext, EncryptionContext: Type.Optional(EncryptionContext_) }),
  output: Type.Object({ CiphertextBlob, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve(scope, input) {
    assertPlaintext(input.Plaintext)
    assertContext('EncryptionContext', input.EncryptionContext)
    return resolveKey(scope, input.KeyId)
  },
  checks: (_scope, input, target: KeyTarget) => [
    symmetricCheck('kms:Encrypt', target, input.EncryptionContext),
  ],
  state: (scope, _input, target) => assertCipher(keyFor(scope, 'Encrypt', target)),
  work(scope, input, target) {
    const key = existing(target)
    const finish = (version: KeyVersion) => ({
      CiphertextBlob: encryptText(scope.keyring, version, input.Plaintext, input.EncryptionContext),
      KeyId: key.id,
      KeyVersionId: version.id,
    })
    const version = encryptingVersion(scope, key)
    return whenReady(version, finish)
  },
  example: {
    KeyId: '{keyId}',
    Plaintext: 'aGVsbG8=',
    EncryptionContext: { Project: 'ProjectA' },
  },
})
