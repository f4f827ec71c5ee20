import type { Migration } from './migration.ts'

/** When keys, secrets and roles were last used. */
export const resourceUses: Migration = Object.freeze<Migration>({
  name: '0019-resource-uses',
  async run(db) {
    await db.schema
      .createTable('resource_uses')
      .addColumn('resource', 'text', (c) => c.primaryKey())
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('used_at', 'bigint', (c) => c.notNull())
      .execute()
  },
})
