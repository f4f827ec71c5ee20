import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Who sees a task, kept beside the pair's name; and which key versions were made by hand. */
export const tasksAndVersions: Migration = Object.freeze<Migration>({
  name: '0004-tasks-and-versions',
  async run(db) {
    await db.schema
      .alterTable('keypair_tasks')
      .addColumn('visible_to', 'text', (c) => c.notNull().defaultTo('*'))
      .execute()
    // Tasks of pairs that are gone stay everyone's, as they were.
    await sql`update keypair_tasks set visible_to = coalesce(
      (select visible_to from keypairs where keypairs.id = keypair_tasks.keypair_id), '*')`.execute(db)
    await db.schema
      .alterTable('kms_key_versions')
      .addColumn('by_hand', 'integer', (c) => c.notNull().defaultTo(0))
      .execute()
  },
})
