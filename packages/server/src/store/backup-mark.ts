import { readMeta } from './meta.ts'
import type { ReadHandle, WriteHandle } from './store.ts'

/**
 * The note that a backup carries in its own database. A service that finds it in the database it starts on knows that
 * this database was put back, however that was done, and says so in the audit.
 */
export const BACKUP_MARK = 'backup'

export interface BackupMark {
  /** When the backup began: all that was acknowledged before is in it. ISO 8601, UTC. */
  readonly madeAt: string
  /** When `keyward restore` put it back; absent in the backup itself. */
  readonly restoredAt?: string
}

export function parseMark(text: string): BackupMark {
  const { madeAt, restoredAt } = JSON.parse(text) as Partial<BackupMark>
  return { madeAt: String(madeAt), ...(restoredAt === undefined ? {} : { restoredAt }) }
}

export async function readMark(db: ReadHandle | WriteHandle): Promise<BackupMark | undefined> {
  const text = await readMeta(db as ReadHandle, BACKUP_MARK)
  return text === undefined ? undefined : parseMark(text)
}
