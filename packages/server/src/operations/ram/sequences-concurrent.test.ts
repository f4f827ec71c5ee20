import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { asIam, decisionsOfIam, runIam } from '../iam/testing/steps.ts'
import { createModel } from './testing/model.ts'
import { ACTIONS, decisions, run, type Step, steps } from './testing/steps.ts'

// The sequences of the test beside this one, by either API, dealt out to clients that run side by side on the same few names, applies and
// prunes among them; on PostgreSQL to two processes. The writes that were done are put in the order of the account's
// versions: one after the other, they must do the same to the plain model, and leave the same decisions. What was refused
// must be what the model says at some moment while the call ran.

const databases = await testDatabases()
const CLIENTS = 4

interface Api {
  readonly name: string
  /** The step as this API has it; none: it has no such step here. */
  step(step: Step): Step | undefined
  run(fixture: Fixture, step: Step, id: string): Promise<string>
  decisions(fixture: Fixture): Promise<Record<string, string[]>>
}
const APIS: readonly Api[] = [
  { name: 'ram', step: (one) => one, run, decisions },
  {
    name: 'iam',
    // A call of IAM names an id, which its client has looked up before: a name may be another's by then, and a model of names
    // cannot say so.
    step: (one) => (one[0] === 'UpdateUser' ? undefined : asIam(one)),
    run: runIam,
    decisions: decisionsOfIam,
  },
]

interface Done {
  readonly id: string
  readonly step: Step
  readonly answer: string
  /** Versions of the account that were there before the call began, and, written if not yet committed, after it ended. */
  readonly from: number
  readonly to: number
}

async function versionOf({ store, root }: Fixture): Promise<number> {
  const account = store.read.selectFrom('accounts').select('version').where('id', '=', root.account.uid)
  return (await account.executeTakeFirstOrThrow()).version
}

/** Deals the steps out, and runs all clients at once. */
async function runTogether(
  api: Api,
  fixtures: readonly Fixture[],
  sequence: readonly Step[],
): Promise<Done[]> {
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const fixture = fixtures[client % fixtures.length]!
    const done: Done[] = []
    for (const [i, step] of sequence.entries()) {
      if (i % CLIENTS !== client) continue
      const id = `${client}-${i}`
      const from = await versionOf(fixture)
      const answer = await api.run(fixture, step, id)
      // A refusal may look at what is written before it in the same transaction, and is answered before that is committed.
      const turns = fixtures.flatMap((one) => [...one.turns.values()])
      done.push({ id, step, answer, from, to: Math.max(await versionOf(fixture), ...turns) })
    }
    return done
  })
  return (await Promise.all(clients)).flat()
}

/** The writes in the order in which they were done. One that changed nothing comes after the one whose version it saw. */
function inTurn(fixtures: readonly Fixture[], done: readonly Done[]) {
  const turnOf = ({ id }: Done) =>
    fixtures.map(({ turns }) => turns.get(id)).find((turn) => turn !== undefined)!
  return done
    .filter(({ answer }) => answer === 'ok')
    .map((one) => ({ ...one, turn: turnOf(one), moved: turnOf(one) > one.from }))
    .sort((a, b) => a.turn - b.turn || Number(b.moved) - Number(a.moved))
}

/** Of a refused call that looks for several things one after the other, each may be of another moment. */
const isMissing = (answer: string) => answer.startsWith('IdentityNotFound')
const NOT_DONE = ['Overloaded']

for (const database of databases)
  describe.skipIf(database.missing)(`clients side by side on ${database.name}`, () => {
    const runs = database.name === 'sqlite' ? 8 : 2

    it.each(APIS)('do by $name what they would one after the other', { timeout: 120_000 }, async (api) => {
      const seen = { ok: 0, refused: 0, met: 0 }
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const url = await database.fresh()
          const first = await openFixture({ url })
          const fixtures = [first]
          try {
            if (database.name !== 'sqlite') fixtures.push(await openFixture({ url, beside: first }))
            const mine = sequence.map(api.step).filter((step) => step !== undefined)
            const done = await runTogether(api, fixtures, mine)
            const writes = inTurn(fixtures, done)
            const model = createModel({ calm: api.name === 'iam' })
            const refused = done.filter(({ answer }) => answer !== 'ok' && !NOT_DONE.includes(answer))
            const explained = new Set<string>()
            const explain = (low: number, high: number) => {
              for (const one of refused)
                if (one.from <= high && one.to >= low && model.peek(one.step) === one.answer)
                  explained.add(one.id)
            }
            explain(0, writes[0]?.turn ?? Number.MAX_SAFE_INTEGER)
            for (const [i, { id, step, turn }] of writes.entries()) {
              expect([id, step, model.run(step)]).toEqual([id, step, 'ok'])
              explain(turn, writes[i + 1]?.turn ?? Number.MAX_SAFE_INTEGER)
            }
            expect(refused.filter(({ id, answer }) => !explained.has(id) && !isMissing(answer))).toEqual([])
            expect(await api.decisions(first)).toEqual(model.decisions(ACTIONS))
            expect(fixtures.flatMap(({ defects }) => defects)).toEqual([])
            seen.ok += writes.length
            seen.refused += refused.length
            seen.met += writes.filter(({ from, turn }) => turn > from + 1).length
          } finally {
            for (const fixture of fixtures.reverse()) await fixture.close()
          }
        }),
        { numRuns: runs },
      )
      expect(seen.ok).toBeGreaterThan(runs * 4)
      expect(seen.refused).toBeGreaterThan(runs)
      // Others wrote between the begin of a write and its turn: they did run side by side.
      expect(seen.met).toBeGreaterThan(runs)
    })
  })
