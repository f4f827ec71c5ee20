import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { findingText } from './findings.ts'
import { createAuditLog } from './log.ts'
import { insertPending } from './pending.ts'
import { readAudit } from './read.ts'
import { testEntry, testSealKeys } from './testing/entries.ts'
import { chain, tamperBench } from './testing/tamper.ts'

const HUGE = '9223372036854775807'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`what was forged in the audit on ${database.name}`, () => {
    const bench = tamperBench(database)
    const run = (text: string) => bench.write(async (tx) => void (await sql.raw(text).execute(tx)))
    /** A copy of batch 3 under another number, as SQL has it. */
    const forge = (number: string, first = 'first_time') =>
      run(`insert into audit_batches
        select chain_id, ${number}, ${first}, last_time, entries, digests, previous, hash, seal
        from audit_batches where chain_id = '${chain}' and sequence = 3`)
    async function read(): Promise<readonly string[]> {
      const ids: string[] = []
      for await (const { value } of readAudit(bench.store().read)) ids.push(value.requestId)
      return ids
    }
    /** Starts a service on the database: it must go on, and say what is wrong. */
    async function start(): Promise<readonly string[]> {
      const said: string[] = []
      const audit = await createAuditLog({
        store: bench.store(),
        sealKeys: testSealKeys,
        clock: systemClock,
        chainId: chain,
        log: (level, message) => said.push(`${level}: ${message}`),
      })
      await audit.record(testEntry('after'))
      await audit.close()
      return said
    }

    it.each(['-7', '0', HUGE, `-${HUGE}`])('a batch numbered %s is named and not read', async (number) => {
      const before = await read()
      await forge(number)
      expect(await bench.findings()).toEqual([{ kind: 'batch-added', chain, number }])
      expect(await read()).toEqual(before)
      expect((await start()).filter((one) => one.startsWith('error'))).toEqual([])
    })

    it.each(['first_time', 'last_time'])('%s beyond what a program can count is altered', async (column) => {
      for (const value of [HUGE, `-${HUGE}`]) {
        await run(
          `update audit_batches set ${column} = ${value} where chain_id = '${chain}' and sequence = 3`,
        )
        expect(await bench.findings()).toEqual([
          { kind: 'batch-altered', chain, batch: 3, part: `what is in ${column}` },
        ])
        await read()
      }
    })

    it('a head beyond what a program can count is altered, and another chain is begun', async () => {
      await run(`update audit_chains set sequence = ${HUGE} where id = '${chain}'`)
      expect(await bench.findings()).toEqual([{ kind: 'head-altered', chain }])
      expect(await start()).toEqual([expect.stringContaining('lost its genuine head')])
      expect(await bench.findings()).toEqual([{ kind: 'head-altered', chain }])
    })

    it('an entry that waits since beyond what a program can count is altered, and the others are chained', async () => {
      const row = { chain_id: chain, written_at: 1, entry: JSON.stringify(testEntry('waiting')) }
      await bench.write(async (tx) => {
        await insertPending(tx, testSealKeys, { ...row, id: 'p' })
        await insertPending(tx, testSealKeys, { ...row, id: 'q' })
      })
      await run(`update audit_pending set written_at = ${HUGE} where id = 'p'`)
      const found = [{ kind: 'pending-altered', chain, id: 'p' }]
      expect(await bench.findings()).toEqual(found)
      expect(await start()).toEqual(['error: pending audit entries were altered'])
      expect(await bench.findings()).toEqual(found)
      expect(await read()).toContain('waiting')
    })

    it('a name that would write on the terminal is shown without that', async () => {
      await run(
        `insert into audit_chains select '\u001b[31mmain', sequence, hash, seal from audit_chains`.concat(
          ` where id = '${chain}'`,
        ),
      )
      const found = await bench.findings()
      expect(found).toEqual([{ kind: 'chain-unlisted', chain: '?[31mmain' }])
      expect(findingText(found[0]!)).toBe('chain `?[31mmain` stands in no sealed list')
    })

    it('a line that is no entry is passed over', async () => {
      const before = await read()
      await bench.change(3, { entries: 'null\n{}\n{' })
      expect(await read()).toEqual(before.filter((id) => !id.startsWith('main 3.')))
    })

    if (database.name !== 'sqlite') return

    describe.each(['digests', 'previous', 'hash', 'seal', 'first_time', 'last_time'])(
      '%s of a batch',
      (column) => {
        it.each([`'text'`, '5', '1.5', HUGE, `x''`, `x'00'`])('as %s is altered', async (value) => {
          await run(
            `update audit_batches set ${column} = ${value} where chain_id = '${chain}' and sequence = 3`,
          )
          const [only, ...more] = await bench.findings()
          expect(only).toMatchObject({ kind: 'batch-altered', chain, batch: 3 })
          expect(more).toEqual([])
          await read()
        })
      },
    )

    it('entries as bytes are altered, and not read', async () => {
      await run(
        `update audit_batches set entries = cast(entries as blob) where chain_id = '${chain}' and sequence = 5`,
      )
      expect(await bench.findings()).toEqual([
        { kind: 'batch-altered', chain, batch: 5, part: 'what is in entries' },
      ])
      expect((await read()).some((id) => id.startsWith('main 5.'))).toBe(false)
    })

    it.each([`'text'`, `x'33'`, '1.5', '1e300'])('a batch numbered %s is named', async (number) => {
      const before = await read()
      await forge(number)
      const [only, ...more] = await bench.findings()
      expect(only).toMatchObject({ kind: 'batch-added', chain })
      expect(more).toEqual([])
      expect(await read()).toEqual(before)
    })

    it('a batch of a chain whose name is bytes is named', async () => {
      await run(`insert into audit_batches select cast(chain_id as blob), sequence, first_time, last_time, entries,
        digests, previous, hash, seal from audit_batches where chain_id = 'beside'`)
      expect(await bench.findings()).toEqual([{ kind: 'chain-unlisted', chain: `x'626573696465'` }])
    })

    describe.each(['sequence', 'hash', 'seal'])('%s of a head', (column) => {
      it.each([`'text'`, '1.5', HUGE, `x'35'`, `x''`])(
        'as %s is altered, and does not stop a start',
        async (value) => {
          await run(`update audit_chains set ${column} = ${value} where id = '${chain}'`)
          expect(await bench.findings()).toEqual([{ kind: 'head-altered', chain }])
          expect(await start()).toEqual([expect.stringContaining('lost its genuine head')])
          expect(await bench.findings()).toEqual([{ kind: 'head-altered', chain }])
        },
      )
    })

    describe.each(['written_at', 'seal', 'entry', 'chain_id'])('%s of an entry that waits', (column) => {
      it.each([`'text'`, '1.5', HUGE, `x'35'`])(
        'as %s is altered, and does not stop a start',
        async (value) => {
          const row = { id: 'p', chain_id: chain, written_at: 1, entry: JSON.stringify(testEntry('waiting')) }
          await bench.write((tx) => insertPending(tx, testSealKeys, row))
          await run(`update audit_pending set ${column} = ${value}`)
          expect(await bench.findings()).toMatchObject([{ kind: 'pending-altered', id: 'p' }])
          expect(await start()).toEqual(['error: pending audit entries were altered'])
        },
      )
    })

    it.each([`x'00'`, '5', `'null'`])('a list that is %s is altered', async (value) => {
      await run(`update meta set value = ${value} where key = 'audit-chains'`)
      expect(await bench.findings()).toEqual([{ kind: 'list-altered' }])
      expect(await start()).toEqual([expect.stringContaining('list of the audit chains was altered')])
    })
  })
}
