import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { asIam, decisionsOfIam, runIam } from '../iam/testing/steps.ts'
import { createModel, type Model } from './testing/model.ts'
import { ACTIONS, decisions, run, type Step, steps } from './testing/steps.ts'

// Random sequences of calls, and of applies with and without a prune, against a plain model in memory: the same answers, and
// afterwards the same decisions for every user.

interface Api {
  readonly name: string
  step(step: Step): Step
  run(fixture: Fixture, step: Step): Promise<string>
  decisions(fixture: Fixture): Promise<Record<string, string[]>>
}
const APIS: readonly Api[] = [
  { name: 'ram', step: (one) => one, run, decisions },
  { name: 'iam', step: asIam, run: runIam, decisions: decisionsOfIam },
]

const databases = await testDatabases()

for (const database of databases)
  describe.skipIf(database.missing)(`on ${database.name}`, () => {
    // A new database of PostgreSQL takes its time.
    const runs = database.name === 'sqlite' ? 25 : 4

    it.each(APIS)('calls of $name and applies do what the model does', { timeout: 120_000 }, async (api) => {
      const seen = { ok: 0, refused: 0 }
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const fixture = await openFixture({ url: await database.fresh() })
          try {
            const model: Model = createModel({ calm: api.name === 'iam' })
            for (const [i, one] of sequence.map(api.step).entries()) {
              const answer = await api.run(fixture, one)
              seen[answer === 'ok' ? 'ok' : 'refused'] += 1
              expect([i, one, answer]).toEqual([i, one, model.run(one)])
            }
            expect(await api.decisions(fixture)).toEqual(model.decisions(ACTIONS))
            expect(fixture.defects).toEqual([])
          } finally {
            await fixture.close()
          }
        }),
        { numRuns: runs },
      )
      expect(seen.ok).toBeGreaterThan(20 * runs * 0.2)
      expect(seen.refused).toBeGreaterThan(runs)
    })
  })
