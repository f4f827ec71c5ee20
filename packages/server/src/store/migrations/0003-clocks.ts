import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Clocks of the processes, and the signed time up to which nonces were forgotten. */
export const clocks: Migration = Object.freeze<Migration>({
  name: '0003-clocks',
  async run(db, bytes) {
    const keyed = bytes === 'blob' ? sql`without rowid` : sql``
    await db.schema
      .createTable('clocks')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('boot', 'text', (c) => c.notNull())
      .addColumn('wall', 'bigint', (c) => c.notNull())
      .addColumn('seen', 'bigint', (c) => c.notNull())
      .addColumn('trusted_wall', 'bigint')
      .addColumn('trusted_uptime', 'bigint')
      .modifyEnd(keyed)
      .execute()
    await db.schema
      .createTable('nonce_floor')
      .addColumn('id', 'integer', (c) => c.primaryKey().check(sql`id = 1`))
      .addColumn('bucket', 'bigint', (c) => c.notNull())
      .execute()
    await db.insertInto('nonce_floor').values({ id: 1, bucket: 0 }).execute()
  },
})
