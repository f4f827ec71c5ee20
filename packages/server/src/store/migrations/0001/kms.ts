import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../schema/index.ts'
import type { BytesType } from '../migration.ts'

/** Tables of `schema/kms.ts`. */
export async function createKeyTables(db: Kysely<Schema>, bytes: BytesType): Promise<void> {
  const { schema } = db
  await schema
    .createTable('kms_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_uid', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('creator', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('key_spec', 'text', (c) => c.notNull())
    .addColumn('key_usage', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('protection_level', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('primary_version_id', 'text')
    .addColumn('policy', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('delete_at', 'bigint')
    .addColumn('deletion_protection', 'integer', (c) => c.notNull())
    .addColumn('deletion_protection_description', 'text', (c) => c.notNull())
    .addColumn('instance_id', 'text')
    .addColumn('automatic_rotation', 'integer', (c) => c.notNull())
    .addColumn('rotation_interval_s', 'bigint')
    .addColumn('last_rotation_at', 'bigint', (c) => c.notNull())
    .addColumn('next_rotation_at', 'bigint')
    .addColumn('material_expires_at', 'bigint')
    .addColumn('material_check', sql.raw(bytes))
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('version', 'bigint', (c) => c.notNull())
    .execute()
  await schema
    .createIndex('kms_keys_by_account')
    .on('kms_keys')
    .columns(['account_uid', 'created_at', 'id'])
    .execute()
  await schema
    .createTable('kms_key_versions')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key_id', 'text', (c) => c.notNull().references('kms_keys.id'))
    .addColumn('account_uid', 'text', (c) => c.notNull())
    .addColumn('sealed_material', sql.raw(bytes))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  await schema.createIndex('kms_key_versions_by_key').on('kms_key_versions').columns(['key_id']).execute()
  await schema
    .createTable('kms_aliases')
    .addColumn('account_uid', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('key_id', 'text', (c) => c.notNull().references('kms_keys.id'))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('version', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('kms_aliases_name', ['account_uid', 'region', 'name'])
    .execute()
  await schema.createIndex('kms_aliases_by_key').on('kms_aliases').columns(['key_id']).execute()
  for (const due of ['delete_at', 'next_rotation_at', 'material_expires_at'] as const) {
    await schema.createIndex(`kms_keys_${due}`).on('kms_keys').columns([due]).execute()
  }
}
