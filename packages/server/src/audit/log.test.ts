import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Refusal } from '../base/problem.ts'
import { readMeta, writeMeta } from '../store/meta.ts'
import { openStore } from '../store/open.ts'
import type { SqliteStore } from '../store/sqlite/store.ts'
import type { Store } from '../store/store.ts'
import { testDatabases } from '../store/testing/databases.ts'
import type { AuditLog } from './audit.ts'
import { type AuditLogOptions, createAuditLog } from './log.ts'
import { insertPending, ORPHANED } from './pending.ts'
import { readAudit } from './read.ts'
import { testEntry, testNonce, testSealKey } from './testing/entries.ts'
import { verifyAudit } from './verify.ts'

const is = (code: string) => (error: unknown) => error instanceof Refusal && error.problem.code === code

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`audit log on ${database.name}`, () => {
    let store: Store
    let audit: AuditLog
    const logged: string[] = []
    const open = (more: Partial<AuditLogOptions> = {}) =>
      createAuditLog({
        store,
        sealKey: testSealKey,
        clock: systemClock,
        chainId: 'main',
        log: (_level, message) => logged.push(message),
        ...more,
      })
    beforeEach(async () => {
      logged.length = 0
      store = await openStore(await database.fresh())
      audit = await open()
    })
    afterEach(async () => {
      await audit.close()
      await store.close()
    })

    const ids = async () => {
      const found: string[] = []
      for await (const one of readAudit(store.read)) found.push(one.value.requestId)
      return found.sort()
    }
    const batches = async () =>
      (await store.read.selectFrom('audit_batches').select('sequence').execute()).length
    const effect = (id: string, nonce = testNonce()) =>
      store.write(async (tx) => {
        await writeMeta(tx, `effect ${id}`, 'x')
        await audit.recordIn(tx, testEntry(id), nonce)
      })
    /** Entries of writes are chained a moment after their commit on PostgreSQL. */
    const chained = async () => {
      while ((await store.read.selectFrom('audit_pending').select('id').execute()).length > 0) await sleep(5)
    }

    it('has the entry when the call is told so; many calls share a batch', async () => {
      await audit.record(testEntry('first'))
      expect(await ids()).toEqual(['first'])
      const before = await batches()
      const commits = (store as SqliteStore).commits
      await Promise.all(Array.from({ length: 64 }, (_, i) => audit.record(testEntry(`r${i}`), testNonce())))
      expect((await ids()).length).toBe(65)
      // While one batch is on its way the others come together.
      expect((await batches()) - before).toBeLessThanOrEqual(2)
      if (store.kind === 'sqlite') expect((store as SqliteStore).commits - commits).toBe(1)
    })

    it('has exactly one entry of each of many reads and writes together, and verifies', async () => {
      const commits = (store as SqliteStore).commits
      await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          i % 2 ? effect(`id ${i}`) : audit.record(testEntry(`id ${i}`), testNonce()),
        ),
      )
      await chained()
      expect(await ids()).toEqual(Array.from({ length: 60 }, (_, i) => `id ${i}`).sort())
      const report = await verifyAudit(store, testSealKey)
      expect(report).toMatchObject({ intact: true, entries: 60, pending: 0, findings: [] })
      // The entries of writes are chained in the very commit of their effects.
      if (store.kind === 'sqlite') expect((store as SqliteStore).commits - commits).toBe(1)
    })

    it('takes back the entry with the effect, and the effect with a used nonce', async () => {
      const nonce = testNonce()
      const failing = store.write(async (tx) => {
        await audit.recordIn(tx, testEntry('undone'), nonce)
        throw new Error('late')
      })
      await expect(failing).rejects.toThrow('late')
      // Its nonce was not used either.
      await effect('done', nonce)
      await expect(effect('replayed', nonce)).rejects.toSatisfy(is('NonceUsed'))
      await chained()
      expect(await ids()).toEqual(['done'])
      expect(await readMeta(store.read, 'effect replayed')).toBeUndefined()
    })

    it('refuses a used nonce to its call alone', async () => {
      const nonce = testNonce()
      const all = await Promise.allSettled([
        audit.record(testEntry('a'), testNonce()),
        audit.record(testEntry('b'), nonce),
        audit.record(testEntry('c'), nonce),
        audit.record(testEntry('d'), testNonce()),
      ])
      expect(all.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
      expect((all[2] as PromiseRejectedResult).reason).toSatisfy(is('NonceUsed'))
      await expect(audit.record(testEntry('e'), nonce)).rejects.toSatisfy(is('NonceUsed'))
      await expect(effect('f', nonce)).rejects.toSatisfy(is('NonceUsed'))
      expect(await ids()).toEqual(['a', 'b', 'd'])
    })

    it('refuses to record when too many wait', async () => {
      const small = await open({ chainId: 'small', maxWaiting: 3 })
      const all = await Promise.allSettled(
        Array.from({ length: 50 }, (_, i) => small.record(testEntry(`${i}`))),
      )
      const refused = all.filter((one) => one.status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      for (const one of refused) expect(one.reason).toSatisfy(is('Overloaded'))
      await small.close()
    })

    it('refuses calls after a failed write, until a probe succeeds', async () => {
      await breakBatches(store)
      audit.assertWritable()
      await expect(audit.record(testEntry('lost'))).rejects.toSatisfy(is('Unavailable'))
      expect(() => audit.assertWritable()).toThrow('Unavailable')
      await expect(audit.record(testEntry('lost too'))).rejects.toSatisfy(is('Unavailable'))
      await mendBatches(store)
      await writable(audit)
      await audit.record(testEntry('kept'))
      expect(await ids()).toEqual(['kept'])
      expect((await verifyAudit(store, testSealKey)).intact).toBe(true)
    })

    it('chains later what was committed while batches failed', async () => {
      await breakBatches(store)
      await effect('a')
      while (!logged.some((message) => message.includes('cannot be written'))) await sleep(5)
      expect(await ids()).toEqual([])
      const report = await verifyAudit(store, testSealKey)
      expect(report).toMatchObject({ intact: true, pending: 1 })
      await mendBatches(store)
      await writable(audit)
      await chained()
      expect(await ids()).toEqual(['a'])
      expect((await verifyAudit(store, testSealKey)).intact).toBe(true)
    })

    it('takes over what dead processes left; what was altered meanwhile stays and is named', async () => {
      await audit.close()
      const leave = (id: string, chain: string, age: number, entry = JSON.stringify(testEntry(id))) =>
        store.write((tx) =>
          insertPending(tx, testSealKey, { id, chain_id: chain, written_at: Date.now() - age, entry }),
        )
      await leave('own', 'main', 0)
      await leave('dead', 'other', ORPHANED + 1000)
      await leave('forged', 'main', 0)
      await store.write((tx) =>
        tx
          .updateTable('audit_pending')
          .set({ entry: JSON.stringify(testEntry('innocent')) })
          .where('id', '=', 'forged')
          .execute(),
      )
      if (store.kind === 'postgres') await leave('living', 'other', 0)
      audit = await open()
      await audit.record(testEntry('now'))
      expect(await ids()).toEqual(['dead', 'now', 'own'])
      expect(logged).toContain('pending audit entries were altered')
      const report = await verifyAudit(store, testSealKey)
      expect(report.findings).toEqual([{ kind: 'pending-altered', chain: 'main', id: 'forged' }])
      expect(report.pending).toBe(store.kind === 'postgres' ? 2 : 1)
    })

    it('goes on after a restart; a head that was forged meanwhile is left as evidence', async () => {
      await audit.record(testEntry('a'))
      await audit.close()
      audit = await open()
      await audit.record(testEntry('b'))
      expect((await verifyAudit(store, testSealKey)).chains).toMatchObject([{ chain: 'main', batches: 2 }])
      await audit.close()
      await store.write((tx) => tx.updateTable('audit_chains').set({ sequence: 1 }).execute())
      audit = await open()
      await audit.record(testEntry('c'))
      const report = await verifyAudit(store, testSealKey)
      expect(report.findings).toEqual([{ kind: 'head-altered', chain: 'main' }])
      expect(report.chains).toMatchObject([
        { chain: 'main', entries: 2 },
        { chain: 'main.2', entries: 1 },
      ])
    })

    it('can be read by time, account and operation', async () => {
      const at = (time: string, more = {}) => audit.record(testEntry(time, { time, ...more }))
      for (let i = 0; i < 120; i += 1) await at(new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString())
      await at('2026-01-02T00:00:00.000Z', { account: 'other' })
      await at('2026-01-03T00:00:00.000Z', { operation: 'kms:Decrypt' })
      const found = async (filter: Parameters<typeof readAudit>[1]) => {
        const times: string[] = []
        for await (const one of readAudit(store.read, filter)) times.push(one.value.time)
        return times
      }
      const all = await found({})
      expect(all.length).toBe(122)
      expect(all).toEqual([...all].sort())
      expect(await found({ account: 'other' })).toEqual(['2026-01-02T00:00:00.000Z'])
      expect(await found({ operation: 'kms:Decrypt' })).toEqual(['2026-01-03T00:00:00.000Z'])
      const minute = { from: Date.UTC(2026, 0, 1, 0, 1), to: Date.UTC(2026, 0, 1, 0, 1, 59) }
      expect((await found(minute)).length).toBe(60)
    })

    if (database.server) {
      it('refuses while the database is stopped, and serves again when it returns', async () => {
        await database.server!.stop()
        await expect(audit.record(testEntry('lost'))).rejects.toSatisfy(is('Unavailable'))
        expect(() => audit.assertWritable()).toThrow('Unavailable')
        await database.server!.start()
        await writable(audit)
        await audit.record(testEntry('kept'))
        expect(await ids()).toEqual(['kept'])
      })

      it('of two processes has two chains; on one chain by mistake, none forks', async () => {
        const second = await open({ chainId: 'second' })
        const third = await open()
        const all = await Promise.allSettled(
          Array.from({ length: 60 }, async (_, i) => {
            await sleep(i)
            await [audit, second, third][i % 3]!.record(testEntry(`id ${i}`), testNonce())
          }),
        )
        await Promise.all([writable(audit), writable(third)])
        const kept = all.flatMap((one, i) => (one.status === 'fulfilled' ? [`id ${i}`] : []))
        const found = await ids()
        for (const id of kept) expect(found).toContain(id)
        expect(all.filter((one, i) => i % 3 === 1 && one.status === 'rejected')).toEqual([])
        expect((await verifyAudit(store, testSealKey)).findings).toEqual([])
        await Promise.all([second.close(), third.close()])
      })
    }
  })
}

async function writable(audit: AuditLog): Promise<void> {
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
const breakBatches = (store: Store) => run(store, statements[store.kind].break)
const mendBatches = (store: Store) => run(store, statements[store.kind].mend)
