import { closeSync, lstatSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { publishFile } from '../base/files.ts'
import { BACKUP_MARK, type BackupMark, parseMark } from '../store/backup-mark.ts'
import { inspectFile } from '../store/sqlite/inspect.ts'

export function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

/** Makes an empty file that only its owner may read. Fails where there is one. */
export function makeEmpty(file: string): void {
  closeSync(openSync(file, 'wx', 0o600))
}

/** Opens a file that no server has, to write a note into it. No log file stays beside it. */
export function writeMark(file: string, mark: BackupMark): void {
  const db = new DatabaseSync(file)
  try {
    db.exec('pragma journal_mode = delete; pragma synchronous = full')
    db.prepare('insert or replace into meta (key, value) values (?, ?)').run(
      BACKUP_MARK,
      JSON.stringify(mark),
    )
  } finally {
    db.close()
  }
}

/** The mark of a backup file, and a note of the database; both undefined where the file is none of ours. */
export function readNotes(file: string): { readonly mark?: BackupMark; readonly rootKeyCheck?: string } {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const read = db.prepare('select value from meta where key = ?')
    const mark = read.get(BACKUP_MARK)?.value
    const rootKeyCheck = read.get('root-key-check')?.value
    return {
      ...(typeof mark === 'string' ? { mark: parseMark(mark) } : {}),
      ...(typeof rootKeyCheck === 'string' ? { rootKeyCheck } : {}),
    }
  } catch (error) {
    if (/no such table/.test(String((error as Error).message))) return {}
    throw error
  } finally {
    db.close()
  }
}

/** Throws a sentence that names the damage of a file, if there is any. */
export async function assertWholeFile(file: string, name: string): Promise<void> {
  const [first, ...others] = await inspectFile(file)
  if (!first) return
  const where = [first.table, first.row].filter((part) => part !== undefined).join(', row ')
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  throw new Error(`${name} is damaged: ${where === '' ? '' : `${where}: `}${first.what}${more}`)
}

/** Gives a finished draft its name, durable. Throws a sentence when the name was taken meanwhile. */
export function publish(draft: string, file: string): void {
  try {
    publishFile(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new Error(`\`${file}\` is there already`)
    throw error
  }
}
