import { describe, expect, it } from 'vitest'
import { testDatabases } from '../store/testing/databases.ts'
import { batchHash, digestsOf } from './format.ts'
import { testEntry } from './testing/entries.ts'
import { chain, tamperBench } from './testing/tamper.ts'

const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte))

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`verification of a batch on ${database.name}`, () => {
    const bench = tamperBench(database)

    it('names the entry of a flipped byte', async () => {
      const { entries } = await bench.batch(3)
      const at = entries.indexOf('main 3.2')
      await bench.change(3, { entries: `${entries.slice(0, at)}M${entries.slice(at + 1)}` })
      expect(await bench.findings()).toEqual([{ kind: 'entry-altered', chain, batch: 3, entry: 2 }])
    })

    it.each([1, 2, 3])('names the removed entry %i', async (entry) => {
      const lines = (await bench.batch(2)).entries.split('\n')
      await bench.change(2, { entries: lines.filter((_, i) => i !== entry - 1).join('\n') })
      expect(await bench.findings()).toEqual([{ kind: 'entry-removed', chain, batch: 2, entry }])
    })

    it('names an entry that was put in', async () => {
      const lines = (await bench.batch(2)).entries.split('\n')
      await bench.change(2, {
        entries: [lines[0], JSON.stringify(testEntry('forged')), lines[1], lines[2]].join('\n'),
      })
      expect(await bench.findings()).toEqual([{ kind: 'entry-added', chain, batch: 2, before: 2 }])
    })

    it('names swapped entries', async () => {
      const lines = (await bench.batch(4)).entries.split('\n')
      await bench.change(4, { entries: [lines[2], lines[1], lines[0]].join('\n') })
      expect(await bench.findings()).toEqual([
        { kind: 'entry-moved', chain, batch: 4, entry: 1, from: 3 },
        { kind: 'entry-moved', chain, batch: 4, entry: 3, from: 1 },
      ])
    })

    it('names the batch whose entries were changed together with their digests and hash', async () => {
      const row = await bench.batch(3)
      const lines = row.entries.split('\n').slice(1)
      const digests = digestsOf(lines)
      await bench.change(3, {
        entries: lines.join('\n'),
        digests,
        hash: batchHash(chain, 3, row.previous, digests),
      })
      expect(await bench.findings()).toEqual([
        { kind: 'batch-altered', chain, batch: 3, part: 'hash or seal' },
      ])
    })

    it.each(['digests', 'hash', 'seal', 'previous'] as const)(
      'names the batch of a flipped byte in %s',
      async (column) => {
        const row = await bench.batch(3)
        await bench.change(3, { [column]: flip(row[column]) })
        const found = await bench.findings()
        expect(found).toMatchObject([{ kind: 'batch-altered', batch: 3 }])
      },
    )

    it('names a batch whose times were changed', async () => {
      await bench.change(3, { first_time: 1 })
      expect(await bench.findings()).toEqual([{ kind: 'batch-altered', chain, batch: 3, part: 'times' }])
    })
  })
}
