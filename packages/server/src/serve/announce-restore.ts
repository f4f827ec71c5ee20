import { Refusal } from '../base/problem.ts'
import { unendedTasks } from '../keypairs/tasks/tasks.ts'
import { restoreBackup } from '../operations/keyward/restore-backup.ts'
import type { RunAct } from '../pipeline/act.ts'
import { type BackupMark, readMark } from '../store/backup-mark.ts'
import type { Store } from '../store/store.ts'

export interface AnnounceParts {
  readonly store: Pick<Store, 'read'>
  readonly run: RunAct
  operator(): Promise<{ readonly uid: string }>
}

/**
 * Runs before anything is served and before any job: the first start on a database that was put back from a backup says so
 * in the audit (operations/keyward/restore-backup.ts). Undefined when there is no mark, or another process was first.
 */
export async function announceRestore(parts: AnnounceParts): Promise<BackupMark | undefined> {
  const mark = await readMark(parts.store.read)
  if (!mark) return undefined
  const operator = await parts.operator()
  const answer = await parts.run({
    operation: restoreBackup,
    account: operator.uid,
    input: {
      MadeAt: mark.madeAt,
      RestoredAt: mark.restoredAt ?? '',
      TasksEnded: await unendedTasks(parts.store.read),
    },
  })
  if (answer.ok) return mark
  if (await readMark(parts.store.read)) throw new Refusal(answer.problem)
  return undefined
}
