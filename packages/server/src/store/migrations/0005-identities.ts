import { sql } from 'kysely'
import type { Schema } from '../schema/index.ts'
import type { Migration } from './migration.ts'

/** Tables whose rows say whether a file or a call of the API made them. */
const DECLARED: readonly (keyof Schema)[] = [
  'accounts',
  'users',
  'user_groups',
  'group_members',
  'roles',
  'policies',
  'policy_attachments',
  'access_keys',
  'organization_policies',
  'organization_folders',
  'organization_members',
]

/** Tables of entities that have a date of their last change. */
const CHANGED: readonly (keyof Schema)[] = ['users', 'user_groups', 'roles', 'policies']

/**
 * Who declared an entity, when it changed, and what the APIs of identities know besides: versions of policies, tags of
 * policies, the contacts of users, their login profiles, aliases of accounts, the last use of access keys.
 */
export const identities: Migration = Object.freeze<Migration>({
  name: '0005-identities',
  async run(db) {
    for (const table of DECLARED) {
      await db.schema
        .alterTable(table)
        // Until now everything was declared in a file, or made at the first start, of which no file takes anything away.
        .addColumn('declared_by', 'text', (c) => c.notNull().defaultTo('file'))
        .execute()
    }
    for (const table of CHANGED) {
      await db.schema
        .alterTable(table)
        .addColumn('updated_at', 'bigint', (c) => c.notNull().defaultTo(0))
        .execute()
      await sql`update ${sql.table(table)} set updated_at = created_at`.execute(db)
    }
    const text = (table: keyof Schema, column: string, otherwise: string) =>
      db.schema
        .alterTable(table)
        .addColumn(column, 'text', (c) => c.notNull().defaultTo(otherwise))
        .execute()
    await text('users', 'mobile_phone', '')
    await text('users', 'email', '')
    await text('policies', 'tags', '{}')
    const number = (table: keyof Schema, column: string) =>
      db.schema
        .alterTable(table)
        .addColumn(column, 'integer', (c) => c.notNull().defaultTo(1))
        .execute()
    await number('policies', 'default_version')
    await number('policies', 'latest_version')
    await db.schema
      .createTable('policy_versions')
      .addColumn('policy_id', 'text', (c) => c.notNull().references('policies.id'))
      .addColumn('number', 'integer', (c) => c.notNull())
      .addColumn('document', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('policy_versions_key', ['policy_id', 'number'])
      .execute()
    await sql`insert into policy_versions (policy_id, number, document, created_at)
      select id, 1, document, created_at from policies`.execute(db)
    await db.schema
      .createTable('login_profiles')
      .addColumn('user_id', 'text', (c) => c.primaryKey().references('users.id'))
      .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('reset_required', 'integer', (c) => c.notNull())
      .addColumn('mfa_required', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('account_aliases')
      .addColumn('account_uid', 'text', (c) => c.primaryKey().references('accounts.id'))
      .addColumn('alias', 'text', (c) => c.notNull().unique())
      .execute()
    await db.schema
      .createTable('access_key_uses')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('used_at', 'bigint', (c) => c.notNull())
      .execute()
  },
})
