import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Secrets with their versions and stages, and the KMS keys that the service makes for itself. */
export const secrets: Migration = Object.freeze<Migration>({
  name: '0006-secrets',
  async run(db, bytes) {
    const { schema } = db
    await schema.alterTable('kms_keys').addColumn('service', 'text').execute()
    await schema
      .createTable('secrets')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('region', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('creator', 'text', (c) => c.notNull())
      .addColumn('policy', 'text', (c) => c.notNull())
      .addColumn('tags', 'text', (c) => c.notNull())
      .addColumn('extended_config', 'text')
      .addColumn('kms_key_id', 'text', (c) => c.notNull())
      .addColumn('service_key', 'integer', (c) => c.notNull())
      .addColumn('instance_id', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('delete_at', 'bigint')
      .addColumn('automatic_rotation', 'integer', (c) => c.notNull())
      .addColumn('rotation_interval_s', 'bigint')
      .addColumn('last_rotation_at', 'bigint')
      .addColumn('next_rotation_at', 'bigint')
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('secrets_name', ['account_uid', 'region', 'name'])
      .execute()
    for (const due of ['delete_at', 'next_rotation_at'] as const) {
      await schema.createIndex(`secrets_${due}`).on('secrets').columns([due]).execute()
    }
    await schema
      .createTable('secret_versions')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('secret_id', 'text', (c) => c.notNull().references('secrets.id'))
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('version_id', 'text', (c) => c.notNull())
      .addColumn('data_type', 'text', (c) => c.notNull())
      .addColumn('sealed_value', sql.raw(bytes), (c) => c.notNull())
      .addColumn('data_key', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('position', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('secret_versions_name', ['secret_id', 'version_id'])
      .execute()
    await schema
      .createTable('secret_stages')
      .addColumn('secret_id', 'text', (c) => c.notNull().references('secrets.id'))
      .addColumn('stage', 'text', (c) => c.notNull())
      .addColumn('version_row', 'text', (c) => c.notNull().references('secret_versions.id'))
      .addPrimaryKeyConstraint('secret_stages_name', ['secret_id', 'stage'])
      .execute()
    // A row is looked for by its version when that goes.
    await schema.createIndex('secret_stages_version').on('secret_stages').columns(['version_row']).execute()
  },
})
