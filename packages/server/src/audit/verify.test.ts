import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { testKeyring } from '../crypto/testing/keyring.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { headSeal } from './format.ts'
import { createAuditLog } from './log.ts'
import { insertPending } from './pending.ts'
import { testSealKeys } from './testing/entries.ts'
import { chain, tamperBench } from './testing/tamper.ts'
import { verifyAudit } from './verify.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`verification of the audit on ${database.name}`, () => {
    const bench = tamperBench(database)

    it('finds nothing wrong with what was not touched, also from outside', async () => {
      const report = await verifyAudit(bench.url(), testSealKeys)
      expect(report).toMatchObject({ intact: true, batches: 6, entries: 18, pending: 0, findings: [] })
      expect(report.chains.map((one) => one.head?.sequence)).toEqual([1, 5])
    })

    it('names a removed batch', async () => {
      await bench.write((tx) =>
        tx
          .deleteFrom('audit_batches')
          .where('chain_id', '=', chain)
          .where('sequence', 'in', [1, 3])
          .execute(),
      )
      expect(await bench.findings()).toEqual([
        { kind: 'batch-removed', chain, batch: 1 },
        { kind: 'batch-removed', chain, batch: 3 },
      ])
    })

    it('names swapped batches', async () => {
      const [two, four] = [await bench.batch(2), await bench.batch(4)]
      const { sequence: _2, chain_id: _a, ...bodyOfTwo } = two
      const { sequence: _4, chain_id: _b, ...bodyOfFour } = four
      await bench.change(2, bodyOfFour)
      await bench.change(4, bodyOfTwo)
      expect(await bench.findings()).toEqual([
        { kind: 'batch-moved', chain, batch: 2, from: 4 },
        { kind: 'batch-moved', chain, batch: 4, from: 2 },
      ])
    })

    it('names a tail that was cut off, and does not take an older head for the present one', async () => {
      await bench.write((tx) =>
        tx.deleteFrom('audit_batches').where('chain_id', '=', chain).where('sequence', '>', 3).execute(),
      )
      expect(await bench.findings()).toEqual([{ kind: 'tail-cut', chain, batch: 4, until: 5 }])
      const { sequence, hash, seal } = await bench.batch(3)
      // The seal of the batch is no seal of a head.
      await bench.write((tx) =>
        tx.updateTable('audit_chains').set({ sequence, hash, seal }).where('id', '=', chain).execute(),
      )
      expect(await bench.findings()).toEqual([{ kind: 'head-altered', chain }])
    })

    it('names a head that is gone, is behind, or was changed', async () => {
      const { hash } = await bench.batch(4)
      // As by a thief of the key: a genuine head of an earlier batch, the later ones still there.
      await bench.changeHead({ sequence: 4, hash, seal: headSeal(testSealKeys, chain, 4, hash) })
      expect(await bench.findings()).toEqual([{ kind: 'head-behind', chain, batch: 5 }])
      await bench.changeHead({ sequence: 9 })
      expect(await bench.findings()).toEqual([{ kind: 'head-altered', chain }])
      await bench.write((tx) => tx.deleteFrom('audit_chains').where('id', '=', chain).execute())
      expect(await bench.findings()).toEqual([{ kind: 'head-removed', chain }])
    })

    it('names a chain that is gone whole, one that nobody began, and a changed list', async () => {
      await bench.write(async (tx) => {
        await tx.deleteFrom('audit_batches').where('chain_id', '=', 'beside').execute()
        await tx.deleteFrom('audit_chains').where('id', '=', 'beside').execute()
      })
      expect(await bench.findings()).toEqual([{ kind: 'chain-removed', chain: 'beside' }])
      const forged = headSeal(testSealKeys, 'forged', 0, new Uint8Array(32))
      await bench.write((tx) =>
        tx
          .insertInto('audit_chains')
          .values({ id: 'forged', sequence: 0, hash: new Uint8Array(32), seal: forged })
          .execute(),
      )
      expect((await bench.findings()).map((f) => f.kind)).toEqual(['chain-removed', 'chain-unlisted'])
      await bench.write((tx) =>
        tx
          .updateTable('meta')
          .set({ value: '{"chains":["main"],"altered":[]}' })
          .where('key', '=', 'audit-chains')
          .execute(),
      )
      expect(await bench.findings()).toEqual([{ kind: 'list-altered' }])
      // A chain that joins does not heal the list.
      const audit = await createAuditLog({
        store: bench.store(),
        sealKeys: testSealKeys,
        clock: systemClock,
        chainId: 'later',
      })
      await audit.close()
      expect(await bench.findings()).toEqual([{ kind: 'list-altered' }])
    })

    it('names a pending entry that was altered', async () => {
      const row = { id: 'p', chain_id: chain, written_at: 1, entry: '{}' }
      await bench.write((tx) => insertPending(tx, testSealKeys, row))
      expect(await bench.findings()).toEqual([])
      await bench.write((tx) => tx.updateTable('audit_pending').set({ chain_id: 'beside' }).execute())
      expect(await bench.findings()).toEqual([{ kind: 'pending-altered', chain: 'beside', id: 'p' }])
    })

    it('sees that an earlier state was put back whole only with a head from elsewhere', async () => {
      const noted = (await verifyAudit(bench.store(), testSealKeys)).chains.map((one) => one.head!)
      const { hash } = await bench.batch(4)
      await bench.write(async (tx) => {
        await tx.deleteFrom('audit_batches').where('chain_id', '=', chain).where('sequence', '=', 5).execute()
        const seal = headSeal(testSealKeys, chain, 4, hash)
        await tx
          .updateTable('audit_chains')
          .set({ sequence: 4, hash, seal })
          .where('id', '=', chain)
          .execute()
      })
      expect(await bench.findings()).toEqual([])
      const report = await verifyAudit(bench.store(), testSealKeys, { expectHeads: noted })
      expect(report.findings).toEqual([{ kind: 'head-unexpected', chain, batch: 5 }])
    })

    it('does not believe another key', async () => {
      const report = await verifyAudit(bench.store(), testKeyring())
      expect(report.intact).toBe(false)
    })
  })
}
