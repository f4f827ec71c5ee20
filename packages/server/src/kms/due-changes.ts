import { forgetUse } from '../store/resource-uses.ts'
import type { WriteHandle } from '../store/store.ts'
import type { KeyRow } from './keys.ts'
import { VERSIONS_PER_KEY } from './limits.ts'
import { keyArn } from './names.ts'
import { countVersions, insertVersion, type PreparedVersion } from './versions.ts'

// What the acts of the clock write (operations/kms/due-acts.ts).

/** Whether the deletion window of a key has ended. */
export function isDoomed({ delete_at }: KeyRow, now: number): boolean {
  return delete_at !== null && delete_at <= now
}

/** Whether the imported material of a key has expired. */
export function isExpired({ material_expires_at }: KeyRow, now: number): boolean {
  return material_expires_at !== null && material_expires_at <= now
}

/** Whether a key gets its next version now. */
export function turns({ state, next_rotation_at }: KeyRow, now: number): boolean {
  return state === 'Enabled' && next_rotation_at !== null && next_rotation_at <= now
}

/** Whether the next rotation is further ahead than its interval: a clock that was wrong set it. */
export function isAstray({ state, next_rotation_at, rotation_interval_s }: KeyRow, now: number): boolean {
  return state === 'Enabled' && (next_rotation_at ?? 0) > now + (rotation_interval_s ?? 0) * 1000
}

/** For good: nothing that the key encrypted can be opened again. */
export async function destroyKey(tx: WriteHandle, row: KeyRow): Promise<void> {
  await tx.deleteFrom('kms_aliases').where('key_id', '=', row.id).execute()
  // SQLite overwrites what is deleted, and its log with it (store/sqlite/log-file.ts). PostgreSQL does neither: SECURITY.md.
  await tx.deleteFrom('kms_key_versions').where('key_id', '=', row.id).execute()
  await tx.deleteFrom('kms_keys').where('id', '=', row.id).execute()
  await forgetUse(tx, keyArn(row.region, row.account_uid, row.id))
}

/** A key in its deletion window stays there (reference: alibaba-kms.md B.7). */
export async function expireMaterial(tx: WriteHandle, row: KeyRow): Promise<void> {
  await dropMaterial(tx, row.id)
  await tx
    .updateTable('kms_keys')
    .set({
      state: row.state === 'PendingDeletion' ? row.state : 'PendingImport',
      material_expires_at: null,
      version: row.version + 1,
    })
    .where('id', '=', row.id)
    .execute()
}

/** Takes the material out of every version of an imported key. */
export async function dropMaterial(tx: WriteHandle, keyId: string): Promise<void> {
  await tx
    .updateTable('kms_key_versions')
    .set({ sealed_material: null })
    .where('key_id', '=', keyId)
    .execute()
}

/**
 * A key with as many versions as it may have waits for another interval, one that is not due yet for its own. Returns what
 * came of it.
 */
export async function rotateKey(
  tx: WriteHandle,
  row: KeyRow,
  now: number,
  prepared: PreparedVersion | undefined,
): Promise<'Success' | 'Rescheduled' | 'LimitExceeded'> {
  const interval = (row.rotation_interval_s ?? 0) * 1000
  if ((row.next_rotation_at ?? 0) > now) {
    const change = { next_rotation_at: now + interval, version: row.version + 1 }
    await tx.updateTable('kms_keys').set(change).where('id', '=', row.id).execute()
    return 'Rescheduled'
  }
  const full = (await countVersions(tx, row.id)).count >= VERSIONS_PER_KEY || !prepared
  if (!full) await insertVersion(tx, { id: row.id, accountUid: row.account_uid }, prepared, now)
  await tx
    .updateTable('kms_keys')
    .set({
      next_rotation_at: now + interval,
      version: row.version + 1,
      ...(full ? {} : { primary_version_id: prepared.id, last_rotation_at: now }),
    })
    .where('id', '=', row.id)
    .execute()
  return full ? 'LimitExceeded' : 'Success'
}
