import type { KmsFixture } from '../../kms/testing/kms-fixture.ts'

let count = 0

/** What the tests of secrets do again and again, as the root of the fixture's account. */
export function secretKit(fixture: () => KmsFixture) {
  return {
    /** Makes a secret with the value `one`, and answers its name. */
    async create(options: object = {}) {
      count += 1
      const SecretName = `secret-${count}`
      await fixture().ok('CreateSecret', { SecretName, SecretData: 'one', VersionId: 'v1', ...options })
      return SecretName
    },
    put: (SecretName: string, VersionId: string, more: object = {}) =>
      fixture().ok('PutSecretValue', { SecretName, VersionId, SecretData: `value of ${VersionId}`, ...more }),
    async value(SecretName: string, more: object = {}): Promise<string> {
      return (await fixture().ok('GetSecretValue', { SecretName, ...more })).SecretData
    },
    /** The stages of every version. */
    async stages(SecretName: string): Promise<Record<string, string[]>> {
      const input = { SecretName, IncludeDeprecated: true, PageSize: 100 }
      const { VersionIds } = await fixture().ok('ListSecretVersionIds', input)
      const versions = VersionIds.VersionId as {
        VersionId: string
        VersionStages: { VersionStage: string[] }
      }[]
      return Object.fromEntries(versions.map((one) => [one.VersionId, one.VersionStages.VersionStage]))
    },
  }
}
