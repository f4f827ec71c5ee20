import type { Do } from '../../kms/testing/example-keys.ts'

/** Secrets of every kind, for the examples of operations on secrets. */
export interface SecretExamples {
  /** A name that no secret has. */
  readonly newName: string
  /** A Generic secret under the service's own key, tagged as keys of examples are. */
  readonly secretName: string
  /** Its present version, and one before. */
  readonly versionId: string
  readonly olderVersionId: string
  /** One under a key of the caller's, and that key. */
  readonly keyedName: string
  readonly secretKeyId: string
  /** A managed secret, and its version. */
  readonly managedSecretName: string
  readonly managedVersionId: string
  /** In its recovery window. */
  readonly deletedName: string
}

/** Examples that name nothing that exists. */
export const NO_SECRETS: SecretExamples = Object.freeze({
  newName: 'none/new',
  secretName: 'none',
  versionId: 'v1',
  olderVersionId: 'v0',
  keyedName: 'none/keyed',
  secretKeyId: '00000000-0000-4000-8000-000000000010',
  managedSecretName: 'none/managed',
  managedVersionId: 'v1',
  deletedName: 'none/deleted',
})

/** What examples look at, by the operations that do. */
const NEEDS: Readonly<Record<string, readonly Part[]>> = {
  CreateSecret: ['key'],
  GetSecretValue: ['keyed'],
  BatchGetSecretValue: ['plain', 'keyed'],
  PutSecretValue: ['keyed'],
  UpdateSecretRotationPolicy: ['managed'],
  RotateSecret: ['managed'],
  RestoreSecret: ['deleted'],
  ListSecrets: [],
  GetRandomPassword: [],
}
type Part = 'plain' | 'key' | 'keyed' | 'managed' | 'deleted'

let count = 0

/**
 * Makes the secrets that the example of an operation (`kms:...`) looks at. `makeTarget` answers the id of a target whose
 * account `shop` secrets may manage; `options` are of every secret, `keyOptions` of the key.
 */
export async function exampleSecrets(
  name: string,
  act: Do,
  makeTarget: () => Promise<string>,
  options: object = {},
  keyOptions: object = {},
): Promise<SecretExamples> {
  count += 1
  const parts = NEEDS[name.replace(/^kms:/, '')] ?? (/Secret/.test(name) ? ['plain'] : [])
  const made: { -readonly [K in keyof SecretExamples]: SecretExamples[K] } = {
    ...NO_SECRETS,
    newName: `shop/new-${count}`,
  }
  const data = { SecretData: 'example-password', VersionId: 'v1', ...options }
  const twice = async (SecretName: string, special: object = {}) => {
    await act('CreateSecret', { ...data, SecretName, VersionId: 'v0', ...special })
    await act('PutSecretValue', { SecretName, SecretData: 'example-password-2', VersionId: 'v1' })
    return SecretName
  }
  if (parts.includes('plain')) made.secretName = await twice(`shop/db-${count}`)
  if (parts.includes('keyed') || parts.includes('key')) {
    made.secretKeyId = (await act('CreateKey', keyOptions)).KeyMetadata.KeyId
  }
  if (parts.includes('keyed')) {
    made.keyedName = await twice(`shop/keyed-${count}`, { EncryptionKeyId: made.secretKeyId })
  }
  if (parts.includes('managed')) {
    made.managedSecretName = `shop/managed-${count}`
    await act('CreateSecret', {
      ...data,
      SecretName: made.managedSecretName,
      SecretType: 'Rds',
      SecretData: '{"Accounts":[{"AccountName":"shop","AccountPassword":"example-password"}]}',
      ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: await makeTarget() },
    })
  }
  if (parts.includes('deleted')) {
    made.deletedName = `shop/deleted-${count}`
    await act('CreateSecret', { ...data, SecretName: made.deletedName })
    await act('DeleteSecret', { SecretName: made.deletedName })
  }
  return made
}
