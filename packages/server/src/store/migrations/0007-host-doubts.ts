import type { Migration } from './migration.ts'

/** What a task could not see any more of its host, and whether who unbinds may shut the door. */
export const hostDoubts: Migration = Object.freeze<Migration>({
  name: '0007-host-doubts',
  async run(db) {
    await db.schema
      .createTable('keypair_host_doubts')
      .addColumn('host_id', 'text', (c) => c.primaryKey())
      .addColumn('account_uid', 'text', (c) => c.notNull())
      .addColumn('task_id', 'text', (c) => c.notNull())
      .addColumn('may_lack', 'integer', (c) => c.notNull())
      .addColumn('lines', 'text', (c) => c.notNull())
      .addColumn('passwords', 'text', (c) => c.notNull())
      .addColumn('since', 'bigint', (c) => c.notNull())
      .execute()
    await db.schema
      .alterTable('keypair_tasks')
      .addColumn('allow_lockout', 'integer', (c) => c.notNull().defaultTo(0))
      .execute()
  },
})
