import { Type } from 'typebox'
import { endEveryTask, unendedTasks } from '../../keypairs/tasks/tasks.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { BACKUP_MARK, type BackupMark, readMark } from '../../store/backup-mark.ts'
import { refuseSignedBefore } from '../../store/nonces.ts'

const TASK_ENDED =
  'the database was put back from a backup while this task waited: see what is bound on the host, and submit it again'

interface Target {
  readonly mark: BackupMark | undefined
  readonly waiting: number
}

/**
 * The first start on a database that was put back from a backup: the audit says so, in the transaction that takes the mark
 * away.
 *
 * What was signed before is refused, since it may have been used after the backup was made. Tasks on hosts that wait in
 * the backup have long been done or given up; done again they could put a key back on a host that was taken away since.
 * They end here.
 */
export const restoreBackup = writeOperation({
  name: 'keyward:RestoreBackup',
  summary: 'Take note that the database was put back from a backup',
  effect: 'write',
  by: 'service',
  input: Type.Object(
    { MadeAt: Type.String(), RestoredAt: Type.String(), TasksEnded: Type.Integer() },
    { additionalProperties: false },
  ),
  output: Type.Object({}),
  async resolve({ store: { read } }): Promise<Target> {
    return { mark: await readMark(read), waiting: await unendedTasks(read) }
  },
  checks: (scope, { MadeAt, TasksEnded }, { mark, waiting }) => [
    actCheck(scope, 'keyward:RestoreBackup', '*', mark?.madeAt === MadeAt && waiting === TasksEnded),
  ],
  decided: () => [],
  touches: () => [],
  prepare: () => undefined,
  async work(tx, scope) {
    // Nonces that were used after the backup are not in it.
    await refuseSignedBefore(tx, scope.clock.wall())
    await endEveryTask(tx, { code: 'ConnectionLost', message: TASK_ENDED }, scope.clock.now())
    const { numDeletedRows } = await tx.deleteFrom('meta').where('key', '=', BACKUP_MARK).executeTakeFirst()
    if (numDeletedRows === 0n) scope.outcome('AlreadyDone')
    return {}
  },
  example: { MadeAt: '2026-11-29T00:00:00Z', RestoredAt: '', TasksEnded: 0 },
})
