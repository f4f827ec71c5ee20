import type { DatabaseSync } from 'node:sqlite'

/** The statement and the table that it changes. The query builder writes names in quotes. */
const CHANGES =
  /^\s*(delete\s+from|update|replace\s+into|insert\s+or\s+replace\s+into|insert\s+into)\s+"?(\w+)"?/i

/**
 * Whether a statement takes sealed bytes away: it deletes rows of a table that holds some, or sets such a column anew.
 * Told from the statement's own text and the table's columns, so that no author of one has to think of it. Asked once a
 * text: its answer is kept with the compiled statement.
 */
export function erasesSealed(db: DatabaseSync, sql: string): boolean {
  const [, verb = '', table] = CHANGES.exec(sql) ?? []
  if (table === undefined) return false
  const columns = sealedColumns(db, table)
  if (columns.length === 0) return false
  if (/^(delete|replace|insert\s+or)/i.test(verb)) return true
  const [, set = ''] = /\sset\s(.*)$/is.exec(sql) ?? []
  return columns.some((column) => new RegExp(`"?\\b${column}\\b"?\\s*=`).test(set))
}

/** Columns whose bytes are sealed: by their names. `data_key` is a data key that KMS encrypted. */
function sealedColumns(db: DatabaseSync, table: string): readonly string[] {
  const rows = db.prepare('select name from pragma_table_info(?)').all(table) as { name: string }[]
  return rows.map(({ name }) => name).filter((name) => /^sealed|^data_key$/.test(name))
}
