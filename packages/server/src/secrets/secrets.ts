import type { CompiledPolicies } from '@keyward/policy'
import type { Selectable, Updateable } from 'kysely'
import { readTags } from '../base/tags.ts'
import { whenReady } from '../base/when-ready.ts'
import { compileKeyPolicy } from '../kms/keys.ts'
import { forgetUse } from '../store/resource-uses.ts'
import type { SecretTables } from '../store/schema/secrets.ts'
import type { Loader, ReadHandle, WriteHandle } from '../store/store.ts'
import { secretArn } from './names.ts'
import type { SecretType } from './types.ts'
import { listVersions, type SecretVersion } from './versions.ts'

/** A secret as decisions and work see it, without its values: frozen, cached under its account's revision. */
export interface Secret {
  readonly id: string
  readonly arn: string
  readonly accountUid: string
  readonly region: string
  readonly name: string
  readonly type: SecretType
  readonly description: string
  readonly creator: string
  readonly policyText: string
  readonly policy: CompiledPolicies
  readonly tags: ReadonlyMap<string, string>
  readonly extendedConfig: string | undefined
  readonly kmsKeyId: string
  /** That key is the service's own. */
  readonly serviceKey: boolean
  readonly instanceId: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
  /** End of its recovery window, while it is planned to be deleted. */
  readonly deleteAt: number | undefined
  readonly automaticRotation: boolean
  readonly rotationIntervalS: number | undefined
  readonly lastRotationAt: number | undefined
  readonly nextRotationAt: number | undefined
  /** Why its rotation does not go on. */
  readonly rotationError: string | undefined
  /** Calls to rotate in the hour that began then. */
  readonly rotations: { readonly since: number; readonly count: number }
  /** Oldest first. */
  readonly versions: readonly SecretVersion[]
  readonly rowVersion: number
}

export type SecretRow = Selectable<SecretTables['secrets']>

interface Found {
  readonly secret: Secret | undefined
}

/** The secret of this name in this account and region, also one whose recovery window has ended; or undefined. */
export function findSecret(
  cache: Loader,
  accountUid: string,
  region: string,
  name: string,
): Secret | undefined | Promise<Secret | undefined> {
  const found = cache.get<Found>(
    accountUid,
    `secrets:secret:${name}`,
    async (db) => ({ secret: await loadSecret(db, accountUid, region, name) }),
    ({ secret }) => secret === undefined,
  )
  return whenReady(found, (it) => it.secret)
}

async function loadSecret(db: ReadHandle, accountUid: string, region: string, name: string) {
  const row = await findSecretRow(db, accountUid, region, name)
  return row && readSecret(row, await listVersions(db, row.id))
}

export function findSecretRow(
  db: ReadHandle | WriteHandle,
  accountUid: string,
  region: string,
  name: string,
): Promise<SecretRow | undefined> {
  return db
    .selectFrom('secrets')
    .selectAll()
    .where('account_uid', '=', accountUid)
    .where('region', '=', region)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** A secret from its rows. Throws when it holds a policy that nothing here can read. */
export function readSecret(row: SecretRow, versions: readonly SecretVersion[]): Secret {
  return Object.freeze({
    id: row.id,
    arn: secretArn(row.region, row.account_uid, row.name),
    accountUid: row.account_uid,
    region: row.region,
    name: row.name,
    type: row.type as SecretType,
    description: row.description,
    creator: row.creator,
    policyText: row.policy,
    policy: compileKeyPolicy(row.policy, 'secret'),
    tags: readTags(row.tags),
    extendedConfig: row.extended_config ?? undefined,
    kmsKeyId: row.kms_key_id,
    serviceKey: row.service_key === 1,
    instanceId: row.instance_id ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deleteAt: row.delete_at ?? undefined,
    automaticRotation: row.automatic_rotation === 1,
    rotationIntervalS: row.rotation_interval_s ?? undefined,
    lastRotationAt: row.last_rotation_at ?? undefined,
    nextRotationAt: row.next_rotation_at ?? undefined,
    rotationError: row.rotation_error ?? undefined,
    rotations: Object.freeze({ since: row.rotations_since ?? 0, count: row.rotations_count ?? 0 }),
    versions: Object.freeze(versions),
    rowVersion: row.version,
  })
}

/** The secret, unless its recovery window has ended: that holds by the clock, not by when the row goes. */
export function livingSecret(secret: Secret | undefined, now: number): Secret | undefined {
  return secret && (secret.deleteAt === undefined || secret.deleteAt > now) ? secret : undefined
}

/** Columns that operations change. */
export type SecretChange = Omit<
  Updateable<SecretTables['secrets']>,
  'id' | 'account_uid' | 'region' | 'name' | 'version'
>

/** Writes a change to a secret that was decided on; the caller made sure that the row is still the decided one. */
export async function changeSecret(
  tx: WriteHandle,
  secret: Pick<Secret, 'id' | 'rowVersion'>,
  change: SecretChange,
): Promise<void> {
  await tx
    .updateTable('secrets')
    .set({ ...change, version: secret.rowVersion + 1 })
    .where('id', '=', secret.id)
    .execute()
}

export async function insertSecret(tx: WriteHandle, row: SecretRow): Promise<void> {
  await tx.insertInto('secrets').values(row).execute()
}

/**
 * Takes a secret and all its values away for good. SQLite overwrites what is deleted, and its log with it
 * (store/sqlite/scrub.ts). PostgreSQL does neither: SECURITY.md.
 */
export async function removeSecret(tx: WriteHandle, secretId: string): Promise<void> {
  const row = await tx.selectFrom('secrets').selectAll().where('id', '=', secretId).executeTakeFirst()
  if (row) await forgetUse(tx, secretArn(row.region, row.account_uid, row.name))
  await tx.deleteFrom('secret_rotations').where('secret_id', '=', secretId).execute()
  await tx.deleteFrom('secret_stages').where('secret_id', '=', secretId).execute()
  await tx.deleteFrom('secret_versions').where('secret_id', '=', secretId).execute()
  await tx.deleteFrom('secrets').where('id', '=', secretId).execute()
}
