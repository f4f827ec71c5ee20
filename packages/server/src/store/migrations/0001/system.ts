import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../schema/index.ts'
import type { BytesType } from '../migration.ts'

/** Tables of `schema/system.ts`, apart from those of the migrations themselves (`migrate.ts`). */
export async function createSystemTables(db: Kysely<Schema>, bytes: BytesType): Promise<void> {
  const blob = sql.raw(bytes)
  const { schema } = db
  // Small rows found by their key alone live in the key's own tree: half the pages to write.
  const keyed = bytes === 'blob' ? sql`without rowid` : sql``
  await schema
    .createTable('meta')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute()
  await schema
    .createTable('revisions')
    .addColumn('account_uid', 'text', (c) => c.primaryKey())
    .addColumn('revision', 'bigint', (c) => c.notNull())
    .modifyEnd(keyed)
    .execute()
  // On PostgreSQL the key finds a nonce that another process used, in whichever minute. On SQLite memory does (see
  // nonces.ts): the rows are only read again at the next start, so they lie in the order in which they come.
  const nonces = schema
    .createTable('nonces')
    .addColumn('bucket', 'bigint', (c) => c.notNull())
    .addColumn('id', blob, (c) => c.notNull())
  await (bytes === 'blob' ? nonces : nonces.addPrimaryKeyConstraint('nonces_key', ['id'])).execute()
  await schema.createIndex('nonces_by_bucket').on('nonces').columns(['bucket']).execute()
  await schema
    .createTable('audit_chains')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('hash', blob, (c) => c.notNull())
    .addColumn('seal', blob, (c) => c.notNull())
    .execute()
  await schema
    .createTable('audit_batches')
    .addColumn('chain_id', 'text', (c) => c.notNull())
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('first_time', 'bigint', (c) => c.notNull())
    .addColumn('last_time', 'bigint', (c) => c.notNull())
    .addColumn('entries', 'text', (c) => c.notNull())
    .addColumn('digests', blob, (c) => c.notNull())
    .addColumn('previous', blob, (c) => c.notNull())
    .addColumn('hash', blob, (c) => c.notNull())
    .addColumn('seal', blob, (c) => c.notNull())
    .addPrimaryKeyConstraint('audit_batches_key', ['chain_id', 'sequence'])
    .execute()
  await schema
    .createIndex('audit_batches_by_time')
    .on('audit_batches')
    .columns(['first_time', 'chain_id', 'sequence'])
    .execute()
  await schema
    .createTable('audit_pending')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('chain_id', 'text', (c) => c.notNull())
    .addColumn('written_at', 'bigint', (c) => c.notNull())
    .addColumn('entry', 'text', (c) => c.notNull())
    .addColumn('seal', blob, (c) => c.notNull())
    .execute()
  await schema
    .createTable('jobs')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('fence', 'bigint', (c) => c.notNull())
    .addColumn('lease_until', 'bigint', (c) => c.notNull())
    .addColumn('next_at', 'bigint', (c) => c.notNull())
    .execute()
}
