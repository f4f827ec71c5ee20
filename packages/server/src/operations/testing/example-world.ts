import type { Operation } from '../../pipeline/operation.ts'
import type { KeyExamples } from '../kms/testing/example-keys.ts'
import type { KeypairExamples } from '../kps/testing/example-keypairs.ts'
import type { OrganizationExamples } from '../organizations/testing/example-organization.ts'
import type { IdentityExamples } from '../ram/testing/example-identities.ts'
import type { SecretExamples } from '../secrets/testing/example-secrets.ts'

/** What the example of an operation may name: entities that exist in the world of the table-walking test. */
export interface ExampleWorld {
  readonly accountUid: string
  readonly projectId: string
  readonly keyId: string
  readonly ciphertextBlob: string
  readonly keypairName: string
  /** A registered database. */
  readonly targetId: string
  readonly kms: KeyExamples
  readonly secrets: SecretExamples
  readonly kps: KeypairExamples
  readonly identity: IdentityExamples
  readonly organization: OrganizationExamples
}

/** As much of a world as the examples that a test uses name. */
export type PartOfWorld = { readonly [K in keyof ExampleWorld]?: Partial<ExampleWorld[K]> }

/** The example of an operation in a world: each `{kms.aliasName}` is what the world has by that name. */
export function exampleInput({ name, example }: Operation, world: PartOfWorld): Record<string, unknown> {
  const fill = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(fill)
    if (typeof part === 'object' && part !== null)
      return Object.fromEntries(Object.entries(part).map(([member, inner]) => [member, fill(inner)]))
    if (typeof part !== 'string') return part
    return part.replace(/\{([a-z]\w*(?:\.\w+)*)\}/gi, (_, path: string) => {
      const found = path
        .split('.')
        .reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], world)
      if (typeof found !== 'string')
        throw new Error(`the example of ${name} names \`${path}\`, which this world lacks`)
      return found
    })
  }
  return fill(example) as Record<string, unknown>
}
