import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEntry, AuditLog } from '../../audit/audit.ts'
import { systemClock } from '../../base/clock.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { testKeyring } from '../../crypto/testing/keyring.ts'
import { applyOperation } from '../../operations/keyward/apply.ts'
import type { Answer, Pipeline } from '../../pipeline/answer.ts'
import type { PipelineParts } from '../../pipeline/parts.ts'
import { createPipeline } from '../../pipeline/pipeline.ts'
import { openStore } from '../../store/open.ts'
import { createRevisionCache } from '../../store/revision-cache.ts'
import type { RevisionCache, Store } from '../../store/store.ts'
import { rootCaller } from '../callers.ts'
import { createDirectory, type Directory } from '../directory.ts'
import { createFirstWorld, type FirstWorld } from '../first-world.ts'
import type { AccessKeyCredential, Caller } from '../principal.ts'

/** A directory on a store, with the pipeline in front of it: what the tests of this domain act on. */
export interface Fixture {
  readonly store: Store
  readonly cache: RevisionCache
  readonly keyring: Keyring
  readonly directory: Directory
  readonly pipeline: Pipeline
  readonly first: FirstWorld
  /** Root of the first account. */
  readonly root: Caller
  readonly audited: AuditEntry[]
  /** The version that the account had when a write of it was done, by request id: in which order writes were, over all processes. */
  readonly turns: ReadonlyMap<string, number>
  readonly defects: unknown[]
  /** The credential of a permanent access key. */
  accessKey(id: string): Promise<AccessKeyCredential | undefined>
  /** Applies a world as the root of the first account, or as someone else. */
  apply(world: string, options?: ApplyOptions, caller?: Caller): Promise<Answer>
  /** As `apply`, for one that must succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
  applied(world: string, options?: ApplyOptions, caller?: Caller): Promise<any>
  close(): Promise<void>
}

export interface ApplyOptions {
  readonly Prune?: boolean
  readonly Preview?: boolean
  readonly Diff?: boolean
  readonly PlanId?: string
}

export function makeKeyring(): Keyring {
  return testKeyring()
}

export interface FixtureOptions {
  /** Its database; a new SQLite file by default. */
  readonly url?: string
  /** As a second process over the database of another fixture. */
  readonly beside?: Fixture
}

export async function openFixture({ url, beside }: FixtureOptions = {}): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-fixture-'))
  const store = await openStore(url ?? `sqlite:${join(folder, 'db')}`)
  const keyring = beside?.keyring ?? makeKeyring()
  const cache = createRevisionCache({ store, clock: systemClock })
  const directory = createDirectory({ store, cache, keyring })
  const first = beside?.first ?? (await createFirstWorld({ store, keyring, clock: systemClock }))!
  const root = rootCaller(first.account, first.accessKey.id)
  const audited: AuditEntry[] = []
  const turns = new Map<string, number>()
  const defects: unknown[] = []
  const parts: Omit<PipelineParts, 'asymmetric'> = {
    store,
    cache,
    keyring,
    clock: systemClock,
    audit: keepingAudit(audited, turns),
    regions: { alibaba: 'cn-hangzhou', huawei: 'cn-north-4' },
    findLayers: (caller, check) => directory.layersFor(caller, check.language, check.owner),
    digestKey: keyring.stableKey('audit-digests'),
    onDefect: (error) => defects.push(error),
  }
  const pipeline = createPipeline(parts as PipelineParts)
  const apply: Fixture['apply'] = (world, options = {}, caller = root) =>
    pipeline({
      operation: applyOperation,
      caller,
      connection: {
        requestId: 'REQUEST',
        sourceAddress: '127.0.0.1',
        tlsVersion: '1.3',
        userAgent: undefined,
        referer: undefined,
        receivedAt: Date.now(),
      },
      input: { World: world, ...options },
    })
  return {
    store,
    cache,
    keyring,
    directory,
    pipeline,
    first,
    root,
    audited,
    turns,
    defects,
    apply,
    async accessKey(id) {
      const found = await directory.findAccessKey(id)
      return found && 'caller' in found ? found : undefined
    },
    async applied(world, options, caller) {
      const answer = await apply(world, options, caller)
      if (answer.ok) return answer.output
      throw new Error(`refused: ${JSON.stringify(answer.problem)} ${defects.map(String)}`)
    },
    async close() {
      await cache.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function keepingAudit(entries: AuditEntry[], turns: Map<string, number>): AuditLog {
  return {
    record: async (entry) => void entries.push(entry),
    async recordIn(tx, entry) {
      entries.push(entry)
      const account = tx.selectFrom('accounts').select('version').where('id', '=', entry.account)
      turns.set(entry.requestId, (await account.executeTakeFirst())?.version ?? 0)
    },
    assertWritable() {},
    async close() {},
  }
}
