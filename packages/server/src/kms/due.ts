import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/problem.ts'
import { generateMaterial, keySpec } from '../crypto/algorithms/index.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { JobRun } from '../jobs/job.ts'
import { irreversibleTime } from '../store/clock/watched.ts'
import { bumpRevision } from '../store/revisions.ts'
import type { RevisionCache, Store, WriteHandle } from '../store/store.ts'
import type { KeyRow } from './keys.ts'
import { VERSIONS_PER_KEY } from './limits.ts'
import { createResting, type Resting } from './resting.ts'
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

const PAGE = 100

/**
 * Does what the clock asks of keys: destroys those whose deletion window has ended, drops imported material that has
 * expired, adds a version to those that rotate. Returns how many steps it took.
 *
 * INVARIANT: every step is one transaction that looks at the row again and does nothing unless it is the row that was
 * found due, by its version: so a step that two workers take, or that one takes twice, happens once.
 *
 * INVARIANT: nothing is destroyed while the clock is in doubt. A row that cannot be worked on keeps no other waiting,
 * however many there are of them: `resting` remembers them from run to run.
 */
export async function dueKeyWork(
  parts: KeyWorkParts,
  write: RunStep = (body) => parts.store.write(body),
  resting: Resting = createResting(parts.clock),
): Promise<number> {
  const trusted = await irreversibleTime(parts.clock)
  let taken = 0
  let failure: { readonly error: unknown } | undefined
  for (const { step, due, act, forGood } of STEPS) {
    const now = forGood ? trusted : (trusted ?? parts.clock.now())
    if (now === undefined) continue
    for await (const row of everyPage((after) => due(parts.store, now, after, trusted !== undefined))) {
      const name = `${step} ${row.id}`
      if (resting.has(name)) continue
      taken += 1
      try {
        await take(parts, write, step, row, now, act)
        resting.forget(name)
      } catch (error) {
        if (concernsAll(error)) throw error
        resting.add(name)
        failure ??= { error }
      }
    }
  }
  if (failure) throw failure.error
  return taken
}

/** What waits because the clock is in doubt. */
export async function waitingKeyWork({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'read'>
  readonly clock: Clock
}) {
  const count = async (column: 'delete_at' | 'material_expires_at') => {
    const query = store.read.selectFrom('kms_keys').where(column, '<=', clock.now())
    const row = await query.select((e) => e.fn.countAll<number>().as('count')).executeTakeFirst()
    return Number(row?.count ?? 0)
  }
  return { keys: await count('delete_at'), materials: await count('material_expires_at') }
}

type Act = (tx: WriteHandle, row: KeyRow, now: number, prepared: Prepared) => Promise<string>
type Prepared = ReturnType<typeof prepareVersion> | undefined
type Deadline = 'delete_at' | 'material_expires_at' | 'next_rotation_at'

interface StepRow {
  readonly step: Step
  /** Cannot be taken back. */
  readonly forGood: boolean
  readonly due: (
    store: Store,
    now: number,
    after: KeyRow | undefined,
    trusted: boolean,
  ) => Promise<readonly KeyRow[]>
  readonly act: Act
}

const STEPS: readonly StepRow[] = [
  { step: 'keyward:DestroyKey', forGood: true, due: past('delete_at'), act: destroy },
  { step: 'keyward:ExpireKeyMaterial', forGood: true, due: past('material_expires_at'), act: expire },
  { step: 'keyward:RotateKey', forGood: false, due: past('next_rotation_at'), act: rotate },
]

/** Not this row's fault: the job is lost, or the database does not serve. */
function concernsAll(error: unknown): boolean {
  if (error instanceof Error && error.name === 'JobLost') return true
  return error instanceof Refusal && ['Unavailable', 'Overloaded'].includes(error.problem.code)
}

/** All rows, a page at a time: those that stay are passed by. */
async function* everyPage(read: (after: KeyRow | undefined) => Promise<readonly KeyRow[]>) {
  for (let last: KeyRow | undefined; ; ) {
    const rows = await read(last)
    yield* rows
    last = rows.at(-1)
    if (rows.length < PAGE) return
  }
}

/**
 * Rows whose deadline has passed, oldest first, after the given one. Rotation waits while a key is not enabled: it is
 * suspended. A rotation that is further ahead than its interval was set by a clock that was wrong: it is found as
 * well, by a clock that is trusted.
 */
function past(column: Deadline): StepRow['due'] {
  return (store, now, after, trusted) => {
    let due = store.read.selectFrom('kms_keys').selectAll()
    if (column === 'next_rotation_at') {
      const wrong = sql<number>`${sql.val(now)} + rotation_interval_s * 1000`
      due = due
        .where('state', '=', 'Enabled')
        .where((e) => e.or([e(column, '<=', now), ...(trusted ? [e(column, '>', wrong)] : [])]))
    } else due = due.where(column, '<=', now)
    if (after) {
      const at = after[column] ?? 0
      due = due.where((e) => e.or([e(column, '>', at), e.and([e(column, '=', at), e('id', '>', after.id)])]))
    }
    return due.orderBy(column).orderBy('id').limit(PAGE).execute()
  }
}

async function take(
  parts: KeyWorkParts,
  write: RunStep,
  step: Step,
  found: KeyRow,
  now: number,
  act: Act,
): Promise<void> {
  const rotates = step === 'keyward:RotateKey' && (found.next_rotation_at ?? 0) <= now
  const prepared = rotates ? await newVersion(parts, found) : undefined
  const done = await write(async (tx) => {
    const row = await tx.selectFrom('kms_keys').selectAll().where('id', '=', found.id).executeTakeFirst()
    if (row?.version !== found.version) return false
    const outcome = await act(tx, row, now, prepared)
    await bumpRevision(tx, row.account_uid, 'keys')
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
  if (done) parts.cache?.drop(found.account_uid, 'keys')
}

async function newVersion({ keyring }: KeyWorkParts, row: KeyRow): Promise<Prepared> {
  const spec = keySpec(row.key_spec)
  return spec && prepareVersion(keyring, row.account_uid, row.id, await generateMaterial(spec))
}

/** For good: nothing that the key encrypted can be opened again. */
async function destroy(tx: WriteHandle, row: KeyRow): Promise<string> {
  await tx.deleteFrom('kms_aliases').where('key_id', '=', row.id).execute()
  // SQLite overwrites what is deleted, and its log with it (store/sqlite/log-file.ts). PostgreSQL does neither: SECURITY.md.
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

/** A key with as many versions as it may have waits for another interval, one that is not due yet for its own. */
async function rotate(tx: WriteHandle, row: KeyRow, now: number, prepared: Prepared): Promise<string> {
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
