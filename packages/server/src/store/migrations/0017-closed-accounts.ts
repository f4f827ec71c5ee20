import type { Schema } from '../schema/index.ts'
import type { Migration } from './migration.ts'

/** Accounts that are closed, and whether a resource directory lets members be deleted. */
export const closedAccounts: Migration = Object.freeze<Migration>({
  name: '0017-closed-accounts',
  async run(db) {
    const number = (table: keyof Schema, column: string, type: 'bigint' | 'integer') =>
      db.schema
        .alterTable(table)
        .addColumn(column, type, (c) => c.notNull().defaultTo(0))
        .execute()
    await number('accounts', 'closed_at', 'bigint')
    await number('organizations', 'deletion_enabled', 'integer')
    await number('organization_members', 'checked_at', 'bigint')
    await db.schema
      .createTable('account_closures')
      .addColumn('id', 'text', (c) => c.primaryKey().references('accounts.id'))
      .addColumn('organization_id', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('folder_id', 'text', (c) => c.notNull())
      .addColumn('attached', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('tags', 'text', (c) => c.notNull())
      .addColumn('joined_at', 'bigint', (c) => c.notNull())
      .addColumn('closed_at', 'bigint', (c) => c.notNull())
      .addColumn('ends_at', 'bigint', (c) => c.notNull())
      .addColumn('destroyed_at', 'bigint', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .execute()
  },
})
