import { sql } from 'kysely'
import type { Store } from '../../store/store.ts'
import type { Damage } from './findings.ts'

/**
 * Reads every value of every table of a PostgreSQL database, which shows a page that its server cannot read. Its own
 * tools (`amcheck`, checksums) find more.
 */
export async function unreadableTables(store: Pick<Store, 'read'>): Promise<readonly Damage[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(store.read)
  const found: Damage[] = []
  for (const { name } of tables) {
    try {
      await sql`select sum(length(t::text)) from ${sql.table(name)} as t`.execute(store.read)
    } catch (error) {
      const { cause, message } = error as { cause?: { message?: string }; message: string }
      found.push({ part: 'file', table: name, what: cause?.message ?? message })
    }
  }
  return found
}
