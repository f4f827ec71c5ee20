import { sql } from 'kysely'
import { createParts, registerHandle } from './handles.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { openConnection } from './sqlite/connection.ts'
import { readHandle, writeHandle } from './sqlite/handle.ts'
import type { ReadHandle, Store } from './store.ts'

/** What the program's own schema has: tables with their columns, and indexes with their tables. */
interface Shape {
  readonly tables: ReadonlyMap<string, ReadonlySet<string>>
  readonly indexes: ReadonlyMap<string, string>
}

const expected = new Map<string, Promise<Shape>>()

/**
 * What is missing in a database after the migrations that it has seen, a sentence each. What is there besides is no harm.
 * Throws a sentence where it is no database of ours, or a newer program's.
 */
export async function missingInSchema(store: Pick<Store, 'kind' | 'read'>): Promise<readonly string[]> {
  const found = store.kind === 'sqlite' ? await sqliteShape(store.read) : await postgresShape(store.read)
  if (!found.tables.has('migrations')) throw new Error('this is not the database of a keyward service')
  const rows = await store.read.selectFrom('migrations').select('name').execute()
  const applied = rows.map(({ name }) => name).sort()
  const unknown = applied.find((name) => !migrations.some((step) => step.name === name))
  if (unknown !== undefined)
    throw new Error(
      `the database was written by a newer keyward (\`${unknown}\`): use that version or a later one`,
    )
  const key = applied.join()
  const shape = expected.get(key) ?? schemaAfter(applied)
  expected.set(key, shape)
  const wanted = await shape
  const missing: string[] = []
  for (const [table, columns] of wanted.tables) {
    const has = found.tables.get(table)
    if (!has) missing.push(`the table \`${table}\` is missing`)
    else
      for (const column of columns)
        if (!has.has(column)) missing.push(`the table \`${table}\` has lost its column \`${column}\``)
  }
  for (const [index, table] of wanted.indexes) {
    if (found.tables.has(table) && !found.indexes.has(index))
      missing.push(`the table \`${table}\` has lost its index \`${index}\``)
  }
  return missing
}

/** The schema as these migrations make it, in memory. */
async function schemaAfter(applied: readonly string[]): Promise<Shape> {
  const connection = openConnection(':memory:', { readOnly: false })
  const read = readHandle(connection)
  try {
    const store: Store = {
      kind: 'sqlite',
      read,
      isUsed: () => false,
      snapshot: (body) => body(read),
      async write(body) {
        const tx = writeHandle(connection, () => true)
        registerHandle(tx, createParts({ kind: 'sqlite', run: connection.run }))
        return body(tx)
      },
      close: async () => {},
    }
    await migrate(
      store,
      migrations.filter(({ name }) => applied.includes(name)),
    )
    return await sqliteShape(read)
  } finally {
    connection.close()
  }
}

async function sqliteShape(db: ReadHandle): Promise<Shape> {
  const { rows } = await sql<{ type: string; name: string; tbl_name: string; col: string | null }>`
    select m.type, m.name, m.tbl_name, c.name as col
    from sqlite_schema as m left join pragma_table_info(m.name) as c on m.type = 'table'
    where m.name not like 'sqlite\\_%' escape '\\'`.execute(db)
  return shapeOf(rows)
}

async function postgresShape(db: ReadHandle): Promise<Shape> {
  const { rows } = await sql<{ type: string; name: string; tbl_name: string; col: string | null }>`
    select 'table' as type, table_name as name, table_name as tbl_name, column_name as col
    from information_schema.columns where table_schema = current_schema()
    union all
    select 'index', indexname, tablename, null from pg_indexes where schemaname = current_schema()`.execute(
    db,
  )
  return shapeOf(rows)
}

function shapeOf(
  rows: readonly { type: string; name: string; tbl_name: string; col: string | null }[],
): Shape {
  const tables = new Map<string, Set<string>>()
  const indexes = new Map<string, string>()
  for (const { type, name, tbl_name, col } of rows) {
    if (type === 'index') indexes.set(name, tbl_name)
    if (type !== 'table') continue
    const columns = tables.get(name) ?? new Set()
    if (col !== null) columns.add(col)
    tables.set(name, columns)
  }
  return { tables, indexes }
}
