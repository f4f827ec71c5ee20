import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Problem } from '../../base/problem.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { wrapFor } from './testing/example-keys.ts'
import { expected, type ModelKey, type Step, settle } from './testing/key-model.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

// Random sequences of everything that happens to keys, with the clock moving, the clock's work coming or not, and the
// service stopped and started between: every answer is the model's, and no acknowledged ciphertext is lost.

const key = fc.nat({ max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('create' as const), external: fc.boolean() }),
  fc.record({
    do: fc.constantFrom('EnableKey', 'DisableKey', 'CancelKeyDeletion', 'DeleteKeyMaterial'),
    key,
  }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('ScheduleKeyDeletion' as const), key, days: fc.constantFrom(7, 20) }),
  fc.record({
    do: fc.constant('ImportKeyMaterial' as const),
    key,
    fill: fc.constantFrom(1, 1, 1, 2),
    days: fc.constantFrom(0, 0, 5),
  }),
  {
    arbitrary: fc.record({ do: fc.constantFrom('CreateKeyVersion', 'Encrypt'), key }) as fc.Arbitrary<Step>,
    weight: 3,
  },
  { arbitrary: fc.record({ do: fc.constant('Decrypt' as const), blob: fc.nat({ max: 8 }) }), weight: 3 },
  fc.record({ do: fc.constant('advance' as const), days: fc.constantFrom(1, 4, 8, 15) }),
  fc.record({ do: fc.constantFrom('work', 'restart') }) as fc.Arbitrary<Step>,
)

/** A problem as the wire's code, as far as this model meets it. */
function codeOf(problem: Problem): string {
  switch (problem.code) {
    case 'KeyStateRejects':
      return `Rejected.${problem.state}`
    case 'KeyNotFound':
      return 'Forbidden.KeyNotFound'
    case 'UnsupportedOrigin':
      return 'Unsupported.Origin'
    case 'OperationRejected':
      return 'Rejected.UnsupportedOperation'
    case 'StateModifiedFailed':
      return 'Rejected.StateModifiedFailed'
    default:
      return problem.code
  }
}

type KeyStep = Extract<Step, { key: number }>

class Run {
  fixture: KmsFixture
  readonly keys: ModelKey[] = []
  readonly blobs: { of: ModelKey; text: string; blob: string }[] = []
  readonly url: string
  constructor(fixture: KmsFixture, url: string) {
    this.fixture = fixture
    this.url = url
  }

  async take(step: Step): Promise<void> {
    const now = this.fixture.clock.now()
    for (const one of this.keys) settle(one, now)
    if (step.do === 'advance') return this.fixture.days(step.days)
    if (step.do === 'work') return void (await this.fixture.work())
    if (step.do === 'restart') {
      const { clock, keyring } = this.fixture
      await this.fixture.close()
      this.fixture = await openKmsFixture({ url: this.url, clock, keyring })
      return
    }
    if (step.do === 'create') return this.create(step.external)
    if (step.do === 'Decrypt') return this.decrypt(step.blob)
    if (!('key' in step)) return
    const of = this.keys[step.key % Math.max(1, this.keys.length)]
    if (of) await this.change(step, of, now)
  }

  async create(external: boolean): Promise<void> {
    const id = await this.fixture.key({ Origin: external ? 'EXTERNAL' : 'Aliyun_KMS' })
    this.keys.push({
      id,
      external,
      state: external ? 'PendingImport' : 'Enabled',
      gone: false,
      deleteAt: 0,
      expiresAt: Number.POSITIVE_INFINITY,
      material: !external,
      bound: undefined,
      versions: 1,
      byHandAt: Number.NEGATIVE_INFINITY,
    })
  }

  async decrypt(at: number): Promise<void> {
    const found = this.blobs[at % Math.max(1, this.blobs.length)]
    if (!found) return
    const wanted = expected({ do: 'Decrypt', blob: at }, found.of, this.fixture.clock.now())
    const answer = await this.fixture.call(this.fixture.root, 'Decrypt', { CiphertextBlob: found.blob })
    if (wanted === 'ok')
      expect(answer).toMatchObject({ ok: true, output: { Plaintext: found.text, KeyId: found.of.id } })
    else expect(answer.ok ? 'ok' : codeOf(answer.problem)).toBe(wanted)
  }

  async change(step: KeyStep, of: ModelKey, now: number): Promise<void> {
    const input: Record<string, unknown> = { KeyId: of.id }
    const text = `text ${this.blobs.length}`
    if (step.do === 'Encrypt') input.Plaintext = text
    if (step.do === 'ScheduleKeyDeletion') input.PendingWindowInDays = step.days
    if (step.do === 'ImportKeyMaterial') {
      // Only an imported key that is there gives parameters: what the others answer does not depend on them.
      const asked = of.external && !of.gone
      const sent = asked
        ? await wrapFor(this.fixture.ok, of.id, Buffer.alloc(32, step.fill))
        : { ImportToken: 'AAAA', EncryptedKeyMaterial: 'AAAA' }
      Object.assign(input, sent)
      if (step.days > 0) input.KeyMaterialExpireUnix = Math.floor(now / 1000) + step.days * 86_400
    }
    const wanted = expected(step, of, now)
    const answer = await this.fixture.call(this.fixture.root, step.do, input)
    expect([step, answer.ok ? 'ok' : codeOf(answer.problem)]).toEqual([step, wanted])
    if (answer.ok && step.do === 'Encrypt') {
      this.blobs.push({ of, text, blob: String(answer.output.CiphertextBlob) })
    }
  }

  /** What is shown of each key, whether the clock's work came or not. */
  async check(): Promise<void> {
    for (const one of this.keys) {
      settle(one, this.fixture.clock.now())
      const answer = await this.fixture.call(this.fixture.root, 'DescribeKey', { KeyId: one.id })
      if (one.gone) expect(answer).toMatchObject({ ok: false, problem: { code: 'KeyNotFound' } })
      else expect(answer).toMatchObject({ ok: true, output: { KeyMetadata: { KeyState: one.state } } })
      if (!one.gone) {
        expect((await this.fixture.ok('ListKeyVersions', { KeyId: one.id })).TotalCount).toBe(one.versions)
      }
    }
    for (const at of this.blobs.keys()) await this.decrypt(at)
    expect(this.fixture.defects).toEqual([])
  }
}

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`sequences on ${database.name}`, () => {
    it('answer as the state table says, and lose nothing', async () => {
      let ended = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 40, size: 'max' }), async (steps) => {
          const url = await database.fresh()
          const run = new Run(await openKmsFixture({ url }), url)
          try {
            await run.create(false)
            await run.create(true)
            for (const one of steps) await run.take(one)
            await run.check()
            // The end of one key, whatever came before.
            await run.take({ do: 'ScheduleKeyDeletion', key: 0, days: 7 })
            await run.take({ do: 'advance', days: 8 })
            await run.take({ do: 'work' })
            await run.check()
            ended += run.keys.filter(({ gone }) => gone).length
          } finally {
            await run.fixture.close()
          }
        }),
        { numRuns: database.name === 'sqlite' ? 25 : 10 },
      )
      expect(ended).toBeGreaterThan(0)
    }, 60_000)
  })
}
