import { randomUUID } from 'node:crypto'
import { type Selectable, type SqlBool, sql } from 'kysely'
import { refuse } from '../../base/problem.ts'
import { beginsWork } from '../../store/handles.ts'
import { ofOpenAccount } from '../../store/open-accounts.ts'
import type { SecretRotationTables } from '../../store/schema/secret-rotations.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'

/*
 * The journal of a rotation is its row. Each state is durable before what follows it begins:
 *
 *   asked     nothing is made yet
 *   stored    the new value is stored, without a stage; nothing has changed where it will be valid
 *   setting   it may be set there. From here on it goes on until it is proved, or back
 *   undoing   it did not let in: the old value is set again, then `stored`
 *   moved     the stages have moved; what the old value opens goes when its window ends
 *
 * The row goes when the rotation is at its end. After a crash it goes on from its state: every step may be done again.
 *
 * INVARIANT: while the place may have the new value and the stages have not moved, the new value is stored.
 */
export type RotationState = 'asked' | 'stored' | 'setting' | 'undoing' | 'moved'
export type RotationCause = 'create' | 'call' | 'schedule'

export type Rotation = Readonly<Selectable<SecretRotationTables['secret_rotations']>>

/** States in which the place and the stages may say different entities. */
const OPEN: readonly RotationState[] = ['setting', 'undoing']

export interface NewRotation {
  readonly secretId: string
  readonly accountUid: string
  readonly versionId: string
  readonly cause: RotationCause
  /** `setting` for a value that was stored with its secret. */
  readonly state: 'asked' | 'setting'
  readonly newRow: string | null
}

export const newRotationId = (): string => randomUUID()

/** The name of the job that rotates. */
export const SECRET_ROTATIONS = 'secret-rotations'

/** Begins a rotation. Raises `SecretRotating` while another of the secret is not at its end. */
export async function insertRotation(
  tx: WriteHandle,
  id: string,
  { accountUid, cause, newRow, secretId, state, versionId }: NewRotation,
  now: number,
): Promise<void> {
  if (await rotationOf(tx, secretId)) throw refuse({ code: 'SecretRotating' })
  const row: Rotation = {
    id,
    secret_id: secretId,
    account_uid: accountUid,
    version_id: versionId,
    cause,
    state,
    new_row: newRow,
    old_row: null,
    retire_at: null,
    attempts: 0,
    next_attempt_at: now,
    error_code: '',
    error_message: '',
    created_at: now,
    updated_at: now,
  }
  await tx.insertInto('secret_rotations').values(row).execute()
  beginsWork(tx, SECRET_ROTATIONS)
}

/** The rotation of a secret that is not at its end. */
export function rotationOf(db: ReadHandle | WriteHandle, secretId: string): Promise<Rotation | undefined> {
  return db.selectFrom('secret_rotations').selectAll().where('secret_id', '=', secretId).executeTakeFirst()
}

export function findRotation(db: ReadHandle | WriteHandle, id: string): Promise<Rotation | undefined> {
  return db.selectFrom('secret_rotations').selectAll().where('id', '=', id).executeTakeFirst()
}

export type RotationChange = Partial<
  Pick<
    Rotation,
    | 'state'
    | 'new_row'
    | 'old_row'
    | 'retire_at'
    | 'attempts'
    | 'next_attempt_at'
    | 'error_code'
    | 'error_message'
  >
>

export async function changeRotation(
  tx: WriteHandle,
  id: string,
  change: RotationChange,
  now: number,
): Promise<void> {
  await tx
    .updateTable('secret_rotations')
    .set({ ...change, updated_at: now })
    .where('id', '=', id)
    .execute()
}

export async function endRotation(tx: WriteHandle, id: string): Promise<void> {
  await tx.deleteFrom('secret_rotations').where('id', '=', id).execute()
}

/**
 * Rotations that can go on now, those first where a place and the stages may say different entities. `trusted`: the time by
 * which windows end; undefined while the clock is in doubt.
 */
export async function nextRotations(
  db: ReadHandle,
  now: number,
  trusted: number | undefined,
  besides: ReadonlySet<string>,
  limit: number,
): Promise<readonly Rotation[]> {
  let query = db
    .selectFrom('secret_rotations')
    .selectAll()
    .where('next_attempt_at', '<=', now)
    .where((e) => e.or([e('state', '!=', 'moved'), e('retire_at', '<=', trusted ?? Number.MIN_SAFE_INTEGER)]))
  if (besides.size > 0) query = query.where('id', 'not in', [...besides])
  const rows = await query.orderBy('next_attempt_at').orderBy('id').limit(limit).execute()
  return [...rows].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)))
}

/** Whether a rotation can go on, or one is to begin. */
export const someRotation = (now: number) => sql<SqlBool>`(exists (
  select 1 from secret_rotations
  where next_attempt_at <= ${now} and (state <> 'moved' or retire_at <= ${now})
) or exists (
  select 1 from secrets
  where automatic_rotation = 1 and delete_at is null and next_rotation_at <= ${now} and ${ofOpenAccount('secrets.account_uid')}
))`

/** Rotations that a process left in the middle: the first thing that a start goes on with. */
export function openRotations(db: ReadHandle): Promise<readonly Rotation[]> {
  return db
    .selectFrom('secret_rotations')
    .selectAll()
    .where('state', 'in', [...OPEN])
    .execute()
}

export const isOpen = ({ state }: Rotation): boolean => OPEN.includes(state as RotationState)

/** Secrets whose rotation is due and has not begun, oldest first. */
export function dueSecrets(
  db: ReadHandle,
  now: number,
  besides: ReadonlySet<string>,
  limit: number,
): Promise<readonly { readonly id: string; readonly account_uid: string }[]> {
  let query = db
    .selectFrom('secrets')
    .leftJoin('secret_rotations', 'secret_rotations.secret_id', 'secrets.id')
    .select(['secrets.id', 'secrets.account_uid'])
    .where('secrets.automatic_rotation', '=', 1)
    .where('secrets.delete_at', 'is', null)
    .where('secrets.next_rotation_at', '<=', now)
    .where('secret_rotations.id', 'is', null)
    .where(ofOpenAccount('secrets.account_uid'))
  if (besides.size > 0) query = query.where('secrets.id', 'not in', [...besides])
  return query.orderBy('secrets.next_rotation_at').orderBy('secrets.id').limit(limit).execute()
}

const FIRST_PAUSE = 5000
const LONGEST_PAUSE = 3_600_000

/** Milliseconds to wait after so many failures one after the other. */
export function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempts - 1, 20))
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * How long what the old value opens stays valid after a rotation (reference: alibaba-kms.md D): 10 minutes where a caller
 * asked for it; two days by schedule, or half of a shorter interval.
 */
export function windowOf(cause: string, intervalS: number | undefined): number {
  if (cause !== 'schedule') return 10 * MINUTE
  return Math.max(10 * MINUTE, Math.min(2 * DAY, ((intervalS ?? 0) * 1000) / 2))
}
