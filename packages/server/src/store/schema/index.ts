import type { IdentityTables } from './identity.ts'
import type { KeypairTables } from './keypairs.ts'
import type { KeyTables } from './kms.ts'
import type { SecretRotationTables } from './secret-rotations.ts'
import type { SecretTargetTables } from './secret-targets.ts'
import type { SecretTables } from './secrets.ts'
import type { SystemTables } from './system.ts'

/** Every table, by folder. A folder reads and writes its own tables only. */
export interface Schema
  extends SystemTables,
    IdentityTables,
    KeyTables,
    SecretTables,
    SecretTargetTables,
    SecretRotationTables,
    KeypairTables {}

/** Tables whose rows have an id and a version, which every change of the row moves. */
export type VersionedTable = {
  [T in keyof Schema]: Schema[T] extends { readonly id: string; readonly version: number } ? T : never
}[keyof Schema]
