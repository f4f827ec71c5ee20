import { DatabaseSync } from 'node:sqlite'

/* What is done with a whole file, in a thread of its own: each takes as long as the file is large. */

/** Findings that are listed at most. */
const MOST = 100

export type FileJob =
  /** Finds what is wrong with the structure of the file, quickly or with a comparison of every index with its table. */
  | { readonly kind: 'quick-check' | 'full-check'; readonly path: string }
  /** Copies what is committed now, and only that, into an empty file. */
  | { readonly kind: 'copy'; readonly path: string; readonly target: string }

/** One thing that is wrong. */
export interface FileLine {
  readonly table?: string
  readonly what: string
}

export type FileAnswer =
  | { readonly lines: readonly FileLine[] }
  | { readonly failed: { readonly message: string; readonly errcode?: number } }

export function runFileJob(job: FileJob): FileAnswer {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(job.path, { readOnly: true, timeout: 5000 })
    if (job.kind !== 'copy') return { lines: job.kind === 'quick-check' ? quickCheck(db) : fullCheck(db) }
    db.prepare('vacuum into ?').run(job.target)
    return { lines: [] }
  } catch (error) {
    const { message, errcode } = error as { message: string; errcode?: number }
    return { failed: { message, ...(errcode === undefined ? {} : { errcode }) } }
  } finally {
    db?.close()
  }
}

/** Table by table: a thread can be ended between two, and no snapshot of the file is held for longer than one takes. */
function quickCheck(db: DatabaseSync): readonly FileLine[] {
  return tablesOf(db)
    .flatMap((table) => checkTable(db, table, 'quick_check'))
    .slice(0, MOST)
}

/** The whole file at once finds more; where that meets what it cannot read, each table by itself. */
function fullCheck(db: DatabaseSync): readonly FileLine[] {
  try {
    const lines = checked(db, `integrity_check(${MOST})`)
    if (lines.length === 0) return []
    const named = namer(db)
    return lines.map((what) => ({ ...named(what), what }))
  } catch {
    const lines = tablesOf(db).flatMap((table) => checkTable(db, table, 'integrity_check'))
    return lines.length > 0 ? lines.slice(0, MOST) : [{ what: 'the file cannot be checked to its end' }]
  }
}

function tablesOf(db: DatabaseSync): readonly string[] {
  const rows = db.prepare("select name from sqlite_schema where type = 'table'").all()
  return ['sqlite_schema', ...rows.map(({ name }) => String(name))]
}

function checkTable(db: DatabaseSync, table: string, pragma: string): readonly FileLine[] {
  try {
    return checked(db, `${pragma}("${table.replaceAll('"', '""')}")`).map((what) => ({ table, what }))
  } catch (error) {
    return [{ table, what: (error as Error).message }]
  }
}

function checked(db: DatabaseSync, pragma: string): readonly string[] {
  const rows = db.prepare(`pragma ${pragma}`).all()
  return rows.flatMap((row) => Object.values(row).map(String)).filter((line) => line !== 'ok')
}

/** Finds the table that a line speaks of by the number of its tree or the name of its index. */
function namer(db: DatabaseSync): (line: string) => { readonly table?: string } {
  const rows = db.prepare('select rootpage, name, tbl_name from sqlite_schema').all()
  return (line) => {
    const tree = /^(?:\*+ in database main \*+\s*)?Tree (\d+)/.exec(line)?.[1]
    const index = /index (\S+)$/.exec(line)?.[1]
    const found = rows.find(({ rootpage, name }) => String(rootpage) === tree || name === index)
    return found ? { table: String(found.tbl_name) } : {}
  }
}
