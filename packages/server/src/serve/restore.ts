import { randomUUID } from 'node:crypto'
import { chmodSync, constants, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { assertWholeFile, exists, publish, readNotes, writeMark } from './backup-file.ts'

export interface RestoreParts {
  /** The backup. */
  readonly file: string
  readonly data: string
  /** Where the database's file will be. */
  readonly database: string
  /** Where the root key is, or will be put. */
  readonly rootKey: string
  /** The check value of the root key at hand, or undefined when there is none yet. */
  readonly rootKeyCheck: string | undefined
}

export interface RestoreReport {
  readonly database: string
  readonly madeAt: string
  readonly restoredAt: string
}

/**
 * Puts a backup into an empty data folder. The root key may lie there already: it is checked to be the backup's. Throws
 * an Error with a sentence; nothing is changed then.
 */
export async function restoreBackup(parts: RestoreParts): Promise<RestoreReport> {
  const { file, data, database, rootKey, rootKeyCheck } = parts
  if (!exists(file)) throw new Error(`there is no file \`${file}\``)
  assertEmpty(data, rootKey)
  if (exists(database)) throw new Error(`\`${database}\` is there already: a restore overwrites nothing`)
  await assertWholeFile(file, `the backup \`${file}\``)
  const notes = readNotes(file)
  if (!notes.mark) {
    throw new Error(
      `\`${file}\` was not made by \`keyward backup\`: a copy of a database may lack writes that were acknowledged`,
    )
  }
  if (rootKeyCheck !== undefined && notes.rootKeyCheck !== rootKeyCheck) {
    throw new Error(
      `the root key in \`${rootKey}\` is not the one that this backup was made under: put the right one there`,
    )
  }
  const { madeAt } = notes.mark
  const restoredAt = new Date().toISOString()
  for (const folder of [data, dirname(database)]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${database}.${randomUUID().slice(0, 8)}.draft`
  try {
    copyFileSync(file, draft, constants.COPYFILE_EXCL)
    chmodSync(draft, 0o600)
    writeMark(draft, { madeAt, restoredAt })
    publish(draft, database)
  } catch (error) {
    for (const end of ['', '-journal']) rmSync(`${draft}${end}`, { force: true })
    throw error
  }
  return { database, madeAt, restoredAt }
}

/** Nothing of another database may lie in the folder: neither its log nor its credentials belong to this one. */
function assertEmpty(data: string, rootKey: string): void {
  if (!exists(data)) return
  const other = readdirSync(data).find((name) => resolve(data, name) !== resolve(rootKey))
  if (other === undefined) return
  throw new Error(
    `the folder \`${data}\` is not empty (\`${basename(other)}\`): move what is there away, or name another folder with --data; only the root key may lie there`,
  )
}
