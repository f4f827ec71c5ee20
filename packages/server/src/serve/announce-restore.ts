import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit.ts'
import type { Clock } from '../base/clock.ts'
import { refuseSignedBefore } from '../store/nonces.ts'
import type { Store, WriteHandle } from '../store/store.ts'
import { BACKUP_MARK, type BackupMark, readMark } from './backup-mark.ts'

export interface AnnounceParts {
  readonly store: Store
  readonly audit: Pick<AuditLog, 'recordIn'>
  readonly clock: Clock
  operator(): Promise<{ readonly uid: string }>
}

const TASK_ENDED =
  'the database was put back from a backup while this task waited: see what is bound on the host, and submit it again'

/**
 * Runs before anything is served and before any job: the first start on a database that was put back from a backup: an audit entry of its own says so, in the transaction
 * that takes the mark away. Undefined when there is no mark.
 *
 * What was signed before is refused, since it may have been used after the backup was made. Tasks on hosts that wait in the backup have long been done or given up; done again they could put a key back on a host
 * that was taken away since. They end here.
 */
export async function announceRestore(parts: AnnounceParts): Promise<BackupMark | undefined> {
  const { store, audit, clock } = parts
  if (!(await readMark(store.read))) return undefined
  const operator = await parts.operator()
  const requestId = randomUUID()
  return store.write(async (tx) => {
    const mark = await readMark(tx)
    if (!mark) return undefined
    const now = clock.now()
    const tasks = await endTasks(tx, now)
    // Nonces that were used after the backup are not in it.
    await refuseSignedBefore(tx, clock.wall())
    await tx.deleteFrom('meta').where('key', '=', BACKUP_MARK).execute()
    await audit.recordIn(tx, {
      requestId,
      time: new Date(now).toISOString(),
      operation: 'keyward:RestoreBackup',
      account: operator.uid,
      caller: 'keyward',
      accessKeyId: '',
      source: '',
      checks: [],
      outcome: 'Success',
      input: { MadeAt: mark.madeAt, RestoredAt: mark.restoredAt ?? '', TasksEnded: tasks },
    })
    return mark
  })
}

async function endTasks(tx: WriteHandle, now: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('keypair_tasks')
    .set({
      state: 'FAILED',
      error_code: 'ConnectionLost',
      error_message: TASK_ENDED,
      sealed_secrets: null,
      updated_at: now,
    })
    .where('state', 'in', ['READY', 'RUNNING'])
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
