import { randomUUID } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { startFileJob } from '../store/sqlite/thread.ts'
import { assertWholeFile, exists, makeEmpty, publish, readNotes, writeMark } from './backup-file.ts'

export interface BackupReport {
  readonly file: string
  readonly madeAt: string
  readonly bytes: number
}

export interface BackupParts {
  /** The database's file. */
  readonly database: string
  readonly file: string
  /** Called with the bytes written so far, and how many there will be about. */
  readonly onProgress?: (written: number, total: number) => void
}

const TICK = 200

/**
 * Copies the database into one file, while the service runs or not. What was acknowledged before this began is in the
 * copy; of what comes meanwhile, nothing. Free pages are not copied: what was destroyed before is not in it.
 *
 * The copy is checked before it gets its name. Throws an Error with a sentence; nothing is left then.
 */
export async function makeBackup({ database, file, onProgress }: BackupParts): Promise<BackupReport> {
  if (!exists(database)) throw new Error(`there is no database \`${database}\``)
  if (exists(file)) throw new Error(`\`${file}\` is there already: a backup overwrites nothing`)
  const draft = `${file}.${randomUUID().slice(0, 8)}.draft`
  try {
    makeEmpty(draft)
    const madeAt = new Date().toISOString()
    const total = sizeOf(database)
    const ticking = setInterval(() => onProgress?.(sizeOf(draft), total), TICK)
    try {
      await startFileJob({ kind: 'copy', path: database, target: draft }, { hold: true }).done
    } finally {
      clearInterval(ticking)
    }
    if (readNotes(draft).rootKeyCheck === undefined) {
      throw new Error(`\`${database}\` is not the database of a keyward service that was started`)
    }
    writeMark(draft, { madeAt })
    await assertWholeFile(draft, 'the copy')
    publish(draft, file)
    return { file, madeAt, bytes: sizeOf(file) }
  } catch (error) {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${end}`, { force: true })
    throw error
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
