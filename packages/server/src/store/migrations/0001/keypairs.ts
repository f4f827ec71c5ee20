import type { Kysely } from 'kysely'
import type { Schema } from '../../schema/index.ts'

/**
 * Tables of `schema/keypairs.ts`. A name is unique among the pairs of a project that belong to the account, and among
 * those that belong to one user (reference/huawei-kps.md A.7); that no name of one kind equals one of the other is the
 * domain's rule.
 */
export async function createKeypairTables(db: Kysely<Schema>): Promise<void> {
  const { schema } = db
  await schema
    .createTable('keypairs')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('account_uid', 'text', (c) => c.notNull())
    .addColumn('project_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('scope', 'text', (c) => c.notNull())
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
    .addUniqueConstraint('keypairs_by_number', ['account_uid', 'number'])
    .execute()
  await schema
    .createIndex('keypairs_of_account')
    .unique()
    .on('keypairs')
    .columns(['project_id', 'name'])
    .where('scope', '=', 'domain')
    .execute()
  await schema
    .createIndex('keypairs_of_user')
    .unique()
    .on('keypairs')
    .columns(['project_id', 'user_id', 'name'])
    .where('scope', '=', 'user')
    .execute()
}
