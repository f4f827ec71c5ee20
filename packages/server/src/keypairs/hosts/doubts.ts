import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import { sameKey } from './authorized-keys.ts'
import { type HostJob, linesToRemove, type Step } from './job.ts'

/*
 * A task that could not take back what it had begun leaves a host of which nobody knows how it stands. That is written
 * down, so that the next task takes it into account instead of stumbling over it, and so that it is looked at again.
 */

/** A line of ours that may stand on a host, and the pair that it is of. */
export interface DoubtfulLine {
  readonly line: string
  readonly keypairId: string
  readonly keypairName: string
}

export interface HostDoubt {
  readonly hostId: string
  readonly accountUid: string
  readonly taskId: string
  /** The line that the record says is bound may be gone. */
  readonly mayLack: boolean
  readonly lines: readonly DoubtfulLine[]
  /** What password login may have been switched to. */
  readonly passwords: 'on' | 'off' | ''
  readonly since: number
}

export async function findDoubt(
  db: ReadHandle | WriteHandle,
  hostId: string,
): Promise<HostDoubt | undefined> {
  const row = await db
    .selectFrom('keypair_host_doubts')
    .selectAll()
    .where('host_id', '=', hostId)
    .executeTakeFirst()
  return (
    row && {
      hostId: row.host_id,
      accountUid: row.account_uid,
      taskId: row.task_id,
      mayLack: row.may_lack === 1,
      lines: JSON.parse(row.lines) as DoubtfulLine[],
      passwords: row.passwords as HostDoubt['passwords'],
      since: row.since,
    }
  )
}

/** Hosts in doubt that run and have no task, the longest first. */
export async function hostsInDoubt(db: ReadHandle, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('keypair_host_doubts')
    .innerJoin('keypair_hosts', 'keypair_hosts.id', 'keypair_host_doubts.host_id')
    .select('host_id')
    .where('power', '=', 'on')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('keypair_tasks')
            .select('keypair_tasks.id')
            .whereRef('keypair_tasks.host_id', '=', 'keypair_host_doubts.host_id')
            .where('state', 'in', ['READY', 'RUNNING']),
        ),
      ),
    )
    .orderBy('since')
    .limit(limit)
    .execute()
  return rows.map(({ host_id }) => host_id)
}

/** Writes down what a task may have left, beside what an earlier one did. */
export async function leaveDoubt(
  tx: WriteHandle,
  task: {
    readonly id: string
    readonly host_id: string
    readonly account_uid: string
    readonly keypair_id: string
    readonly keypair_name: string
  },
  job: HostJob,
  left: readonly Step[],
  now: number,
): Promise<void> {
  const before = await findDoubt(tx, task.host_id)
  const { keypair_id: keypairId, keypair_name: keypairName } = task
  const added =
    left.includes('add-key') && job.add !== undefined ? [{ line: job.add, keypairId, keypairName }] : []
  const removed = left.includes('remove-key') ? linesToRemove(job) : []
  const { remove } = job
  await putDoubt(tx, {
    hostId: task.host_id,
    accountUid: task.account_uid,
    taskId: task.id,
    mayLack:
      before?.mayLack === true || (remove !== undefined && removed.some((line) => sameKey(line, remove))),
    lines: [
      ...(before?.lines ?? []).filter(({ line }) => !added.some((one) => sameKey(one.line, line))),
      ...added,
    ],
    passwords:
      left.includes('set-passwords') && job.passwords !== 'keep' ? job.passwords : (before?.passwords ?? ''),
    since: before?.since ?? now,
  })
}

/** Also a new version of the host: what was decided on it before is no longer so. */
export async function putDoubt(tx: WriteHandle, doubt: HostDoubt): Promise<void> {
  await clearDoubt(tx, doubt.hostId)
  await tx
    .insertInto('keypair_host_doubts')
    .values({
      host_id: doubt.hostId,
      account_uid: doubt.accountUid,
      task_id: doubt.taskId,
      may_lack: doubt.mayLack ? 1 : 0,
      lines: JSON.stringify(doubt.lines),
      passwords: doubt.passwords,
      since: doubt.since,
    })
    .execute()
  await tx
    .updateTable('keypair_hosts')
    .set((e) => ({ version: e('version', '+', 1) }))
    .where('id', '=', doubt.hostId)
    .execute()
}

export async function clearDoubt(tx: WriteHandle, hostId: string): Promise<void> {
  await tx.deleteFrom('keypair_host_doubts').where('host_id', '=', hostId).execute()
}
