import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** The keyring under the root key, and how often its generations were used. */
export const keyring: Migration = Object.freeze<Migration>({
  name: '0002-keyring',
  async run(db, bytes) {
    const blob = sql.raw(bytes)
    await db.schema
      .createTable('keyring')
      .addColumn('id', 'integer', (c) => c.primaryKey().check(sql`id = 1`))
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addColumn('sealed', blob, (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('keyring_uses')
      .addColumn('generation', 'bigint', (c) => c.primaryKey())
      .addColumn('uses', 'bigint', (c) => c.notNull())
      .execute()
    await db.schema
      .alterTable('kms_key_versions')
      .addColumn('uses', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute()
  },
})
