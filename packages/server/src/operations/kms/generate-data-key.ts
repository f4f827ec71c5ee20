import { randomBytes } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { whenReady } from '../../base/when-ready.ts'
import type { StatefulOperation } from '../../kms/states.ts'
import { encryptText } from '../../kms/symmetric.ts'
import type { KeyVersion } from '../../kms/versions.ts'
import { readOperation } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope } from '../../pipeline/scope.ts'
import { assertContext, CiphertextBlob, EncryptionContext_, Input, KeyId, Plaintext } from './fields.ts'
import { symmetricCheck } from './key-checks.ts'
import { existing, type KeyTarget, keyFor, resolveKey } from './key-target.ts'
import { assertCipher, encryptingVersion } from './key-use.ts'

const LENGTHS = { AES_256: 32, AES_128: 16 } as const

/** What the calls that make a data key have in common (reference: alibaba-kms.md B.6). */
export const dataKeyInput = {
  KeyId,
  KeySpec: Type.Optional(Type.Enum(['AES_256', 'AES_128'])),
  NumberOfBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 })),
  EncryptionContext: Type.Optional(EncryptionContext_),
}
const DataKeyInput = Input(dataKeyInput)
type DataKeyRequest = Static<typeof DataKeyInput>

/** A data key, and the Base64 text of it encrypted. */
export interface DataKey {
  readonly bytes: Buffer
  readonly text: string
  readonly blob: string
  readonly keyId: string
  readonly versionId: string
}

export function resolveDataKey(scope: ResolveScope, input: DataKeyRequest): KeyTarget | Promise<KeyTarget> {
  assertContext('EncryptionContext', input.EncryptionContext)
  return resolveKey(scope, input.KeyId)
}

/** What must hold before a data key is made. */
export const dataKeyState = (operation: StatefulOperation) => (scope: Scope, _: unknown, target: KeyTarget) =>
  assertCipher(keyFor(scope, operation, target))

/** Makes a data key and hands it to `finish`, which wipes its bytes. Without a promise when the key's version is in memory. */
export function makeDataKey<O>(
  scope: Scope,
  input: DataKeyRequest,
  target: KeyTarget,
  finish: (dataKey: DataKey) => O,
): O | Promise<O> {
  const key = existing(target)
  const make = (version: KeyVersion) => {
    const bytes = randomBytes(input.NumberOfBytes ?? LENGTHS[input.KeySpec ?? 'AES_256'])
    const text = bytes.toString('base64')
    const blob = encryptText(scope.keyring, version, text, input.EncryptionContext)
    return finish({ bytes, text, blob, keyId: key.id, versionId: version.id })
  }
  const version = encryptingVersion(scope, key)
  return whenReady(version, make)
}

/** Makes a random data key and encrypts its Base64 text. */
export const generateDataKey = readOperation({
  name: 'kms:GenerateDataKey',
  summary: 'Make a data key, in clear and encrypted under a symmetric key',
  effect: 'read',
  uses: true,
  input: DataKeyInput,
  output: Type.Object({ CiphertextBlob, Plaintext, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve: resolveDataKey,
  checks: (_scope, input, target: KeyTarget) => [
    symmetricCheck('kms:GenerateDataKey', target, input.EncryptionContext),
  ],
  state: dataKeyState('GenerateDataKey'),
  work: (scope, input, target) =>
    makeDataKey(scope, input, target, ({ blob, bytes, keyId, text, versionId }) => {
      bytes.fill(0)
      return { CiphertextBlob: blob, Plaintext: text, KeyId: keyId, KeyVersionId: versionId }
    }),
  example: { KeyId: '{keyId}', EncryptionContext: { Project: 'ProjectA' } },
})

/** Makes a random data key and answers it encrypted only. */
export const generateDataKeyWithoutPlaintext = readOperation({
  name: 'kms:GenerateDataKeyWithoutPlaintext',
  summary: 'Make a data key, encrypted under a symmetric key',
  effect: 'read',
  uses: true,
  input: DataKeyInput,
  output: Type.Object({ CiphertextBlob, KeyId: Type.String(), KeyVersionId: Type.String() }),
  resolve: resolveDataKey,
  checks: (_scope, input, target: KeyTarget) => [
    symmetricCheck('kms:GenerateDataKeyWithoutPlaintext', target, input.EncryptionContext),
  ],
  state: dataKeyState('GenerateDataKeyWithoutPlaintext'),
  work: (scope, input, target) =>
    makeDataKey(scope, input, target, ({ blob, bytes, keyId, versionId }) => {
      bytes.fill(0)
      return { CiphertextBlob: blob, KeyId: keyId, KeyVersionId: versionId }
    }),
  example: { KeyId: '{keyId}', EncryptionContext: { Project: 'ProjectA' } },
})
