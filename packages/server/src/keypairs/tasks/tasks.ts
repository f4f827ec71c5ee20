import { type Insertable, type Selectable, type SqlBool, sql } from 'kysely'
import type { Caller } from '../../identity/principal.ts'
import { beginsWork } from '../../store/handles.ts'
import type { KeypairTables } from '../../store/schema/keypairs.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import type { HostJob, Journal } from '../hosts/job.ts'
import { seenBy, sees } from '../pairs.ts'

/** One operation on one host, from its submission on. */
export type Task = Readonly<Selectable<KeypairTables['keypair_tasks']>>

/** What a task does, in the words of the wire (reference: huawei-kps.md A.6). */
export type TaskVerb = 'BIND' | 'RESET' | 'REPLACE' | 'UNBIND'
export type TaskState = 'READY' | 'RUNNING' | 'SUCCESS' | 'FAILED'

/** What the wire calls the state of a task. */
export function statusOf(task: Pick<Task, 'state' | 'verb'>): string {
  return `${task.state}_${task.verb}`
}

/** A task as its submission writes it down. */
export type NewTask = Omit<
  Insertable<KeypairTables['keypair_tasks']>,
  'state' | 'job' | 'journal' | 'error_code' | 'error_message' | 'created_at' | 'updated_at'
>

/** The name of the job that runs tasks. */
export const KEYPAIR_TASKS = 'keypair-tasks'

export async function insertTask(tx: WriteHandle, task: NewTask, now: number): Promise<void> {
  await tx
    .insertInto('keypair_tasks')
    .values({
      ...task,
      state: 'READY',
      job: null,
      journal: '[]',
      error_code: '',
      error_message: '',
      created_at: now,
      updated_at: now,
    })
    .execute()
  beginsWork(tx, KEYPAIR_TASKS)
}

/** The running tasks that put a pair on hosts. */
export function tasksAdding(db: ReadHandle | WriteHandle, keypairId: string): Promise<Task[]> {
  return db
    .selectFrom('keypair_tasks')
    .selectAll()
    .where('keypair_id', '=', keypairId)
    .where('state', '=', 'RUNNING')
    .where('verb', '!=', 'UNBIND')
    .execute()
}

/**
 * A task that a host waits for or is worked on by. A host has one at a time; but a rotation waits behind a task that is
 * just putting the pair's earlier key there.
 */
export function activeTaskOf(db: ReadHandle | WriteHandle, hostId: string): Promise<Task | undefined> {
  return db
    .selectFrom('keypair_tasks')
    .selectAll()
    .where('host_id', '=', hostId)
    .where('state', 'in', ['READY', 'RUNNING'])
    .orderBy('state')
    .executeTakeFirst()
}

/** The task of an id, if a caller sees it: those of another's private pair are missing to everyone else. */
export async function findVisibleTask(
  db: ReadHandle | WriteHandle,
  caller: Caller,
  id: string,
): Promise<Task | undefined> {
  const task = await findTask(db, caller.account.uid, id)
  return task && sees(caller, task) ? task : undefined
}

export function findTask(
  db: ReadHandle | WriteHandle,
  accountUid: string,
  id: string,
): Promise<Task | undefined> {
  return db
    .selectFrom('keypair_tasks')
    .selectAll()
    .where('id', '=', id)
    .where('account_uid', '=', accountUid)
    .executeTakeFirst()
}

/** A page of the tasks in some states that a caller sees, oldest first, and how many there are. */
export async function listTasks(
  db: ReadHandle,
  caller: Caller,
  states: readonly TaskState[],
  offset: number,
  limit: number,
): Promise<{ readonly tasks: readonly Task[]; readonly total: number }> {
  const all = db
    .selectFrom('keypair_tasks')
    .where('account_uid', '=', caller.account.uid)
    .where('visible_to', 'in', seenBy(caller))
    .where('state', 'in', states)
  const { total } = await all.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const tasks = await all
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute()
  return { tasks, total: Number(total) }
}

export function tasksOfRotation(db: ReadHandle, caller: Caller, rotationId: string): Promise<Task[]> {
  return db
    .selectFrom('keypair_tasks')
    .selectAll()
    .where('rotation_id', '=', rotationId)
    .where('account_uid', '=', caller.account.uid)
    .where('visible_to', 'in', seenBy(caller))
    .orderBy('server_id')
    .execute()
}

/** Removes records of failures that a caller sees: one, or all. Returns how many there were. */
export async function deleteFailedTasks(tx: WriteHandle, caller: Caller, id?: string): Promise<number> {
  let query = tx
    .deleteFrom('keypair_tasks')
    .where('account_uid', '=', caller.account.uid)
    .where('visible_to', 'in', seenBy(caller))
    .where('state', '=', 'FAILED')
  if (id !== undefined) query = query.where('id', '=', id)
  const { numDeletedRows } = await query.executeTakeFirst()
  return Number(numDeletedRows)
}

/** Whether a task waits or runs. */
export const someTask = () =>
  sql<SqlBool>`exists (select 1 from keypair_tasks where state in ('READY', 'RUNNING'))`

/** The next tasks to work on: first those that a lost worker had begun, then the oldest. */
export async function nextTasks(
  db: ReadHandle,
  busy: ReadonlySet<string>,
  limit: number,
): Promise<readonly Task[]> {
  const rows = await db
    .selectFrom('keypair_tasks')
    .selectAll()
    .where('state', 'in', ['READY', 'RUNNING'])
    .where((e) =>
      e.or([
        e('state', '=', 'RUNNING'),
        e.not(
          e.exists(
            e
              .selectFrom('keypair_tasks as other')
              .select('other.id')
              .whereRef('other.host_id', '=', 'keypair_tasks.host_id')
              .where('other.state', '=', 'RUNNING'),
          ),
        ),
      ]),
    )
    // `RUNNING` sorts after `READY`.
    .orderBy('state', 'desc')
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit + busy.size)
    .execute()
  return rows.filter(({ id }) => !busy.has(id)).slice(0, limit)
}

/** Takes a task from READY to RUNNING. False: it is there no longer. */
export async function beginTask(
  tx: WriteHandle,
  id: string,
  job: HostJob,
  sealedSecrets: Uint8Array,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('keypair_tasks')
    .set({ state: 'RUNNING', job: JSON.stringify(job), sealed_secrets: sealedSecrets, updated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'READY')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function saveJournal(tx: WriteHandle, id: string, journal: Journal, now: number): Promise<void> {
  await tx
    .updateTable('keypair_tasks')
    .set({ journal: JSON.stringify(journal), updated_at: now })
    .where('id', '=', id)
    .execute()
}

/**
 * Writes the end of a task down. Returns false, with nothing done, when it has ended already.
 *
 * INVARIANT: a task that has ended holds no password and no private key.
 */
export async function endTask(
  tx: WriteHandle,
  id: string,
  end: { readonly state: 'SUCCESS' | 'FAILED'; readonly code: string; readonly message: string },
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('keypair_tasks')
    .set({
      state: end.state,
      error_code: end.code,
      error_message: end.message,
      sealed_secrets: null,
      updated_at: now,
    })
    .where('id', '=', id)
    .where('state', 'in', ['READY', 'RUNNING'])
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Records of tasks that went well are kept for so long. Those of failures stay until they are deleted. */
const KEEP_SUCCESS = 30 * 86_400_000

export async function forgetOldTasks(tx: WriteHandle, now: number): Promise<void> {
  await tx
    .deleteFrom('keypair_tasks')
    .where('state', '=', 'SUCCESS')
    .where('updated_at', '<', now - KEEP_SUCCESS)
    .execute()
}

export async function unendedTasks(db: ReadHandle): Promise<number> {
  const row = await db
    .selectFrom('keypair_tasks')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('state', 'in', ['READY', 'RUNNING'])
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Ends all that wait or run, as failed. */
export async function endEveryTask(
  tx: WriteHandle,
  { code, message }: { readonly code: string; readonly message: string },
  now: number,
): Promise<void> {
  await tx
    .updateTable('keypair_tasks')
    .set({ state: 'FAILED', error_code: code, error_message: message, sealed_secrets: null, updated_at: now })
    .where('state', 'in', ['READY', 'RUNNING'])
    .execute()
}
