import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the lock of a SQLite store: an exclusive transaction, held open, on an empty database beside it. The operating
 * system drops it with the process, also after a kill -9, so no stale lock can be left behind. (An exclusively locked
 * main database would shut out the offline tools too.)
 *
 * `path` is the file's own, without links: two names would be two locks. `name` is what the operator calls it.
 * Throws a sentence when another process, or another store of this one, has it.
 */
export function lockStore(path: string, name: string): { release(): void } {
  for (;;) {
    const before = inodeOf(`${path}.lock`)
    const db = lockFile(`${path}.lock`, name)
    // A server that discards its database takes the file away: a lock on a file without a name keeps nobody out.
    if (before !== undefined && inodeOf(`${path}.lock`) === before) {
      return Object.freeze({
        release() {
          if (db.isOpen) db.close()
        },
      })
    }
    db.close()
  }
}

function lockFile(file: string, name: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('pragma locking_mode = exclusive')
    db.exec('begin exclusive')
    return db
  } catch (error) {
    db.close()
    if ((error as { errcode?: number }).errcode !== 5) throw error
    throw new Error(`the database \`${name}\` is in use by another keyward server: stop it first`)
  }
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { throwIfNoEntry: false, bigint: true })?.ino
}
