import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Revisions by what they are of, with the last entities that moved them; and a row an account that its writers lock.
 * Revisions begin anew: nobody serves from what an older process held.
 */
export const kindsOfRevisions: Migration = Object.freeze<Migration>({
  name: '0008-kinds-of-revisions',
  async run(db, bytes) {
    const keyed = bytes === 'blob' ? sql`without rowid` : sql``
    await db.schema.dropTable('revisions').execute()
    await db.schema
      .createTable('revisions')
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('revision', 'bigint', (c) => c.notNull())
      .addColumn('recent', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('revisions_key', ['account_uid', 'kind'])
      .modifyEnd(keyed)
      .execute()
    await db.schema
      .createTable('account_locks')
      .addColumn('account_uid', 'text', (c) => c.primaryKey())
      .modifyEnd(keyed)
      .execute()
  },
})
