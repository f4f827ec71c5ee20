import { Type } from 'typebox'
import { type Problem, refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import {
  type KeyPair,
  knownKeySpec,
  loadMaterial,
  namesIn,
  publicKeyDer,
} from '../../crypto/algorithms/index.ts'
import { dropMaterial } from '../../kms/due-changes.ts'
import type { Key } from '../../kms/keys.ts'
import { assertSameMaterial, materialCheck, openImportToken, sealImportToken } from '../../kms/material.ts'
import { stateAt } from '../../kms/states.ts'
import { sealMaterial } from '../../kms/versions.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { bytesOf, Input, KeyId, wireTime } from './fields.ts'
import { keyChange } from './key-change.ts'
import { managementCheck } from './key-checks.ts'
import { type KeyTarget, keyFor, resolveKeyId } from './key-target.ts'

/** Raises `UnsupportedOrigin` for a key whose material the service makes. */
function assertExternal(key: Key): void {
  if (key.origin !== 'EXTERNAL') throw refuse({ code: 'UnsupportedOrigin' })
}

const UNFIT: Problem = {
  code: 'InvalidParameter',
  name: 'WrappingAlgorithm',
  detail: 'Material of this key does not come in this way.',
}

/** Makes a key pair to wrap material with; its private half leaves in the sealed token (alibaba-kms.md B.7). */
export const getParametersForImport = readOperation({
  name: 'kms:GetParametersForImport',
  summary: 'Get what the import of key material needs',
  effect: 'read',
  input: Input({
    KeyId,
    WrappingKeySpec: Type.Enum(namesIn((spec) => spec.wrappings.map((way) => way.keySpec))),
    WrappingAlgorithm: Type.Enum(namesIn((spec) => spec.wrappings.map((way) => way.algorithm))),
  }),
  output: Type.Object({
    KeyId: Type.String(),
    ImportToken: Secret(Type.String()),
    PublicKey: Type.String(),
    TokenExpireTime: Type.String(),
  }),
  resolve: (scope, input) => resolveKeyId(scope, input.KeyId),
  checks: (scope, input, target: KeyTarget) => [
    managementCheck(scope, 'kms:GetParametersForImport', target, {
      'kms:WrappingAlgorithm': input.WrappingAlgorithm,
      'kms:WrappingKeySpec': input.WrappingKeySpec,
    }),
  ],
  async work(scope, { WrappingAlgorithm, WrappingKeySpec }, target) {
    const key = keyFor(scope, 'GetParametersForImport', target)
    assertExternal(key)
    const wrapping = { keySpec: WrappingKeySpec, algorithm: WrappingAlgorithm }
    const fits = key.kind.wrappings.some(
      (way) => way.keySpec === wrapping.keySpec && way.algorithm === wrapping.algorithm,
    )
    if (!fits) throw refuse(UNFIT)
    const spec = knownKeySpec(WrappingKeySpec)
    const material = await scope.asymmetric.generate(spec)
    const publicKey = publicKeyDer(loadMaterial(spec, material) as KeyPair)
    const { expiresAt, token } = sealImportToken(scope.keyring, key, wrapping, material, scope.clock.now())
    return {
      KeyId: key.id,
      ImportToken: token,
      PublicKey: publicKey.toString('base64'),
      TokenExpireTime: wireTime(expiresAt),
    }
  },
  example: {
    KeyId: '{kms.externalKeyId}',
    WrappingKeySpec: '{kms.wrappingKeySpec}',
    WrappingAlgorithm: '{kms.wrappingAlgorithm}',
  },
})

/** Unix seconds of the end, or undefined: 0 and absent both mean that material does not expire. */
function expiryOf({ KeyMaterialExpireUnix: seconds }: { KeyMaterialExpireUnix?: number }) {
  return seconds === undefined || seconds === 0 ? undefined : seconds
}

/**
 * Gives a key its material. The first one binds the key for ever: afterwards only the same bytes come in, and may have
 * another end.
 */
export const importKeyMaterial = keyChange({
  action: 'ImportKeyMaterial',
  summary: 'Import key material',
  slow: true,
  input: Input({
    KeyId,
    EncryptedKeyMaterial: Secret(Type.String({ minLength: 1, maxLength: 16_384 })),
    ImportToken: Secret(Type.String({ minLength: 1, maxLength: 16_384 })),
    KeyMaterialExpireUnix: Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_300_799 })),
  }),
  facts(input) {
    const seconds = expiryOf(input)
    return {
      'kms:ExpirationModel': seconds === undefined ? 'KEY_MATERIAL_DOES_NOT_EXPIRE' : 'KEY_MATERIAL_EXPIRES',
      // Absent for material that does not expire: 0 would lie before every date (alibaba-kms.md H-8).
      'kms:ValidTo': seconds === undefined ? undefined : String(seconds),
    }
  },
  async prepare(scope, input, key) {
    assertExternal(key)
    const now = scope.clock.now()
    const seconds = expiryOf(input)
    if (seconds !== undefined && seconds * 1000 <= now) {
      throw refuse({ code: 'InvalidParameter', name: 'KeyMaterialExpireUnix' })
    }
    const wrapped = bytesOf('EncryptedKeyMaterial', input.EncryptedKeyMaterial)
    const { algorithm, wrappingKey } = openImportToken(scope.keyring, key, input.ImportToken, now)
    const material = await scope.asymmetric.unwrap(key.kind, algorithm, wrappingKey, wrapped)
    assertSameMaterial(scope.keyring, key, material)
    const check = materialCheck(scope.keyring, key, material)
    const { id } = await scope.store.read
      .selectFrom('kms_key_versions')
      .select('id')
      .where('key_id', '=', key.id)
      .executeTakeFirstOrThrow()
    const owner = { accountUid: key.accountUid, keyId: key.id, versionId: id }
    return {
      check,
      versionId: id,
      sealed: sealMaterial(scope.keyring, material, owner),
      expiresAt: seconds === undefined ? null : seconds * 1000,
    }
  },
  async also(tx, _key, _now, { sealed, versionId }) {
    await tx
      .updateTable('kms_key_versions')
      .set({ sealed_material: sealed })
      .where('id', '=', versionId)
      .execute()
  },
  change: (_input, key, now, { check, expiresAt }) => ({
    state: stateAt(key, now) === 'Disabled' ? 'Disabled' : 'Enabled',
    material_check: check,
    material_expires_at: expiresAt,
  }),
  example: {
    KeyId: '{kms.externalKeyId}',
    ImportToken: '{kms.importToken}',
    EncryptedKeyMaterial: '{kms.encryptedKeyMaterial}',
  },
})

/** Takes the material away, in any state; a key in its deletion window stays there. */
export const deleteKeyMaterial = keyChange({
  action: 'DeleteKeyMaterial',
  summary: 'Delete imported key material',
  input: Input({ KeyId }),
  prepare(_scope, _input, key) {
    assertExternal(key)
  },
  also: (tx, key) => dropMaterial(tx, key.id),
  change: (_input, key) => ({
    state: key.state === 'PendingDeletion' ? key.state : 'PendingImport',
    material_expires_at: null,
  }),
  example: { KeyId: '{kms.externalKeyId}' },
})
