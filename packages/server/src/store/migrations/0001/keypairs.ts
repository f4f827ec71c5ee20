import type { Kysely } from 'kysely'
import type { Schema } from '../../schema/index.ts'

/**
 * Tables of `schema/keypairs.ts`. A name is unique among the pairs that everyone sees and among those that one identity
 * sees; that no name of one kind equals one of the other is the domain's rule (reference: huawei-kps.md A.7).
 */
export async function createKeypairTables(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('keypairs')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('account_uid', 'text', (c) => c.notNull())
    .addColumn('project_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('visible_to', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('user_name', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('algorithm', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('fingerprint', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('version', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('keypairs_by_name', ['project_id', 'name', 'visible_to'])
    .addUniqueConstraint('keypairs_by_number', ['account_uid', 'number'])
    .execute()
  await db.schema
    .createTable('keypair_numbers')
    .addColumn('account_uid', 'text', (c) => c.primaryKey())
    .addColumn('last', 'bigint', (c) => c.notNull())
    .execute()
}
