import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { ClockWatch } from '../store/clock/watch.ts'
import { watchedClock } from '../store/clock/watched.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { insertPending, ORPHANED } from './pending.ts'
import { testEntry, testNonce, testSealKeys } from './testing/entries.ts'
import { is, logBench, writable } from './testing/log-bench.ts'
import { verifyAudit } from './verify.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`recovery of the audit log on ${database.name}`, () => {
    const bench = logBench(database)

    it('refuses calls after a failed write, until a probe succeeds', async () => {
      await bench.breakBatches()
      bench.audit.assertWritable()
      await expect(bench.audit.record(testEntry('lost'))).rejects.toSatisfy(is('Unavailable'))
      expect(() => bench.audit.assertWritable()).toThrow('Unavailable')
      await expect(bench.audit.record(testEntry('lost too'))).rejects.toSatisfy(is('Unavailable'))
      await bench.mendBatches()
      await writable(bench.audit)
      await bench.audit.record(testEntry('kept'))
      expect(await bench.ids()).toEqual(['kept'])
      expect((await verifyAudit(bench.store, testSealKeys)).intact).toBe(true)
    })

    it('chains later what was committed while batches failed', async () => {
      await bench.breakBatches()
      await bench.effect('a')
      while (!bench.logged.some((message) => message.includes('cannot be written'))) await sleep(5)
      expect(await bench.ids()).toEqual([])
      const report = await verifyAudit(bench.store, testSealKeys)
      expect(report).toMatchObject({ intact: true, pending: 1 })
      await bench.mendBatches()
      await writable(bench.audit)
      await bench.chained()
      expect(await bench.ids()).toEqual(['a'])
      expect((await verifyAudit(bench.store, testSealKeys)).intact).toBe(true)
    })

    it('takes over what dead processes left; what was altered meanwhile stays and is named', async () => {
      await bench.audit.close()
      const leave = (id: string, chain: string, age: number, entry = JSON.stringify(testEntry(id))) =>
        bench.store.write((tx) =>
          insertPending(tx, testSealKeys, { id, chain_id: chain, written_at: Date.now() - age, entry }),
        )
      await leave('own', 'main', 0)
      await leave('dead', 'other', ORPHANED + 1000)
      await leave('forged', 'main', 0)
      await bench.store.write((tx) =>
        tx
          .updateTable('audit_pending')
          .set({ entry: JSON.stringify(testEntry('innocent')) })
          .where('id', '=', 'forged')
          .execute(),
      )
      if (bench.store.kind === 'postgres') await leave('living', 'other', 0)
      bench.audit = await bench.open()
      await bench.audit.record(testEntry('now'))
      expect(await bench.ids()).toEqual(['dead', 'now', 'own'])
      expect(bench.logged).toContain('pending audit entries were altered')
      const report = await verifyAudit(bench.store, testSealKeys)
      expect(report.findings).toEqual([{ kind: 'pending-altered', chain: 'main', id: 'forged' }])
      expect(report.pending).toBe(bench.store.kind === 'postgres' ? 2 : 1)
    })

    it('goes on after a restart; a head that was forged meanwhile is left as evidence', async () => {
      await bench.audit.record(testEntry('a'))
      await bench.audit.close()
      bench.audit = await bench.open()
      await bench.audit.record(testEntry('b'))
      expect((await verifyAudit(bench.store, testSealKeys)).chains).toMatchObject([
        { chain: 'main', batches: 2 },
      ])
      await bench.audit.close()
      await bench.store.write((tx) => tx.updateTable('audit_chains').set({ sequence: 1 }).execute())
      bench.audit = await bench.open()
      await bench.audit.record(testEntry('c'))
      const report = await verifyAudit(bench.store, testSealKeys)
      expect(report.findings).toEqual([{ kind: 'head-altered', chain: 'main' }])
      expect(report.chains).toMatchObject([
        { chain: 'main', entries: 2 },
        { chain: 'main.2', entries: 1 },
      ])
    })

    if (database.server) {
      it('refuses while the database is stopped, and serves again when it returns', async () => {
        await database.server!.stop()
        await expect(bench.audit.record(testEntry('lost'))).rejects.toSatisfy(is('Unavailable'))
        expect(() => bench.audit.assertWritable()).toThrow('Unavailable')
        await database.server!.start()
        await writable(bench.audit)
        await bench.audit.record(testEntry('kept'))
        expect(await bench.ids()).toEqual(['kept'])
      })

      it('refuses after a write whose outcome is unknown, until a probe succeeds', async () => {
        const cut = bench.store.write(async (tx) => {
          await bench.audit.recordIn(tx, testEntry('cut'))
          await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
        })
        await expect(cut).rejects.toSatisfy(is('Unavailable'))
        expect(() => bench.audit.assertWritable()).toThrow('Unavailable')
        await writable(bench.audit)
        await bench.audit.record(testEntry('kept'))
        expect(await bench.ids()).toEqual(['kept'])
      })

      it('goes by the time that all processes share: one whose clock is minutes ahead leaves what the living have', async () => {
        const wall = () => Date.now() + 5 * 60_000
        const clock = watchedClock({ ...systemClock, wall, now: wall }, { common: Date.now } as ClockWatch)
        const row = { id: 'living', chain_id: 'other', written_at: Date.now() }
        const entry = JSON.stringify(testEntry('living'))
        await bench.store.write((tx) => insertPending(tx, testSealKeys, { ...row, entry }))
        const ahead = await bench.open({ chainId: 'ahead', clock })
        await ahead.record(testEntry('now'))
        await bench.store.write((tx) => ahead.recordIn(tx, testEntry('own')), { accounts: ['a'] })
        const pending = await bench.store.read.selectFrom('audit_pending').select('written_at').execute()
        expect(Math.max(...pending.map((one) => one.written_at))).toBeLessThan(Date.now() + 60_000)
        await ahead.close()
        expect(await bench.ids()).toEqual(['now', 'own'])
      })

      it('refuses everywhere the nonce of a batch of which nobody knows whether it stands', async () => {
        // The connection breaks within the commit of the batch.
        await bench.store.write(async (tx) => {
          await sql`create function cut() returns trigger language plpgsql as $$
            begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end $$`.execute(
            tx,
          )
          await sql`create constraint trigger cut after insert on audit_batches deferrable initially deferred
            for each row when (new.entries like '%doubtful%') execute function cut()`.execute(tx)
        })
        const nonce = testNonce()
        await expect(bench.audit.record(testEntry('doubtful'), nonce)).rejects.toSatisfy(is('Unavailable'))
        await writable(bench.audit)
        await bench.audit.record(testEntry('kept'), testNonce())
        const second = await bench.open({ chainId: 'second' })
        for (const audit of [bench.audit, second])
          await expect(audit.record(testEntry('replayed'), nonce)).rejects.toSatisfy(is('NonceUsed'))
        await second.close()
        expect(await bench.ids()).toEqual(['kept'])
      })

      it('of two processes accepts a call that both were sent at one of them, and has its entry once', async () => {
        const second = await bench.open({ chainId: 'second' })
        const all = await Promise.all(
          Array.from({ length: 100 }, async (_, i) => {
            const nonce = testNonce()
            await sleep(i % 10)
            const both = [bench.audit, second].map((audit) => audit.record(testEntry(`id ${i}`), nonce))
            const [one, other] = await Promise.allSettled(both)
            const refused = [one!, other!].filter(({ status }) => status === 'rejected')
            return (
              refused.every((it) => is('NonceUsed')((it as PromiseRejectedResult).reason)) && refused.length
            )
          }),
        )
        expect(all).toEqual(all.map(() => 1))
        expect(await bench.ids()).toEqual(Array.from({ length: 100 }, (_, i) => `id ${i}`).sort())
        expect((await verifyAudit(bench.store, testSealKeys)).findings).toEqual([])
        await second.close()
      })

      it('of two processes has two chains; on one chain by mistake, none forks', async () => {
        const second = await bench.open({ chainId: 'second' })
        const third = await bench.open()
        const all = await Promise.allSettled(
          Array.from({ length: 60 }, async (_, i) => {
            await sleep(i)
            await [bench.audit, second, third][i % 3]!.record(testEntry(`id ${i}`), testNonce())
          }),
        )
        await Promise.all([writable(bench.audit), writable(third)])
        const kept = all.flatMap((one, i) => (one.status === 'fulfilled' ? [`id ${i}`] : []))
        const found = await bench.ids()
        for (const id of kept) expect(found).toContain(id)
        expect(all.filter((one, i) => i % 3 === 1 && one.status === 'rejected')).toEqual([])
        expect((await verifyAudit(bench.store, testSealKeys)).findings).toEqual([])
        await Promise.all([second.close(), third.close()])
      })
    }
  })
}
