import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { openStore } from '../../store/open.ts'
import type { Store, WriteHandle } from '../../store/store.ts'
import type { TestDatabase } from '../../store/testing/databases.ts'
import { openChain } from '../chain.ts'
import { type AuditFinding, findingText } from '../findings.ts'
import { batchHash, batchSeal, digestsOf, headSeal } from '../format.ts'
import type { BatchRow } from '../rows.ts'
import { verifyAudit } from '../verify.ts'
import { testEntry, testSealKeys } from './entries.ts'

export const chain = 'main'

/** For each test a log of five batches of three entries in the chain `main` and one batch in `beside`, to tamper with. */
export function tamperBench(database: TestDatabase) {
  let url: string
  let store: Store
  beforeAll(async () => {
    url = await database.fresh()
    store = await openStore(url)
  })
  afterAll(() => store.close())
  beforeEach(() =>
    store.write(async (tx) => {
      for (const table of ['audit_batches', 'audit_chains', 'audit_pending', 'meta'] as const) {
        await tx.deleteFrom(table).execute()
      }
      await buildChain(tx, chain, 5)
      await buildChain(tx, 'beside', 1)
    }),
  )
  return {
    url: () => url,
    store: () => store,
    write: <T>(body: (tx: WriteHandle) => Promise<T>) => store.write(body),
    batch: (sequence: number): Promise<BatchRow> =>
      store.read
        .selectFrom('audit_batches')
        .selectAll()
        .where('chain_id', '=', chain)
        .where('sequence', '=', sequence)
        .executeTakeFirstOrThrow(),
    change: (sequence: number, to: Partial<BatchRow>) =>
      store.write((tx) =>
        tx
          .updateTable('audit_batches')
          .set(to)
          .where('chain_id', '=', chain)
          .where('sequence', '=', sequence)
          .execute(),
      ),
    changeHead: (to: { sequence?: number; hash?: Uint8Array; seal?: Uint8Array }) =>
      store.write((tx) => tx.updateTable('audit_chains').set(to).where('id', '=', chain).execute()),
    async findings(): Promise<readonly AuditFinding[]> {
      const report = await verifyAudit(store, testSealKeys)
      expect(report.intact).toBe(report.findings.length === 0)
      for (const finding of report.findings) expect(findingText(finding)).toMatch(/./)
      return report.findings
    },
  }
}

/** A chain as `format.ts` draws it. */
async function buildChain(tx: WriteHandle, name: string, count: number): Promise<void> {
  await openChain(tx, testSealKeys, name)
  let previous: Uint8Array = new Uint8Array(32)
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const entries = [1, 2, 3].map((i) => JSON.stringify(testEntry(`${name} ${sequence}.${i}`)))
    const times = entries.map((text) => Date.parse(JSON.parse(text).time))
    const digests = digestsOf(entries)
    const hash = batchHash(name, sequence, previous, digests)
    const seal = batchSeal(testSealKeys, name, sequence, hash)
    const row = { chain_id: name, sequence, entries: entries.join('\n'), digests, previous, hash, seal }
    await tx
      .insertInto('audit_batches')
      .values({ ...row, first_time: Math.min(...times), last_time: Math.max(...times) })
      .execute()
    previous = hash
  }
  const seal = headSeal(testSealKeys, name, count, previous)
  await tx
    .updateTable('audit_chains')
    .set({ sequence: count, hash: previous, seal })
    .where('id', '=', name)
    .execute()
}
