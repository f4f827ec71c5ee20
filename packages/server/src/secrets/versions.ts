import { refuse } from '../base/problem.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { STAGES_PER_SECRET, VERSIONS_PER_SECRET } from './limits.ts'
import type { SealedVersion } from './value.ts'

export const CURRENT = 'ACSCurrent'
export const PREVIOUS = 'ACSPrevious'

/** A version of a secret without its value. */
export interface SecretVersion {
  readonly rowId: string
  /** As the caller named it. */
  readonly versionId: string
  readonly dataType: string
  /** The data key of its value, as KMS encrypted it. */
  readonly dataKey: string
  readonly createdAt: number
  /** Bytes of its sealed value. */
  readonly size: number
  /** In the order of their names. */
  readonly stages: readonly string[]
}

/** The versions of a secret, oldest first. */
export async function listVersions(
  db: ReadHandle | WriteHandle,
  secretId: string,
): Promise<readonly SecretVersion[]> {
  const rows = await db
    .selectFrom('secret_versions')
    .select(['id', 'version_id', 'data_type', 'data_key', 'created_at'])
    .select((e) => e.fn<number>('length', ['sealed_value']).as('size'))
    .where('secret_id', '=', secretId)
    .orderBy('position')
    .execute()
  const stages = await db
    .selectFrom('secret_stages')
    .select(['stage', 'version_row'])
    .where('secret_id', '=', secretId)
    .orderBy('stage')
    .execute()
  return rows.map((row) =>
    Object.freeze({
      rowId: row.id,
      versionId: row.version_id,
      dataType: row.data_type,
      dataKey: row.data_key,
      createdAt: row.created_at,
      size: Number(row.size),
      stages: Object.freeze(
        stages.filter(({ version_row }) => version_row === row.id).map(({ stage }) => stage),
      ),
    }),
  )
}

/** The version that carries a stage. */
export function versionAt(versions: readonly SecretVersion[], stage: string): SecretVersion | undefined {
  return versions.find(({ stages }) => stages.includes(stage))
}

/** The bytes of a value, by the id of its version's row; undefined once it is gone. */
export async function readValue(
  db: ReadHandle | WriteHandle,
  rowId: string,
): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('secret_versions')
    .select('sealed_value')
    .where('id', '=', rowId)
    .executeTakeFirst()
  return row?.sealed_value
}

type Owner = { readonly id: string; readonly accountUid: string }

/**
 * Stores a version, gives it its stages ({@link moveStages}) and lets the oldest version without a stage go when there are
 * too many. A version without a stage is one that a later step gives one. Raises `LimitExceeded`.
 *
 * INVARIANT: no version goes that carries a stage.
 */
export async function putVersion(
  tx: WriteHandle,
  secret: Owner,
  version: SealedVersion,
  stages: readonly string[],
  now: number,
): Promise<void> {
  const { last } = await tx
    .selectFrom('secret_versions')
    .select((e) => e.fn.max('position').as('last'))
    .where('secret_id', '=', secret.id)
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('secret_versions')
    .values({
      id: version.rowId,
      secret_id: secret.id,
      account_uid: secret.accountUid,
      version_id: version.versionId,
      data_type: version.dataType,
      sealed_value: version.sealedValue,
      data_key: version.dataKey,
      created_at: now,
      position: Number(last ?? 0) + 1,
    })
    .execute()
  await moveStages(tx, secret.id, stages, version.rowId)
  const versions = await listVersions(tx, secret.id)
  if (versions.length <= VERSIONS_PER_SECRET) return
  const oldest = versions.find(({ rowId, stages }) => stages.length === 0 && rowId !== version.rowId)
  if (!oldest) throw refuse({ code: 'LimitExceeded', what: 'SecretVersion' })
  await removeVersion(tx, oldest.rowId)
}

/**
 * Puts stages on a version, from wherever they are. Where `ACSCurrent` moves and `ACSPrevious` is not named, the former
 * holder gets `ACSPrevious` (reference: alibaba-kms.md D, H-30). Raises `LimitExceeded` for too many stages.
 *
 * INVARIANT: a stage is on one version; `ACSCurrent`, once set, is always on one.
 */
export async function moveStages(
  tx: WriteHandle,
  secretId: string,
  stages: readonly string[],
  rowId: string,
): Promise<void> {
  if (stages.length === 0) return
  const rows = await tx
    .selectFrom('secret_stages')
    .select(['stage', 'version_row'])
    .where('secret_id', '=', secretId)
    .execute()
  const held = new Map(rows.map(({ stage, version_row }) => [stage, version_row]))
  const wanted = new Map(stages.map((stage) => [stage, rowId]))
  if (new Set([...held.keys(), ...wanted.keys()]).size > Math.max(STAGES_PER_SECRET, held.size)) {
    throw refuse({ code: 'LimitExceeded', what: 'SecretVersionStage' })
  }
  const former = held.get(CURRENT)
  if (wanted.has(CURRENT) && !wanted.has(PREVIOUS) && former !== undefined && former !== rowId) {
    wanted.set(PREVIOUS, former)
  }
  for (const [stage, to] of wanted) {
    if (held.get(stage) === to) continue
    await removeStage(tx, secretId, stage)
    await tx.insertInto('secret_stages').values({ secret_id: secretId, stage, version_row: to }).execute()
  }
}

/** Takes a stage off whatever version has it. */
export async function removeStage(tx: WriteHandle, secretId: string, stage: string): Promise<void> {
  await tx.deleteFrom('secret_stages').where('secret_id', '=', secretId).where('stage', '=', stage).execute()
}

/** Takes a version away that carries no stage. */
export async function removeVersion(tx: WriteHandle, rowId: string): Promise<void> {
  await tx.deleteFrom('secret_versions').where('id', '=', rowId).execute()
}
