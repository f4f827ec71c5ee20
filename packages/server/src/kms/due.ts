import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/problem.ts'
import { generateMaterial, keySpec } from '../crypto/algorithms/index.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { JobRun } from '../jobs/job.ts'
import { bumpRevision } from '../store/revisions.ts'
import type { RevisionCache, Store, WriteHandle } from '../store/store.ts'
import type { KeyRow } from './keys.ts'
import { VERSIONS_PER_KEY } from './limits.ts'
import { countVersions, insertVersion, prepareVersion } from './versions.ts'

/** What the work of the clock needs. */
export interface KeyWorkParts {
  readonly store: Store
  readonly clock: Clock
  readonly keyring: Keyring
  readonly cache?: Pick<RevisionCache, 'drop'>
  readonly audit?: Pick<AuditLog, 'recordIn'>
}

/** Runs one step in a transaction, which a job's worker also proves to be still its own ({@link JobRun.step}). */
type RunStep = JobRun['step']

type Step = 'keyward:DestroyKey' | 'keyward:ExpireKeyMaterial' | 'keyward:RotateKey'

/**
 * Does what the clock asks of keys: destroys those whose deletion window has ended, drops imported material that has
 * expired, adds a version to those that rotate. Returns how many steps it took; fewer than the limit: nothing is left.
 *
 * INVARIANT: every step is one transaction that looks at the row again and does nothing unless it is the row that was
 * found due, by its version: so a step that two workers take, or that one takes twice, happens once.
 */
export async function dueKeyWork(
  parts: KeyWorkParts,
  write: RunStep = (body) => parts.store.write(body),
  limit = 100,
): Promise<number> {
  const now = parts.clock.now()
  let left = limit
  let failure: { readonly error: unknown } | undefined
  for (const [step, due, act] of STEPS) {
    for (const row of left > 0 ? await due(parts, now, left) : []) {
      left -= 1
      try {
        await take(parts, write, step, row, now, act)
      } catch (error) {
        if (error instanceof Refusal && error.problem.code === 'Unavailable') throw error
        // One key that cannot be worked on does not keep the others waiting.
        failure ??= { error }
      }
    }
  }
  if (failure) throw failure.error
  return limit - left
}

type Act = (tx: WriteHandle, row: KeyRow, now: number, prepared: Prepared) => Promise<string>
type Prepared = ReturnType<typeof prepareVersion> | undefined
type Due = (parts: KeyWorkParts, now: number, limit: number) => Promise<readonly KeyRow[]>

const STEPS: readonly (readonly [Step, Due, Act])[] = [
  ['keyward:DestroyKey', (parts, now, limit) => past(parts, 'delete_at', now, limit), destroy],
  [
    'keyward:ExpireKeyMaterial',
    (parts, now, limit) => past(parts, 'material_expires_at', now, limit),
    expire,
  ],
  ['keyward:RotateKey', (parts, now, limit) => past(parts, 'next_rotation_at', now, limit), rotate],
]

/** Rows whose deadline has passed. Rotation waits while a key is not enabled: it is suspended. */
function past(
  { store }: KeyWorkParts,
  column: 'delete_at' | 'material_expires_at' | 'next_rotation_at',
  now: number,
  limit: number,
): Promise<readonly KeyRow[]> {
  const due = store.read.selectFrom('kms_keys').selectAll().where(column, '<=', now)
  const live = column === 'next_rotation_at' ? due.where('state', '=', 'Enabled') : due
  return live.orderBy(column).limit(limit).execute()
}

async function take(
  parts: KeyWorkParts,
  write: RunStep,
  step: Step,
  found: KeyRow,
  now: number,
  act: Act,
): Promise<void> {
  const prepared = step === 'keyward:RotateKey' ? await newVersion(parts, found) : undefined
  const done = await write(async (tx) => {
    const row = await tx.selectFrom('kms_keys').selectAll().where('id', '=', found.id).executeTakeFirst()
    if (row?.version !== found.version) return false
    const outcome = await act(tx, row, now, prepared)
    await bumpRevision(tx, row.account_uid)
    await parts.audit?.recordIn(tx, {
      requestId: randomUUID(),
      time: new Date(now).toISOString(),
      operation: step,
      account: row.account_uid,
      caller: 'keyward',
      accessKeyId: '',
      source: '',
      checks: [],
      outcome,
      input: { KeyId: row.id },
    })
    return true
  })
  if (done) parts.cache?.drop(found.account_uid)
}

async function newVersion({ keyring }: KeyWorkParts, row: KeyRow): Promise<Prepared> {
  const spec = keySpec(row.key_spec)
  return spec && prepareVersion(keyring, row.account_uid, row.id, await generateMaterial(spec))
}

/** For good: nothing that the key encrypted can be opened again. */
async function destroy(tx: WriteHandle, row: KeyRow): Promise<string> {
  await tx.deleteFrom('kms_aliases').where('key_id', '=', row.id).execute()
  // SQLite overwrites what is deleted, and its log with it (store/sqlite/scrub.ts). PostgreSQL does neither: SECURITY.md.
  await tx.deleteFrom('kms_key_versions').where('key_id', '=', row.id).execute()
  await tx.deleteFrom('kms_keys').where('id', '=', row.id).execute()
  return 'Success'
}

/** A key in its deletion window stays there (reference: alibaba-kms.md B.7). */
async function expire(tx: WriteHandle, row: KeyRow): Promise<string> {
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
  return 'Success'
}

/** Takes the material out of every version of an imported key. */
export async function dropMaterial(tx: WriteHandle, keyId: string): Promise<void> {
  await tx
    .updateTable('kms_key_versions')
    .set({ sealed_material: null })
    .where('key_id', '=', keyId)
    .execute()
}

/** A key with as many versions as it may have waits for another interval. */
async function rotate(tx: WriteHandle, row: KeyRow, now: number, prepared: Prepared): Promise<string> {
  const interval = (row.rotation_interval_s ?? 0) * 1000
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
