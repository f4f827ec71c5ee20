import { DatabaseSync } from 'node:sqlite'

/* What is done with a whole file, in a thread of its own: each takes as long as the file is large. */

/** Findings that are listed at most. */
const MOST = 100

/** What is wrong with the structure of the file, a line each; none: nothing. */
export type FileJob =
  | { readonly kind: 'quick-check'; readonly path: string }
  | { readonly kind: 'full-check'; readonly path: string }
  /** Copies what is committed now, and only that, into an empty file. */
  | { readonly kind: 'copy'; readonly path: string; readonly target: string }

export type FileAnswer =
  | { readonly lines: readonly string[] }
  | { readonly failed: { readonly message: string; readonly errcode?: number } }

export function runFileJob(job: FileJob): FileAnswer {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(job.path, { readOnly: true, timeout: 5000 })
    if (job.kind === 'copy') {
      db.prepare('vacuum into ?').run(job.target)
      return { lines: [] }
    }
    return { lines: job.kind === 'quick-check' ? quickCheck(db) : checked(db, `integrity_check(${MOST})`) }
  } catch (error) {
    const { message, errcode } = error as { message: string; errcode?: number }
    return { failed: { message, ...(errcode === undefined ? {} : { errcode }) } }
  } finally {
    db?.close()
  }
}

/** Table by table: a thread can be ended between two, and no snapshot of the file is held for longer than one takes. */
function quickCheck(db: DatabaseSync): readonly string[] {
  const tables = db.prepare("select name from sqlite_schema where type = 'table'").all()
  const lines: string[] = []
  for (const { name } of [{ name: 'sqlite_schema' }, ...tables]) {
    lines.push(...checked(db, `quick_check("${String(name).replaceAll('"', '""')}")`))
    if (lines.length >= MOST) break
  }
  return lines.slice(0, MOST)
}

function checked(db: DatabaseSync, pragma: string): readonly string[] {
  const lines = db
    .prepare(`pragma ${pragma}`)
    .all()
    .flatMap((row) => Object.values(row).map(String))
  return lines.filter((line) => line !== 'ok')
}
