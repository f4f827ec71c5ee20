import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Where the beginning of a chain was taken out of the database, and how far entries were sent to another system. */
export const auditRetention: Migration = Object.freeze<Migration>({
  name: '0016-audit-retention',
  async run(db, bytes) {
    const blob = sql.raw(bytes)
    await db.schema
      .createTable('audit_floors')
      .addColumn('chain_id', 'text', (c) => c.primaryKey())
      .addColumn('sequence', 'bigint', (c) => c.notNull())
      .addColumn('hash', blob, (c) => c.notNull())
      .addColumn('seal', blob, (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('audit_sent')
      .addColumn('sink', 'text', (c) => c.notNull())
      .addColumn('chain_id', 'text', (c) => c.notNull())
      .addColumn('sequence', 'bigint', (c) => c.notNull())
      .addColumn('seal', blob, (c) => c.notNull())
      .addPrimaryKeyConstraint('audit_sent_key', ['sink', 'chain_id'])
      .execute()
  },
})
