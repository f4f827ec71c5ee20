import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMeta, writeMeta } from './meta.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'
import { openStore } from './open.ts'
import { openPostgres } from './postgres/store.ts'
import { missingInSchema } from './schema-check.ts'
import type { Store } from './store.ts'
import { testDatabases } from './testing/databases.ts'

const GROUPS = { maxWaitingOfAccount: 10, maxGroup: 10, patience: 5000 }
const LIMITS = { bodyTimeout: 100, queryTimeout: 200, connectTimeout: 5000 }

describe('the list of migrations', () => {
  it('is numbered in order, no number twice', () => {
    const numbers = migrations.map((step) => Number(step.name.slice(0, 4)))
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    for (const step of migrations) expect(step.name).toMatch(/^\d{4}-[a-z-]+$/)
  })
})

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`migrations on ${database.name}`, () => {
    let url: string
    let store: Store
    beforeEach(async () => {
      url = await database.fresh()
      store = await openStore(url)
    })
    afterEach(() => store.close())

    const applied = async () =>
      (await store.read.selectFrom('migrations').select('name').execute()).map((m) => m.name)
    const step = (name: string, run: Migration['run']): Migration => ({ name, run })

    it('leave all that the look at the schema asks for, also where a database cuts long names', async () => {
      expect(await missingInSchema(store)).toEqual([])
    })

    it('are applied once, and recorded by name', async () => {
      expect(await applied()).toEqual(migrations.map((m) => m.name))
      let runs = 0
      const next = step('0002-next', async (db) => {
        runs += 1
        await db.schema.createTable('next').addColumn('id', 'text').execute()
      })
      await migrate(store, [...migrations, next])
      await migrate(store, [...migrations, next])
      expect(runs).toBe(1)
      expect((await applied()).sort()).toEqual([...migrations.map((m) => m.name), '0002-next'].sort())
    })

    it('make a schema in which nothing is found missing', async () => {
      expect(await missingInSchema(store)).toEqual([])
    })

    it('leave nothing of a step that failed, and can be tried again', async () => {
      let broken = true
      const next = step('0002-next', async (db) => {
        await db.schema.createTable('half').addColumn('id', 'text').execute()
        await writeMeta(db as never, 'half', 'x')
        if (broken) throw new Error('half way')
      })
      await expect(migrate(store, [...migrations, next])).rejects.toThrow('half way')
      expect(await applied()).toEqual(migrations.map((m) => m.name))
      expect(await readMeta(store.read, 'half')).toBeUndefined()
      broken = false
      await migrate(store, [...migrations, next])
      expect(await readMeta(store.read, 'half')).toBe('x')
    })

    it('refuse a database that a newer program wrote', async () => {
      const next = step('0999-later', async () => {})
      await migrate(store, [...migrations, next])
      await store.close()
      await expect(openStore(url)).rejects.toThrow('written by a newer keyward (`0999-later`)')
      store = await openStore(url, { migrate: false })
    })

    it('are run by one of several that start together', async () => {
      let runs = 0
      const next = step('0002-next', async (db) => {
        runs += 1
        await db.schema.createTable('next').addColumn('id', 'text').execute()
      })
      const others =
        store.kind === 'postgres'
          ? await Promise.all([openStore(url), openStore(url), openStore(url)])
          : [store]
      await Promise.all(others.map((one) => migrate(one, [...migrations, next])))
      expect(runs).toBe(1)
      await Promise.all(others.filter((one) => one !== store).map((one) => one.close()))
    })

    it('may take longer than a body and than a query', async () => {
      await store.close()
      store =
        database.name === 'postgres'
          ? await openPostgres(url, { ...LIMITS, maxConnections: 2, attempts: 3, maxWaiting: 10, ...GROUPS })
          : await openStore(url, LIMITS)
      const slow = step('0998-slow', async (db) => {
        if (store.kind === 'postgres') await sql`select pg_sleep(0.4)`.execute(db)
        await sleep(200)
        await db.schema.createTable('slow').addColumn('id', 'text').execute()
      })
      await migrate(store, [...migrations, slow])
      expect(await applied()).toContain('0998-slow')
      // Every other body is still bounded.
      await expect(store.write(() => sleep(400))).rejects.toThrow('took too long')
    })

    it('are taken over from a process that died holding the lock', async () => {
      await store.write((tx) => tx.updateTable('migration_lock').set({ owner: 'dead', until: 1 }).execute())
      await migrate(store, [...migrations, step('0002-next', async () => {})])
      expect(await applied()).toContain('0002-next')
    })
  })
}
