import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CompiledPolicies, compilePolicies, parsePolicy } from '@keyward/policy'
import type { AuditEntry } from '../../../audit/audit.ts'
import { type TestClock, testClock } from '../../../base/clock.ts'
import type { Problem } from '../../../base/problem.ts'
import type { Keyring } from '../../../crypto/keyring.ts'
import { type Asymmetric, createAsymmetric } from '../../../crypto/pool/asymmetric.ts'
import { testKeyring } from '../../../crypto/testing/keyring.ts'
import type { Account, Caller } from '../../../identity/principal.ts'
import { dueKeyWork, type KeyWorkParts } from '../../../kms/due.ts'
import { createVersionUses, type NearVersion, type UseLimits } from '../../../kms/uses.ts'
import { type RunAct, runActs } from '../../../pipeline/act.ts'
import type { Answer, Pipeline } from '../../../pipeline/answer.ts'
import type { FindLayers } from '../../../pipeline/decision.ts'
import type { PipelineParts } from '../../../pipeline/parts.ts'
import { createPipeline } from '../../../pipeline/pipeline.ts'
import { openStore } from '../../../store/open.ts'
import { createRevisionCache } from '../../../store/revision-cache.ts'
import type { Store } from '../../../store/store.ts'
import { acts } from '../../acts.ts'
import { secretOperations } from '../../secrets/index.ts'
import { markPasser } from '../count-uses.ts'
import { keyActs } from '../due-acts.ts'
import { kmsOperations } from '../index.ts'

/** Keys behind a real pipeline on a real store, with a clock that moves: what the tests of this domain act on. */
export interface KmsFixture {
  readonly store: Store
  readonly clock: TestClock
  readonly keyring: Keyring
  /** Root of the first account. */
  readonly root: Caller
  /** Root of another account. */
  readonly stranger: Caller
  readonly audited: AuditEntry[]
  readonly defects: unknown[]
  /** A user of the first account, or of the second, with one policy of these statements. */
  user(name: string, statements?: readonly object[], account?: Account): Caller
  call(caller: Caller, action: string, input?: object, decideOnly?: boolean): Promise<Answer>
  /** As the root; an answer that is not one fails the test. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
  ok(action: string, input?: object, caller?: Caller): Promise<any>
  /** The problem of a call that must fail. */
  problem(action: string, input?: object, caller?: Caller): Promise<Problem>
  /** Makes a key and answers its id. */
  key(options?: object): Promise<string>
  /** Moves the clock. */
  days(days: number): void
  /** Key versions that were told of because they near their end. */
  readonly near: NearVersion[]
  /** Writes the uses that are counted. */
  countUses(): Promise<void>
  readonly pipeline: Pipeline
  /** Takes an act of the service through it. */
  readonly act: RunAct
  /** Does what the clock asks of keys. */
  work(): Promise<number>
  /** What that needs, for a worker of its own: over another store, by another clock, or with another audit log. */
  worker(
    own?: Partial<Pick<PipelineParts, 'store' | 'clock' | 'audit'>>,
  ): KeyWorkParts & { readonly actIn: ReturnType<typeof keyActs> }
  close(): Promise<void>
}

export const REGION = 'cn-hangzhou'
const account = (digit: string, name: string): Account => ({
  uid: digit.repeat(16),
  domainId: digit.repeat(32),
  projectId: digit.repeat(32),
  name,
})
export const OWN = account('1', 'own')
export const OTHER = account('2', 'other')

function caller(of: Account, kind: Caller['kind'], name: string): Caller {
  return Object.freeze({
    account: of,
    kind,
    name,
    ramId: '3'.repeat(18),
    iamId: '3'.repeat(32),
    arn: `acs:ram::${of.uid}:${kind === 'root' ? 'root' : `user/${name}`}`,
    urn: `iam::${of.domainId}:${kind === 'root' ? 'root' : `user:${name}`}`,
    accessKeyId: 'AK',
  })
}

export interface KmsFixtureOptions {
  /** Its database; a new SQLite file by default. */
  readonly url?: string
  readonly keyring?: Keyring
  readonly clock?: TestClock
  /** Counts uses of key versions against these limits. */
  readonly useLimits?: UseLimits
  /** Told of every material that is made. */
  readonly onGenerate?: () => void
  /** How the policies of callers are found; those of {@link KmsFixture.user} by default. */
  readonly findLayers?: FindLayers
}

export async function openKmsFixture(options: KmsFixtureOptions = {}): Promise<KmsFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-kms-'))
  const store = await openStore(options.url ?? `sqlite:${join(folder, 'db')}`)
  const clock = options.clock ?? testClock()
  const keyring = options.keyring ?? testKeyring(Buffer.alloc(32, 7))
  const cache = createRevisionCache({ store, clock })
  const threads = createAsymmetric({ threads: 1 })
  const asymmetric: Asymmetric = {
    ...threads,
    generate(spec) {
      options.onGenerate?.()
      return threads.generate(spec)
    },
  }
  const audited: AuditEntry[] = []
  const defects: unknown[] = []
  const audit = {
    record: async (entry: AuditEntry) => void audited.push(entry),
    recordIn: async (_: unknown, entry: AuditEntry) => void audited.push(entry),
    assertWritable() {},
    async close() {},
  }
  const near: NearVersion[] = []
  const versionUses = options.useLimits
    ? createVersionUses({
        store,
        pass: (mark) => markPasser(runActs({ pipeline, clock }))(mark),
        onNear: (one) => near.push(one),
        onError: (error) => defects.push(error),
        limits: options.useLimits,
      })
    : undefined
  const policies = new Map<string, CompiledPolicies>()
  const parts: PipelineParts = {
    store,
    cache,
    keyring,
    asymmetric,
    clock,
    audit,
    regions: { alibaba: REGION, huawei: 'cn-north-4' },
    findLayers:
      options.findLayers ??
      (({ arn }) => {
        const identity = policies.get(arn)
        return identity ? { identity } : {}
      }),
    ...(versionUses ? { versionUses } : {}),
    acts,
    digestKey: keyring.stableKey('audit-digests'),
    onDefect: (error) => defects.push(error),
  }
  const pipeline = createPipeline(parts)
  const worker: KmsFixture['worker'] = (own = {}) => {
    const all = { ...parts, ...own }
    const actIn = keyActs(runActs({ pipeline: createPipeline(all), clock: all.clock }))
    return { store: all.store, clock: all.clock, act: actIn(), actIn }
  }
  const byAction = new Map(
    [...kmsOperations, ...secretOperations].map((one) => [one.name.slice('kms:'.length), one]),
  )
  const root = caller(OWN, 'root', 'root')
  const call: KmsFixture['call'] = (who, action, input = {}, decideOnly = false) => {
    const operation = byAction.get(action)
    if (!operation) throw new Error(`no operation \`${action}\``)
    return pipeline({
      operation,
      caller: who,
      connection: {
        requestId: 'REQUEST',
        sourceAddress: '127.0.0.1',
        tlsVersion: '1.3',
        userAgent: undefined,
        referer: undefined,
        receivedAt: clock.now(),
      },
      input: { ...input },
      decideOnly,
    })
  }
  const ok: KmsFixture['ok'] = async (action, input, who = root) => {
    const answer = await call(who, action, input)
    if (answer.ok) return answer.output
    throw new Error(`${action}: ${JSON.stringify(answer.problem)} ${defects.map(String)}`)
  }
  return {
    store,
    clock,
    keyring,
    root,
    stranger: caller(OTHER, 'root', 'root'),
    audited,
    defects,
    call,
    ok,
    user(name, statements, of = OWN) {
      const who = caller(of, 'user', name)
      if (!statements) policies.delete(who.arn)
      else {
        const text = JSON.stringify({ Version: '1', Statement: statements })
        const { document, findings } = parsePolicy(text, { language: 'ram', type: 'identity' })
        if (!document) throw new Error(JSON.stringify(findings))
        policies.set(who.arn, compilePolicies('ram', [{ name, document }]))
      }
      return who
    },
    async problem(action, input, who = root) {
      const answer = await call(who, action, input)
      if (answer.ok) throw new Error(`${action} succeeded: ${JSON.stringify(answer.output)}`)
      if (answer.problem.code === 'Internal') throw defects.at(-1)
      return answer.problem
    },
    async key(options = {}) {
      return (await ok('CreateKey', options)).KeyMetadata.KeyId
    },
    days: (days) => clock.advance(days * 86_400_000),
    work: () => dueKeyWork(worker()),
    worker,
    pipeline,
    act: runActs({ pipeline, clock }),
    near,
    countUses: async () => versionUses?.flush(),
    async close() {
      await versionUses?.close()
      await asymmetric.close()
      await cache.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
