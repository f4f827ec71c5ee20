import type { Migration } from './migration.ts'

/** What an account says of passwords and sign-in. */
export const accountSettings: Migration = Object.freeze<Migration>({
  name: '0009-account-settings',
  async run(db) {
    await db.schema
      .createTable('account_settings')
      .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('account_settings_key', ['account_uid', 'name'])
      .execute()
  },
})
