import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { claimFirstStart, writeMeta } from '../store/meta.ts'
import { bumpRevision } from '../store/revisions.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { createAuditLog } from './log.ts'
import { testEntry, testSealKeys } from './testing/entries.ts'
import { chain, tamperBench } from './testing/tamper.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`what was taken away from the audit on ${database.name}`, () => {
    const bench = tamperBench(database)
    const remove = (...tables: readonly ('audit_batches' | 'audit_chains' | 'meta' | 'revisions')[]) =>
      bench.write(async (tx) => {
        for (const table of tables) await tx.deleteFrom(table).execute()
      })
    /** What the log says when a service starts on the database and writes one entry. */
    async function start(): Promise<readonly string[]> {
      const said: string[] = []
      const audit = await createAuditLog({
        store: bench.store(),
        sealKeys: testSealKeys,
        clock: systemClock,
        chainId: chain,
        log: (level, message, detail) => said.push(`${level}: ${message} ${JSON.stringify(detail ?? '')}`),
      })
      await audit.record(testEntry('after'))
      await audit.close()
      return said
    }

    it('nothing is missed where nothing was', async () => {
      await remove('audit_batches', 'audit_chains', 'meta')
      await bench.write((tx) => writeMeta(tx, 'root-key-check', 'x'))
      expect(await bench.findings()).toEqual([])
      expect(await start()).toEqual([])
      expect(await bench.findings()).toEqual([])
    })

    it('the list alone is missed', async () => {
      await remove('meta')
      expect(await bench.findings()).toEqual([{ kind: 'list-removed' }])
      expect(await start()).toEqual([
        expect.stringContaining('error: the sealed list of the audit chains was removed'),
      ])
      // Nothing was healed by going on.
      expect(await bench.findings()).toEqual([{ kind: 'list-removed' }])
    })

    it.each(['world', 'revision'])(
      'the whole log is missed by a database with a %s, and for ever',
      async (what) => {
        await remove('audit_batches', 'audit_chains', 'meta')
        if (what === 'world') await claimFirstStart(bench.store(), async () => {})
        else await bench.write((tx) => bumpRevision(tx, 'a'))
        try {
          expect(await bench.findings()).toEqual([{ kind: 'list-removed' }])
          const said = expect.stringContaining('error: the sealed list of the audit chains was removed')
          expect(await start()).toEqual([said])
          expect(await bench.findings()).toEqual([{ kind: 'list-removed' }])
          expect(await start()).toEqual([said])
        } finally {
          await remove('revisions')
        }
      },
    )

    it('a chain is not begun anew in the place of the one that is gone', async () => {
      await bench.write(async (tx) => {
        await tx.deleteFrom('audit_batches').where('chain_id', '=', chain).execute()
        await tx.deleteFrom('audit_chains').where('id', '=', chain).execute()
      })
      expect(await bench.findings()).toEqual([{ kind: 'chain-removed', chain }])
      expect(await start()).toEqual([expect.stringMatching(/^error: .*lost its genuine head.*"main"/)])
      expect(await bench.findings()).toEqual([{ kind: 'chain-removed', chain }])
    })

    it('nor beside batches whose head, and the list with it, is gone', async () => {
      await remove('audit_chains', 'meta')
      expect(await start()).toEqual([
        expect.stringContaining('the sealed list of the audit chains was removed'),
        expect.stringContaining('lost its genuine head'),
      ])
      expect(await bench.findings()).toEqual([
        { kind: 'list-removed' },
        { kind: 'head-removed', chain: 'beside' },
        { kind: 'chain-unlisted', chain: 'beside' },
        { kind: 'head-removed', chain },
        { kind: 'chain-unlisted', chain },
      ])
    })

    it('a changed list is said at every start', async () => {
      await bench.write((tx) => writeMeta(tx, 'audit-chains', '{"chains":["main"],"altered":[]}'))
      const said = [expect.stringContaining('error: the sealed list of the audit chains was altered')]
      expect(await start()).toEqual(said)
      expect(await start()).toEqual(said)
    })
  })
}
