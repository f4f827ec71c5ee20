import { hash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMeta, writeMeta } from './meta.ts'
import { openStore } from './open.ts'
import type { Store } from './store.ts'
import { testDatabases } from './testing/databases.ts'

// Transactions of two processes over several accounts, at the same time: what each of them saw, and what is there in the
// end, must be what the same transactions do one after another in some order.

/** One transaction: reads all of its accounts and writes some of them, by what it read. */
interface Move {
  readonly reads: readonly number[]
  readonly writes: readonly number[]
  /** It ends with an error after it has written. */
  readonly fails: boolean
  /** Which process runs it. */
  readonly by: number
}

const ACCOUNTS = 4

const account = fc.nat({ max: ACCOUNTS - 1 })
const move = fc
  .record({
    reads: fc.uniqueArray(account, { minLength: 1, maxLength: 3 }),
    part: fc.nat({ max: 3 }),
    fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    by: fc.nat({ max: 1 }),
  })
  .map(({ reads, part, fails, by }): Move => ({ reads, writes: reads.slice(0, part), fails, by }))

/** What stands in an account: how often it was written, and a text made of all that its writers had read. */
interface Value {
  readonly count: number
  readonly text: string
}

const START: Value = { count: 0, text: '' }
const newText = (move: number, seen: readonly Value[]) =>
  hash('sha256', `${move} ${seen.map(({ text }) => text).join()}`).slice(0, 16)

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`transactions over several accounts on ${database.name}`, () => {
    let stores: Store[]
    beforeEach(async () => {
      const url = await database.fresh()
      const first = await openStore(url)
      // A SQLite file has one process.
      stores = [first, database.name === 'postgres' ? await openStore(url) : first]
    })
    afterEach(async () => {
      for (const store of new Set(stores)) await store.close()
    })

    it('have the effect of running one after another', async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 2, maxLength: 24 }), async (moves) => {
          run += 1
          const uid = (account: number) => `${run}-${account}`
          const read = async (db: Parameters<typeof readMeta>[0], account: number): Promise<Value> =>
            JSON.parse((await readMeta(db, uid(account))) ?? JSON.stringify(START))
          const seen = await Promise.all(
            moves.map((one, number) =>
              stores[one.by]!.write(
                async (tx) => {
                  const values: Value[] = []
                  for (const account of one.reads) values.push(await read(tx, account))
                  for (const account of one.writes) {
                    const { count } = values[one.reads.indexOf(account)]!
                    const value: Value = { count: count + 1, text: newText(number, values) }
                    await writeMeta(tx, uid(account), JSON.stringify(value))
                  }
                  if (one.fails) throw new Error(`move ${number}`)
                  return values
                },
                { accounts: one.reads.map(uid) },
              ).catch((error: Error) => {
                expect(error.message).toBe(`move ${number}`)
                return undefined
              }),
            ),
          )
          moves.forEach(({ fails }, number) => {
            expect(seen[number] === undefined).toBe(fails)
          })
          const state = Array.from({ length: ACCOUNTS }, () => START)
          for (const number of serialOrder(moves, seen)) {
            const { reads, writes } = moves[number]!
            const values = reads.map((account) => state[account]!)
            expect(seen[number]).toEqual(values)
            for (const account of writes) {
              state[account] = { count: state[account]!.count + 1, text: newText(number, values) }
            }
          }
          for (let i = 0; i < ACCOUNTS; i += 1) expect(await read(stores[0]!.read, i)).toEqual(state[i])
        }),
        { numRuns: database.name === 'sqlite' ? 60 : 25 },
      )
    })
  })
}

/**
 * An order in which every transaction comes after those whose writes it saw and before those that overwrote what it
 * saw. Fails where there is none: then no order explains what was seen.
 */
function serialOrder(moves: readonly Move[], seen: readonly (readonly Value[] | undefined)[]): number[] {
  const done = moves.flatMap((_, number) => (seen[number] ? [number] : []))
  const comesBefore = (a: number, b: number): boolean =>
    moves[a]!.reads.some((account, i) => {
      const j = moves[b]!.reads.indexOf(account)
      if (j < 0) return false
      const [mine, theirs] = [seen[a]![i]!.count, seen[b]![j]!.count]
      return mine < theirs || (mine === theirs && moves[b]!.writes.includes(account) && a !== b)
    })
  const order: number[] = []
  const left = new Set(done)
  while (left.size > 0) {
    const next = [...left].find((number) =>
      [...left].every((other) => other === number || !comesBefore(other, number)),
    )
    expect(next, 'an order of the transactions').toBeDefined()
    order.push(next!)
    left.delete(next!)
  }
  return order
}
