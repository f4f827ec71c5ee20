import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testDatabases } from '../../store/testing/databases.ts'
import { type KmsFixture, openKmsFixture } from '../kms/testing/kms-fixture.ts'

// Random sequences of everything that happens to the versions and stages of a secret: every answer is the model's, which
// shares no code with the service; and with eight writers at once the stages stay what they must be.

const VERSIONS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm']
const STAGES = ['ACSCurrent', 'ACSPrevious', 's1', 's2', 's3', 's4', 's5', 's6', 's7']

const id = fc.constantFrom(...VERSIONS)
const stage = fc.constantFrom(...STAGES)
const step = fc.oneof(
  {
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      id,
      value: fc.constantFrom('x', 'x', 'y'),
      stages: fc.option(fc.uniqueArray(stage, { minLength: 1, maxLength: 4 }), { nil: undefined }),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      stage,
      to: fc.option(id, { nil: undefined }),
      from: fc.option(id, { nil: undefined, freq: 2 }),
    }),
    weight: 3,
  },
  fc.record({ do: fc.constant('delete' as const), force: fc.constantFrom(false, false, true) }),
  { arbitrary: fc.record({ do: fc.constant('restore' as const) }), weight: 2 },
  fc.record({ do: fc.constant('create' as const), id }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** What every sequence meets, wherever chance leads the rest of it: a full list, a limit, a second value. */
const AIMS = [
  'create SecretExists',
  'create SecretInDeletion',
  'put ok',
  'put SecretExists',
  'put LimitExceeded',
  'put SecretInDeletion',
  'move ok',
  'move StageMismatch',
  'move SecretNotFound',
  'move LimitExceeded',
  'delete ok',
  'restore ok',
  'restore SecretNotInDeletion',
] as const
type Aim = (typeof AIMS)[number]

/** Steps of chance, among them one for each aim; `pick` chooses which of the steps that have the outcome. */
const sequence = fc
  .tuple(
    fc.array(step, { minLength: 20, maxLength: 50, size: 'max' }),
    fc.shuffledSubarray([...AIMS], { minLength: AIMS.length }),
    fc.array(fc.nat(9999), { minLength: AIMS.length, maxLength: AIMS.length }),
  )
  .map(([steps, aims, picks]): (Step | { aim: Aim; pick: number })[] =>
    steps.flatMap((one, i) => {
      const at = (n: number) => Math.floor((n * steps.length) / aims.length)
      const here = aims.flatMap((aim, n) => (at(n) === i ? [{ aim, pick: picks[n] ?? 0 }] : []))
      return [...here, one]
    }),
  )

/** What a secret should be, as the documents say it. */
class Model {
  there = false
  waiting = false
  versions: { id: string; value: string }[] = []
  stages = new Map<string, string>()

  copy(): Model {
    const copy = new Model()
    return Object.assign(copy, this, { versions: [...this.versions], stages: new Map(this.stages) })
  }

  take(one: Step): string {
    if (one.do === 'create') {
      if (this.there) return this.waiting ? 'SecretInDeletion' : 'SecretExists'
      this.there = true
      this.waiting = false
      this.versions = [{ id: one.id, value: 'first' }]
      this.stages = new Map([['ACSCurrent', one.id]])
      return 'ok'
    }
    if (!this.there) return 'SecretNotFound'
    if (one.do === 'restore') {
      if (!this.waiting) return 'SecretNotInDeletion'
      this.waiting = false
      return 'ok'
    }
    if (one.do === 'delete' && one.force) {
      this.there = false
      return 'ok'
    }
    if (this.waiting) return 'SecretInDeletion'
    if (one.do === 'delete') {
      this.waiting = true
      return 'ok'
    }
    return one.do === 'put' ? this.put(one.id, one.value, one.stages ?? ['ACSCurrent']) : this.move(one)
  }

  put(id: string, value: string, stages: string[]): string {
    const known = this.versions.find((version) => version.id === id)
    if (known) return known.value === value ? 'ok' : 'SecretExists'
    const before = new Map(this.stages)
    if (!this.give(stages, id)) return 'LimitExceeded'
    this.versions.push({ id, value })
    if (this.versions.length > 10) {
      const bare = this.versions.findIndex((version) => ![...this.stages.values()].includes(version.id))
      if (bare < 0) {
        this.versions.pop()
        this.stages = before
        return 'LimitExceeded'
      }
      this.versions.splice(bare, 1)
    }
    return 'ok'
  }

  give(stages: string[], to: string): boolean {
    const grows = stages.some((one) => !this.stages.has(one))
    if (grows && new Set([...this.stages.keys(), ...stages]).size > 8) return false
    const former = this.stages.get('ACSCurrent')!
    for (const one of stages) this.stages.set(one, to)
    if (stages.includes('ACSCurrent') && !stages.includes('ACSPrevious') && former !== to) {
      this.stages.set('ACSPrevious', former)
    }
    return true
  }

  move({ from, stage, to }: Extract<Step, { do: 'move' }>): string {
    if (from === undefined && to === undefined) return 'InvalidParameter'
    for (const id of [to, from]) {
      if (id !== undefined && !this.versions.some((version) => version.id === id)) return 'SecretNotFound'
    }
    if (from !== undefined && this.stages.get(stage) !== from) return 'StageMismatch'
    if (to === undefined) {
      if (stage.startsWith('ACS')) return 'StageMismatch'
      this.stages.delete(stage)
      return 'ok'
    }
    if (this.stages.get(stage) === to) return 'ok'
    return this.give([stage], to) ? 'ok' : 'LimitExceeded'
  }
}

/** The steps that lead to an aim from where the model is; the model takes each before the next is asked for. */
function* towards(model: Model, aim: Aim, pick: number): Generator<Step> {
  const [doing, outcome] = aim.split(' ')
  if (!model.there) yield { do: 'create', id: 'a' }
  const waits = outcome === 'SecretInDeletion' || aim === 'restore ok'
  if (model.waiting !== waits) yield waits ? { do: 'delete', force: false } : { do: 'restore' }
  if (outcome === 'LimitExceeded') {
    for (const stage of STAGES) {
      if (model.stages.size >= 8 || model.stages.has(stage)) continue
      yield { do: 'move', stage, to: model.stages.get('ACSCurrent'), from: undefined }
    }
  }
  const ends = [undefined, ...VERSIONS]
  const all: Record<Step['do'], () => Step[]> = {
    create: () => [{ do: 'create', id: 'b' }],
    restore: () => [{ do: 'restore' }],
    delete: () => [false, true].map((force) => ({ do: 'delete', force })),
    put: () =>
      VERSIONS.flatMap((id) =>
        [undefined, ...STAGES].flatMap((stage) =>
          (['x', 'y'] as const).map(
            (value): Step => ({ do: 'put', id, value, stages: stage === undefined ? stage : [stage] }),
          ),
        ),
      ),
    move: () =>
      STAGES.flatMap((stage) =>
        ends.flatMap((to) => ends.map((from): Step => ({ do: 'move', stage, to, from }))),
      ),
  }
  const fitting = all[doing as Step['do']]().filter((one) => model.copy().take(one) === outcome)
  yield fitting[pick % fitting.length] as Step
}

const SecretName = 'shop/db'

async function act(fixture: KmsFixture, one: Step): Promise<string> {
  const calls: Record<Step['do'], () => [string, object]> = {
    create: () => ['CreateSecret', { SecretData: 'first', VersionId: (one as { id: string }).id }],
    restore: () => ['RestoreSecret', {}],
    delete: () => [
      'DeleteSecret',
      (one as { force: boolean }).force ? { ForceDeleteWithoutRecovery: true } : {},
    ],
    put: () => {
      const { id, stages, value } = one as Extract<Step, { do: 'put' }>
      return [
        'PutSecretValue',
        { VersionId: id, SecretData: value, ...(stages && { VersionStages: stages }) },
      ]
    },
    move: () => {
      const { from, stage, to } = one as Extract<Step, { do: 'move' }>
      const ends = { ...(to && { MoveToVersion: to }), ...(from && { RemoveFromVersion: from }) }
      return ['UpdateSecretVersionStage', { VersionStage: stage, ...ends }]
    },
  }
  const [action, more] = calls[one.do]()
  const answer = await fixture.call(fixture.root, action, { SecretName, ...more })
  return answer.ok ? 'ok' : answer.problem.code
}

/** The versions of the secret with their stages, oldest first. */
async function shown(fixture: KmsFixture): Promise<[string, string[]][]> {
  const input = { SecretName, IncludeDeprecated: true, PageSize: 100 }
  const { VersionIds } = await fixture.ok('ListSecretVersionIds', input)
  return VersionIds.VersionId.map((one: { VersionId: string; VersionStages: { VersionStage: string[] } }) => [
    one.VersionId,
    one.VersionStages.VersionStage,
  ]).reverse()
}

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`secrets on ${database.name}`, () => {
    it('answer as the model says, whatever comes', async () => {
      const seen = new Set<string>()
      await fc.assert(
        fc.asyncProperty(sequence, async (steps) => {
          const fixture = await openKmsFixture({ url: await database.fresh() })
          const model = new Model()
          try {
            const take = async (one: Step) => {
              const wanted = model.take(one)
              seen.add(`${one.do} ${wanted}`)
              expect([one, await act(fixture, one)]).toEqual([one, wanted])
            }
            for (const one of [{ do: 'create' as const, id: 'a' }, ...steps]) {
              if ('do' in one) await take(one)
              else for (const next of towards(model, one.aim, one.pick)) await take(next)
            }
            if (!model.there) return
            expect(await shown(fixture)).toEqual(
              model.versions.map(({ id }) => [
                id,
                [...model.stages].flatMap(([name, at]) => (at === id ? [name] : [])).sort(),
              ]),
            )
            if (model.waiting) return
            for (const [VersionStage, at] of model.stages) {
              const { SecretData, VersionId } = await fixture.ok('GetSecretValue', {
                SecretName,
                VersionStage,
              })
              expect([VersionId, SecretData]).toEqual([at, model.versions.find(({ id }) => id === at)?.value])
            }
            expect(fixture.defects).toEqual([])
          } finally {
            await fixture.close()
          }
        }),
        { numRuns: database.name === 'sqlite' ? 15 : 5 },
      )
      for (const aim of AIMS) expect([...seen]).toContain(aim)
    }, 90_000)

    it('keep their stages under eight writers', async () => {
      const fixture = await openKmsFixture({ url: await database.fresh() })
      try {
        await fixture.ok('CreateSecret', { SecretName, SecretData: 'first', VersionId: 'v0' })
        const writer = async (n: number) => {
          for (let i = 0; i < 6; i += 1) {
            const VersionId = `v${n}-${i}`
            const put = { SecretName, VersionId, SecretData: VersionId }
            await fixture.ok(
              'PutSecretValue',
              i % 3 === 2 ? { ...put, VersionStages: [`stage-${n % 4}`] } : put,
            )
            const moved = { SecretName, VersionStage: 'ACSCurrent', MoveToVersion: VersionId }
            // Another writer's values may have pushed it out meanwhile.
            if (i % 2 === 1) await fixture.call(fixture.root, 'UpdateSecretVersionStage', moved)
            expect((await fixture.ok('GetSecretValue', { SecretName })).VersionStages.VersionStage).toContain(
              'ACSCurrent',
            )
          }
        }
        await Promise.all(Array.from({ length: 8 }, (_, n) => writer(n)))
        const versions = await shown(fixture)
        const stages = versions.flatMap(([, list]) => list)
        expect(new Set(stages).size).toBe(stages.length)
        expect(stages).toEqual(expect.arrayContaining(['ACSCurrent', 'ACSPrevious', 'stage-0', 'stage-3']))
        expect(versions).toHaveLength(10)
        for (const [VersionId] of versions) {
          const { SecretData } = await fixture.ok('GetSecretValue', { SecretName, VersionId })
          expect(SecretData).toBe(VersionId === 'v0' ? 'first' : VersionId)
        }
        expect(fixture.defects).toEqual([])
      } finally {
        await fixture.close()
      }
    }, 60_000)
  })
}
