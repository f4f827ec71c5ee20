import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { findKeyVersion, type Key, type KeyVersion } from '../../kms/keys.ts'
import { encryptText } from '../../kms/symmetric.ts'
import { readOperation, type Scope } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import {
  assertContext,
  assertPlaintext,
  CiphertextBlob,
  DryRun,
  EncryptionContext_,
  Input,
  KeyId,
  Plaintext,
} from './fields.ts'
import {
  assertEnabled,
  contextFacts,
  existing,
  resolveKey,
  SYMMETRIC_DEFAULT,
  useCheck,
} from './key-target.ts'

/** Encrypts a text under a symmetric key (reference: alibaba-kms.md A.2 Encrypt, B.4). */
export const encrypt = readOperation({
  name: 'kms:Encrypt',
  summary: 'Encrypt up to 6 KB under a symmetric key',
  effect: 'read',
  binding: kms('Encrypt'),
  input: Input({ KeyId, Plaintext, EncryptionContext: Type.Optional(EncryptionContext_), DryRun }),
  output: Type.Object({ CiphertextBlob, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve(scope, input) {
    assertPlaintext(input.Plaintext)
    assertContext('EncryptionContext', input.EncryptionContext)
    return resolveKey(scope, input.KeyId)
  },
  checks: (_scope, input, target) => [
    useCheck('kms:Encrypt', target, {
      'kms:EncryptionAlgorithm': SYMMETRIC_DEFAULT,
      ...contextFacts(input.EncryptionContext),
    }),
  ],
  work(scope, input, target) {
    const key = existing(target)
    const finish = (version: KeyVersion) => ({
      CiphertextBlob: encryptText(version, input.Plaintext, input.EncryptionContext),
      KeyId: key.id,
      KeyVersionId: version.id,
    })
    const version = encryptingVersion(scope, key)
    return version instanceof Promise ? version.then(finish) : finish(version)
  },
  example: ({ keyId }) => ({
    KeyId: keyId,
    Plaintext: 'aGVsbG8=',
    EncryptionContext: { Project: 'ProjectA' },
  }),
})

/** The version that encrypts now. Raises what the key's state or kind forbids. */
export function encryptingVersion(scope: Scope, key: Key): KeyVersion | Promise<KeyVersion> {
  assertEnabled(key)
  if (key.usage !== 'ENCRYPT/DECRYPT' || key.primaryVersionId === undefined) {
    throw refuse({ code: 'UnsupportedOperation' })
  }
  const version = findKeyVersion(scope.cache, scope.rootKey, key.primaryVersionId)
  return version instanceof Promise ? version.then(present) : present(version)
}

function present(version: KeyVersion | undefined): KeyVersion {
  if (!version) throw new Error('a key names a primary version that does not exist')
  return version
}
