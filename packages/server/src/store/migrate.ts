import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { isUniqueViolation } from './errors.ts'
import { migrations } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'
import type { Store } from './store.ts'

/** How long a process that migrates may be silent before another takes over, in milliseconds. */
const LEASE = 60_000
/** PostgreSQL's codes for a table, and for its row type, that somebody made a moment ago. */
const ALREADY_THERE = new Set(['42P07', '42710'])

/**
 * Brings the database to the present schema, one transaction a step. Processes that start together wait for the one
 * that holds the lock, a row (no advisory lock: not every engine has them). Throws a sentence when the database was
 * written by a newer program.
 */
export async function migrate(store: Store, steps: readonly Migration[] = migrations): Promise<void> {
  await createOwnTables(store)
  if ((await missing(store, steps)).length === 0) return
  const owner = randomUUID()
  while (!(await takeLock(store, owner))) {
    await sleep(100)
    if ((await missing(store, steps)).length === 0) return
  }
  // A step on a large table takes longer than the lease. The lock's row is never touched within a step's transaction:
  // on PostgreSQL all who look at it would wait for the step.
  const renewing = setInterval(() => {
    holdLock(store, owner).catch(() => {})
  }, LEASE / 4)
  try {
    for (const step of await missing(store, steps)) {
      if (!(await holdLock(store, owner)))
        throw new Error('another process took over the migration of the database')
      await runStep(store, step)
    }
  } finally {
    clearInterval(renewing)
    await store.write((tx) =>
      tx.updateTable('migration_lock').set({ owner: '', until: 0 }).where('owner', '=', owner).execute(),
    )
  }
}

/**
 * One transaction, however long it takes. Its first statement claims the step's name: should two processes run it after
 * all, the second waits for the first and then fails, with nothing done.
 */
async function runStep(store: Store, step: Migration): Promise<void> {
  await store.write(
    async (tx) => {
      await tx.insertInto('migrations').values({ name: step.name, applied_at: Date.now() }).execute()
      await step.run(tx, store.kind === 'sqlite' ? 'blob' : 'bytea')
    },
    { unlimited: true },
  )
}

async function holdLock(store: Store, owner: string): Promise<boolean> {
  const held = await store.write((tx) =>
    tx
      .updateTable('migration_lock')
      .set({ until: Date.now() + LEASE })
      .where('owner', '=', owner)
      .executeTakeFirst(),
  )
  return held.numUpdatedRows === 1n
}

/** Steps that the database has not seen, oldest first. */
async function missing(store: Store, steps: readonly Migration[]): Promise<readonly Migration[]> {
  const applied = new Set(
    (await store.read.selectFrom('migrations').select('name').execute()).map((m) => m.name),
  )
  const unknown = [...applied].filter((name) => !steps.some((step) => step.name === name)).sort()
  if (unknown.length > 0) {
    throw new Error(
      `the database was written by a newer keyward (\`${unknown[0]}\`): start that version or a later one`,
    )
  }
  return steps.filter((step) => !applied.has(step.name))
}

async function takeLock(store: Store, owner: string): Promise<boolean> {
  const now = Date.now()
  const taken = await store.write((tx) =>
    tx
      .updateTable('migration_lock')
      .set({ owner, until: now + LEASE })
      .where('id', '=', 1)
      // A lock for far longer than any was taken by a clock that was wrong.
      .where((eb) => eb.or([eb('until', '<=', now), eb('until', '>', now + 10 * LEASE)]))
      .executeTakeFirst(),
  )
  return taken.numUpdatedRows === 1n
}

async function createOwnTables(store: Store): Promise<void> {
  // Two processes that create one table at the same moment: one of them is told of a duplicate.
  for (let attempt = 1; ; attempt += 1) {
    try {
      await store.write(async (tx) => {
        await tx.schema
          .createTable('migrations')
          .ifNotExists()
          .addColumn('name', 'text', (c) => c.primaryKey())
          .addColumn('applied_at', 'bigint', (c) => c.notNull())
          .execute()
        await tx.schema
          .createTable('migration_lock')
          .ifNotExists()
          .addColumn('id', 'integer', (c) => c.primaryKey().check(sql`id = 1`))
          .addColumn('owner', 'text', (c) => c.notNull())
          .addColumn('until', 'bigint', (c) => c.notNull())
          .execute()
        await tx
          .insertInto('migration_lock')
          .values({ id: 1, owner: '', until: 0 })
          .onConflict((c) => c.doNothing())
          .execute()
      })
      return
    } catch (error) {
      const raced = isUniqueViolation(error) || ALREADY_THERE.has(String((error as { code?: unknown }).code))
      if (!raced || attempt === 5) throw error
      await sleep(50)
    }
  }
}
