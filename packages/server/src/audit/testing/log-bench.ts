import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Refusal } from '../../base/problem.ts'
import { writeMeta } from '../../store/meta.ts'
import { openStore } from '../../store/open.ts'
import type { SqliteStore } from '../../store/sqlite/store.ts'
import type { Store } from '../../store/store.ts'
import type { TestDatabase } from '../../store/testing/databases.ts'
import type { AuditLog } from '../audit.ts'
import { type AuditLogOptions, createAuditLog } from '../log.ts'
import { readAudit } from '../read.ts'
import { testEntry, testNonce, testSealKeys } from './entries.ts'

export const is = (code: string) => (error: unknown) =>
  error instanceof Refusal && error.problem.code === code

/** For each test a new store and the log `main` on it. */
export function logBench(database: TestDatabase) {
  const bench = {
    store: undefined as unknown as Store,
    audit: undefined as unknown as AuditLog,
    logged: [] as string[],
    open: (more: Partial<AuditLogOptions> = {}) =>
      createAuditLog({
        store: bench.store,
        sealKeys: testSealKeys,
        clock: systemClock,
        chainId: 'main',
        log: (_level, message) => bench.logged.push(message),
        ...more,
      }),
    /** Request ids of all chained entries, sorted. */
    async ids(): Promise<readonly string[]> {
      const found: string[] = []
      for await (const one of readAudit(bench.store.read)) found.push(one.value.requestId)
      return found.sort()
    },
    async batches(): Promise<number> {
      return (await bench.store.read.selectFrom('audit_batches').select('sequence').execute()).length
    },
    /** Undefined on PostgreSQL. */
    commits: () => (bench.store as SqliteStore).commits,
    effect: (id: string, nonce = testNonce()) =>
      bench.store.write(async (tx) => {
        await writeMeta(tx, `effect ${id}`, 'x')
        await bench.audit.recordIn(tx, testEntry(id), nonce)
      }),
    /** Entries of writes are chained a moment after their commit on PostgreSQL. */
    async chained(): Promise<void> {
      const waiting = () => bench.store.read.selectFrom('audit_pending').select('id').execute()
      while ((await waiting()).length > 0) await sleep(5)
    },
    breakBatches: () => run(bench.store, statements[bench.store.kind].break),
    mendBatches: () => run(bench.store, statements[bench.store.kind].mend),
  }
  beforeEach(async () => {
    bench.logged.length = 0
    bench.store = await openStore(await database.fresh())
    bench.audit = await bench.open()
  })
  afterEach(async () => {
    await bench.audit.close()
    await bench.store.close()
  })
  return bench
}

/** Waits until the log has recovered. */
export async function writable(audit: AuditLog): Promise<void> {
  for (let left = 400; left > 0; left -= 1) {
    try {
      return audit.assertWritable()
    } catch {
      await sleep(10)
    }
  }
  throw new Error('the audit does not recover')
}

const statements = {
  sqlite: {
    break: [`create trigger broken before insert on audit_batches begin select raise(abort, 'broken'); end`],
    mend: ['drop trigger broken'],
  },
  postgres: {
    break: [
      `create function broken() returns trigger language plpgsql as 'begin raise exception ''broken''; end'`,
      'create trigger broken before insert on audit_batches for each row execute function broken()',
    ],
    mend: ['drop trigger broken on audit_batches', 'drop function broken()'],
  },
}

async function run(store: Store, texts: readonly string[]): Promise<void> {
  await store.write(async (tx) => {
    for (const text of texts) await sql.raw(text).execute(tx)
  })
}
