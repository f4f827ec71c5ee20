import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openHouse } from '../../identity/testing/house.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { createModel, type Model } from './testing/model.ts'
import { ACTIONS, decisions, run, steps } from './testing/steps.ts'

// Random sequences of calls, and of applies with and without a prune, against a plain model in memory: the same answers, and
// afterwards the same decisions for every user.

const databases = await testDatabases()

for (const database of databases)
  describe.skipIf(database.missing)(`on ${database.name}`, () => {
    // A new database of PostgreSQL takes its time.
    const runs = database.name === 'sqlite' ? 25 : 4

    it('calls and applies do what the model does', { timeout: 120_000 }, async () => {
      const seen = { ok: 0, refused: 0 }
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const house = await openHouse({ url: await database.fresh() })
          try {
            const model: Model = createModel()
            for (const [i, one] of sequence.entries()) {
              const answer = await run(house, one)
              seen[answer === 'ok' ? 'ok' : 'refused'] += 1
              expect([i, one, answer]).toEqual([i, one, model.run(one)])
            }
            expect(await decisions(house)).toEqual(model.decisions(ACTIONS))
            expect(house.defects).toEqual([])
          } finally {
            await house.close()
          }
        }),
        { numRuns: runs },
      )
      expect(seen.ok).toBeGreaterThan(20 * runs * 0.2)
      expect(seen.refused).toBeGreaterThan(runs)
    })
  })
