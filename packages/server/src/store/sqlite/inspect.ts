import { DatabaseSync } from 'node:sqlite'
import { startFileJob } from './thread.ts'
import type { FileLine } from './thread-jobs.ts'

/** One thing that is damaged, as an operator can find it. */
export interface FileDamage extends FileLine {
  /** The row's key. */
  readonly row?: string
}

/** Rows of one table that are named at most. */
const MOST_ROWS = 100

/**
 * Everything that is wrong with a SQLite file: what SQLite's own full check says, with the names of tables in the place of
 * page numbers, and the rows that cannot be read. Reads all of the file, beside a server or without.
 */
export async function inspectFile(path: string): Promise<readonly FileDamage[]> {
  let found: readonly FileLine[]
  try {
    found = await startFileJob({ kind: 'full-check', path }, { hold: true }).done
  } catch (error) {
    const { cause } = error as { cause?: { message?: string } }
    return [{ what: cause?.message ?? (error as Error).message }]
  }
  const tables = new Set(found.flatMap(({ table }) => table ?? []))
  if (tables.size === 0) return found
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  try {
    return [...found, ...[...tables].flatMap((table) => unreadableRows(db, table))]
  } finally {
    db.close()
  }
}

/** Rows that the table's own key leads to, and that cannot be read. */
function unreadableRows(db: DatabaseSync, table: string): readonly FileDamage[] {
  const keys = db
    .prepare('select name from pragma_table_info(?) where pk > 0 order by pk')
    .all(table)
    .map(({ name }) => `"${name}"`)
  const damaged: FileDamage[] = []
  try {
    const index = db.prepare("select name from pragma_index_list(?) where origin = 'pk'").get(table)?.name
    if (index === undefined || keys.length === 0) return []
    const read = db.prepare(`select * from "${table}" where rowid = ?`)
    const walk = db.prepare(`select rowid as place, ${keys.join(', ')} from "${table}" indexed by "${index}"`)
    for (const { place, ...key } of walk.iterate()) {
      if (damaged.length === MOST_ROWS) break
      try {
        if (read.get(place as number) !== undefined) continue
      } catch {
        // Told below: that it cannot be read is what is asked.
      }
      const row = Object.values(key).map(String).join(' ')
      damaged.push({ table, row, what: 'cannot be read' })
    }
  } catch (error) {
    damaged.push({ table, what: `its rows cannot be listed: ${(error as Error).message}` })
  }
  return damaged
}
