import type { KmsHouse } from '../../kms/testing/kms-house.ts'

let count = 0

/** What the tests of secrets do again and again, as the root of the house's account. */
export function secretKit(house: () => KmsHouse) {
  return {
    /** Makes a secret with the value `one`, and answers its name. */
    async create(options: object = {}) {
      count += 1
      const SecretName = `secret-${count}`
      await house().ok('CreateSecret', { SecretName, SecretData: 'one', VersionId: 'v1', ...options })
      return SecretName
    },
    put: (SecretName: string, VersionId: string, more: object = {}) =>
      house().ok('PutSecretValue', { SecretName, VersionId, SecretData: `value of ${VersionId}`, ...more }),
    async value(SecretName: string, more: object = {}): Promise<string> {
      return (await house().ok('GetSecretValue', { SecretName, ...more })).SecretData
    },
    /** The stages of every version. */
    async stages(SecretName: string): Promise<Record<string, string[]>> {
      const input = { SecretName, IncludeDeprecated: true, PageSize: 100 }
      const { VersionIds } = await house().ok('ListSecretVersionIds', input)
      const versions = VersionIds.VersionId as {
        VersionId: string
        VersionStages: { VersionStage: string[] }
      }[]
      return Object.fromEntries(versions.map((one) => [one.VersionId, one.VersionStages.VersionStage]))
    },
  }
}
