import { describe, expect, it } from 'vitest'
import { readMeta } from '../store/meta.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { readAudit } from './read.ts'
import { testEntry, testNonce, testSealKeys } from './testing/entries.ts'
import { is, logBench } from './testing/log-bench.ts'
import { verifyAudit } from './verify.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`audit log on ${database.name}`, () => {
    const bench = logBench(database)

    it('has the entry when the call is told so; many calls share a batch', async () => {
      await bench.audit.record(testEntry('first'))
      expect(await bench.ids()).toEqual(['first'])
      const before = await bench.batches()
      const commits = bench.commits()
      await Promise.all(
        Array.from({ length: 64 }, (_, i) => bench.audit.record(testEntry(`r${i}`), testNonce())),
      )
      expect((await bench.ids()).length).toBe(65)
      // While one batch is on its way the others come together.
      expect((await bench.batches()) - before).toBeLessThanOrEqual(2)
      if (bench.store.kind === 'sqlite') expect(bench.commits() - commits).toBe(1)
    })

    if (database.server) {
      it('chains the entries of writes, for which nobody waits, many at a time', async () => {
        const before = await bench.batches()
        const begun = performance.now()
        for (let i = 0; i < 20; i += 1) await bench.effect(`id ${i}`)
        const made = (await bench.batches()) - before
        expect(made).toBeLessThanOrEqual((performance.now() - begun) / 200 + 1)
        await bench.chained()
        expect(await bench.ids()).toHaveLength(20)
      })
    }

    it('has exactly one entry of each of many reads and writes together, and verifies', async () => {
      const commits = bench.commits()
      await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          i % 2 ? bench.effect(`id ${i}`) : bench.audit.record(testEntry(`id ${i}`), testNonce()),
        ),
      )
      await bench.chained()
      expect(await bench.ids()).toEqual(Array.from({ length: 60 }, (_, i) => `id ${i}`).sort())
      const report = await verifyAudit(bench.store, testSealKeys)
      expect(report).toMatchObject({ intact: true, entries: 60, pending: 0, findings: [] })
      // The entries of writes are chained in the very commit of their effects.
      if (bench.store.kind === 'sqlite') expect(bench.commits() - commits).toBe(1)
    })

    it('takes back the entry with the effect, and the effect with a used nonce', async () => {
      const nonce = testNonce()
      const failing = bench.store.write(async (tx) => {
        await bench.audit.recordIn(tx, testEntry('undone'), nonce)
        throw new Error('late')
      })
      await expect(failing).rejects.toThrow('late')
      // Its nonce was not used either.
      await bench.effect('done', nonce)
      await expect(bench.effect('replayed', nonce)).rejects.toSatisfy(is('NonceUsed'))
      await bench.chained()
      expect(await bench.ids()).toEqual(['done'])
      expect(await readMeta(bench.store.read, 'effect replayed')).toBeUndefined()
    })

    it('refuses a used nonce to its call alone', async () => {
      const nonce = testNonce()
      const all = await Promise.allSettled([
        bench.audit.record(testEntry('a'), testNonce()),
        bench.audit.record(testEntry('b'), nonce),
        bench.audit.record(testEntry('c'), nonce),
        bench.audit.record(testEntry('d'), testNonce()),
      ])
      expect(all.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
      expect((all[2] as PromiseRejectedResult).reason).toSatisfy(is('NonceUsed'))
      await expect(bench.audit.record(testEntry('e'), nonce)).rejects.toSatisfy(is('NonceUsed'))
      await expect(bench.effect('f', nonce)).rejects.toSatisfy(is('NonceUsed'))
      expect(await bench.ids()).toEqual(['a', 'b', 'd'])
    })

    it('has one entry of each read and write where replayed calls came in between', async () => {
      const nonce = testNonce()
      await bench.audit.record(testEntry('first'), nonce)
      const all = await Promise.allSettled(
        Array.from({ length: 60 }, (_, i) => {
          if (i % 3 === 0) return bench.effect(`id ${i}`)
          return bench.audit.record(testEntry(`id ${i}`), i % 3 === 1 ? testNonce() : nonce)
        }),
      )
      await bench.chained()
      const kept = Array.from({ length: 60 }, (_, i) => `id ${i}`).filter((_, i) => i % 3 !== 2)
      expect(all.map(({ status }) => status === 'fulfilled')).toEqual(all.map((_, i) => i % 3 !== 2))
      expect(await bench.ids()).toEqual(['first', ...kept].sort())
      expect((await verifyAudit(bench.store, testSealKeys)).findings).toEqual([])
      expect(bench.logged).toEqual([])
    })

    it('keeps text that no database can hold, of reads and of writes', async () => {
      const odd = ['nul \u0000', 'high \ud800', 'low \udc00 \n \u2028']
      for (const text of odd) {
        await bench.audit.record(testEntry(`read ${text}`, { input: { [text]: text } }))
        await bench.store.write((tx) =>
          bench.audit.recordIn(tx, testEntry(`write ${text}`, { source: text })),
        )
      }
      await bench.chained()
      expect(await bench.ids()).toEqual(odd.flatMap((text) => [`read ${text}`, `write ${text}`]).sort())
      expect((await verifyAudit(bench.store, testSealKeys)).findings).toEqual([])
    })

    it('refuses to record when too many wait', async () => {
      const small = await bench.open({ chainId: 'small', maxWaiting: 3 })
      const all = await Promise.allSettled(
        Array.from({ length: 50 }, (_, i) => small.record(testEntry(`${i}`))),
      )
      const refused = all.filter((one) => one.status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      for (const one of refused) expect(one.reason).toSatisfy(is('Overloaded'))
      await small.close()
    })

    it('can be read by time, account and operation', async () => {
      const at = (time: string, more = {}) => bench.audit.record(testEntry(time, { time, ...more }))
      for (let i = 0; i < 120; i += 1) await at(new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString())
      await at('2026-01-02T00:00:00.000Z', { account: 'other' })
      await at('2026-01-03T00:00:00.000Z', { operation: 'kms:Decrypt' })
      const found = async (filter: Parameters<typeof readAudit>[1]) => {
        const times: string[] = []
        for await (const one of readAudit(bench.store.read, filter)) times.push(one.value.time)
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
  })
}
