import { type CreateTableBuilder, type Kysely, sql } from 'kysely'
import type { Schema } from '../../schema/index.ts'
import type { BytesType } from '../migration.ts'

type Columns = CreateTableBuilder<string, string>

/**
 * Tables of `schema/identity.ts`. The unique keys double as the indexes of the look-ups by name.
 *
 * `policy_attachments.policy_id` references nothing: built-in policies have attachments and no row.
 */
export async function createIdentityTables(db: Kysely<Schema>, bytes: BytesType): Promise<void> {
  const tables: Columns[] = [
    withVersion(
      db.schema
        .createTable('accounts')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('domain_id', 'text', (c) => c.notNull().unique())
        .addColumn('project_id', 'text', (c) => c.notNull().unique())
        .addColumn('name', 'text', (c) => c.notNull().unique()),
    ),
    db.schema
      .createTable('directory')
      .addColumn('number', 'integer', (c) => c.primaryKey().check(sql`number = 1`))
      .addColumn('operator_uid', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('created_at', 'bigint', (c) => c.notNull()),
    withVersion(
      named(db, 'users')
        .addColumn('ram_id', 'text', (c) => c.notNull())
        .addColumn('display_name', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addColumn('tags', 'text', (c) => c.notNull().defaultTo('{}'))
        .addUniqueConstraint('users_by_name', ['account_uid', 'name'])
        .addUniqueConstraint('users_by_ram_id', ['account_uid', 'ram_id']),
    ),
    withVersion(
      named(db, 'user_groups')
        .addColumn('description', 'text', (c) => c.notNull())
        .addUniqueConstraint('user_groups_by_name', ['account_uid', 'name']),
    ),
    withVersion(
      db.schema
        .createTable('group_members')
        .addColumn('group_id', 'text', (c) => c.notNull().references('user_groups.id'))
        .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
        .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
        .addPrimaryKeyConstraint('group_members_key', ['user_id', 'group_id']),
    ),
    withVersion(
      named(db, 'roles')
        .addColumn('ram_id', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addColumn('trust_ram', 'text', (c) => c.notNull())
        .addColumn('trust_iam', 'text', (c) => c.notNull())
        .addColumn('max_session', 'integer', (c) => c.notNull())
        .addColumn('tags', 'text', (c) => c.notNull().defaultTo('{}'))
        .addColumn('service', 'text', (c) => c.notNull().defaultTo(''))
        .addUniqueConstraint('roles_by_name', ['account_uid', 'name'])
        .addUniqueConstraint('roles_by_ram_id', ['account_uid', 'ram_id']),
    ),
    withVersion(
      named(db, 'policies')
        .addColumn('language', 'text', (c) => c.notNull())
        .addColumn('document', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addUniqueConstraint('policies_by_name', ['account_uid', 'language', 'name']),
    ),
    withVersion(
      db.schema
        .createTable('policy_attachments')
        .addColumn('policy_id', 'text', (c) => c.notNull())
        .addColumn('target_kind', 'text', (c) => c.notNull())
        .addColumn('target_id', 'text', (c) => c.notNull())
        .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
        .addPrimaryKeyConstraint('policy_attachments_key', ['target_id', 'policy_id']),
    ),
    withVersion(
      db.schema
        .createTable('access_keys')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
        .addColumn('user_id', 'text', (c) => c.references('users.id'))
        .addColumn('sealed_secret', sql.raw(bytes), (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('label', 'text'),
    ),
  ]
  for (const table of [...tables, ...organizationTables(db)]) await table.execute()
  await index(db, 'access_keys', ['account_uid', 'user_id'])
  await index(db, 'group_members', ['group_id'])
  await index(db, 'group_members', ['account_uid'])
  await index(db, 'policy_attachments', ['account_uid'])
  await index(db, 'policy_attachments', ['policy_id'])
}

function organizationTables(db: Kysely<Schema>): Columns[] {
  return [
    withVersion(
      db.schema
        .createTable('organizations')
        .addColumn('number', 'integer', (c) => c.primaryKey().check(sql`number = 1`))
        .addColumn('id', 'text', (c) => c.notNull())
        .addColumn('management_uid', 'text', (c) => c.notNull().references('accounts.id')),
    ),
    withVersion(
      db.schema
        .createTable('organization_folders')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('parent_id', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addUniqueConstraint('organization_folders_by_name', ['parent_id', 'name']),
    ),
    withVersion(
      db.schema
        .createTable('organization_members')
        .addColumn('account_uid', 'text', (c) => c.primaryKey().references('accounts.id'))
        .addColumn('folder_id', 'text', (c) => c.notNull().references('organization_folders.id')),
    ),
    withVersion(
      db.schema
        .createTable('organization_policies')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('language', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('document', 'text', (c) => c.notNull())
        .addColumn('description', 'text', (c) => c.notNull())
        .addUniqueConstraint('organization_policies_by_name', ['language', 'name']),
    ),
    db.schema
      .createTable('organization_attachments')
      .addColumn('target_id', 'text', (c) => c.notNull())
      .addColumn('policy_id', 'text', (c) => c.notNull())
      .addColumn('language', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('organization_attachments_key', ['target_id', 'policy_id']),
    withVersion(
      db.schema
        .createTable('networks')
        .addColumn('cidr', 'text', (c) => c.primaryKey())
        .addColumn('vpc_id', 'text', (c) => c.notNull())
        .addColumn('endpoint_id', 'text', (c) => c.notNull()),
    ),
  ]
}

function named(db: Kysely<Schema>, table: string): Columns {
  return db.schema
    .createTable(table)
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('name', 'text', (c) => c.notNull())
}

function withVersion(table: CreateTableBuilder<string, string>): Columns {
  return table
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
}

function index(db: Kysely<Schema>, table: string, columns: string[]): Promise<void> {
  return db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute()
}
