import { sql } from 'kysely'
import type { Schema } from '../schema/index.ts'
import type { Migration } from './migration.ts'

/**
 * What the APIs of an organization know besides what a file declares: whether each kind of policy is switched on, tags,
 * dates, how a member joined, invitations, delegated administrators and trusted services.
 */
export const organizationCalls: Migration = Object.freeze<Migration>({
  name: '0014-organization-calls',
  async run(db) {
    const text = (table: keyof Schema, column: string, otherwise: string) =>
      db.schema
        .alterTable(table)
        .addColumn(column, 'text', (c) => c.notNull().defaultTo(otherwise))
        .execute()
    const date = (table: keyof Schema, column: string) =>
      db.schema
        .alterTable(table)
        .addColumn(column, 'bigint', (c) => c.notNull().defaultTo(0))
        .execute()
    // Until now every organization was declared in a file, and its policies counted.
    for (const column of ['ram_enabled', 'iam_enabled'])
      await db.schema
        .alterTable('organizations')
        .addColumn(column, 'integer', (c) => c.notNull().defaultTo(1))
        .execute()
    await text('organization_folders', 'tags', '{}')
    await text('organization_policies', 'tags', '{}')
    await date('organization_policies', 'updated_at')
    await text('organization_members', 'tags', '{}')
    await text('organization_members', 'description', '')
    await text('organization_members', 'joined', 'invited')
    await date('organization_members', 'updated_at')
    await date('organization_attachments', 'created_at')
    await sql`update organization_policies set updated_at = created_at`.execute(db)
    await sql`update organization_members set updated_at = created_at`.execute(db)
    await db.schema
      .createTable('organization_handshakes')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('folder_id', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('note', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('organization_delegations')
      .addColumn('account_uid', 'text', (c) => c.notNull().references('accounts.id'))
      .addColumn('service', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('organization_delegations_key', ['account_uid', 'service'])
      .execute()
    await db.schema
      .createTable('organization_services')
      .addColumn('service', 'text', (c) => c.primaryKey())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute()
  },
})
