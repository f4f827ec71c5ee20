import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Rotation of managed secrets, and the databases and users of hosts that they may have. */
export const secretRotation: Migration = Object.freeze<Migration>({
  name: '0010-secret-rotation',
  async run({ schema }, bytes) {
    await schema
      .createTable('secret_targets')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('engine', 'text', (c) => c.notNull())
      .addColumn('address', 'text', (c) => c.notNull())
      .addColumn('port', 'integer', (c) => c.notNull())
      .addColumn('database', 'text', (c) => c.notNull())
      .addColumn('tls', 'text', (c) => c.notNull())
      .addColumn('ca', 'text', (c) => c.notNull())
      .addColumn('administrator', 'text', (c) => c.notNull())
      .addColumn('sealed_password', sql.raw(bytes), (c) => c.notNull())
      .addColumn('accounts', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('version', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('secret_targets_by_name', ['account_uid', 'name'])
      .execute()
    await schema
      .createTable('secret_host_users')
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('host', 'text', (c) => c.notNull())
      .addColumn('users', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('secret_host_users_by_host', ['account_uid', 'host'])
      .execute()
    await schema
      .createTable('secret_rotations')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('secret_id', 'text', (c) => c.notNull().unique())
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('version_id', 'text', (c) => c.notNull())
      .addColumn('cause', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('new_row', 'text')
      .addColumn('old_row', 'text')
      .addColumn('retire_at', 'bigint')
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
      .addColumn('error_code', 'text', (c) => c.notNull())
      .addColumn('error_message', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute()
    await schema
      .createIndex('secret_rotations_next')
      .on('secret_rotations')
      .columns(['next_attempt_at'])
      .execute()
    // Why the last rotation did not go on: a sentence for people; and how many rotations an hour has seen.
    for (const [column, type] of [
      ['rotation_error', 'text'],
      ['rotations_since', 'bigint'],
      ['rotations_count', 'integer'],
    ] as const) {
      await schema.alterTable('secrets').addColumn(column, type).execute()
    }
  },
})
