import { createSecretKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compilePolicies, parsePolicy } from '@keyward/policy'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuditEntry, AuditLog } from '../audit/audit.ts'
import { systemClock } from '../base/clock.ts'
import { refuse } from '../base/problem.ts'
import { readMeta, writeMeta } from '../store/meta.ts'
import { useNonce } from '../store/nonces.ts'
import { openStore } from '../store/open.ts'
import { createRevisionCache } from '../store/revision-cache.ts'
import { bumpRevision, readRevision } from '../store/revisions.ts'
import type { RevisionCache, Store, WriteHandle } from '../store/store.ts'
import type { Call } from './answer.ts'
import type { Nonce } from './connection.ts'
import { type Check, type DecidedRow, type Operation, readOperation, writeOperation } from './operation.ts'
import type { PipelineParts } from './parts.ts'
import { createPipeline } from './pipeline.ts'

const UID = '1234567890123456'
const caller = {
  account: { uid: UID, domainId: 'd', projectId: 'p', name: 'main' },
  kind: 'user',
  name: 'alice',
  ramId: '1',
  iamId: 'a',
  arn: `acs:ram::${UID}:user/alice`,
  urn: 'iam::d:user:alice',
  accessKeyId: 'AK',
} as const
const nonce: Nonce = { bucket: 1, id: new Uint8Array(16) }

let folder: string
let store: Store
let cache: RevisionCache
let recorded: { entry: AuditEntry; nonce: Nonce | undefined }[]
let defects: unknown[]
let audit: AuditLog

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-pipeline-'))
  store = await openStore(`sqlite:${join(folder, 'db')}`)
  cache = createRevisionCache({ store, clock: systemClock })
  recorded = []
  defects = []
  audit = {
    async record(entry, used) {
      recorded.push({ entry, nonce: used })
    },
    async recordIn(_tx, entry, used) {
      recorded.push({ entry, nonce: used })
    },
    assertWritable() {},
    async close() {},
  }
})
afterEach(async () => {
  await cache.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const ALLOWED = ['kms:A', 'kms:B', 'kms:Encrypt']
const ALLOW = { Version: '1', Statement: [{ Effect: 'Allow', Action: ALLOWED, Resource: '*' }] }

function identityLayers() {
  const { document } = parsePolicy(JSON.stringify(ALLOW), { language: 'ram', type: 'identity' })
  if (!document) throw new Error('the policy of the test is wrong')
  return { identity: compilePolicies('ram', [{ name: 'p', document }]) }
}

/** A policy of a resource that lets the caller in. */
function ofResource() {
  const statement = { Effect: 'Allow', Principal: { RAM: [caller.arn] }, Action: ALLOWED, Resource: '*' }
  const text = JSON.stringify({ Version: '1', Statement: [statement] })
  const { document } = parsePolicy(text, { language: 'ram', type: 'key' })
  if (!document) throw new Error('the policy of the test is wrong')
  return compilePolicies('ram', [{ name: 'r', document }])
}

function pipeline(more: Partial<PipelineParts> = {}) {
  const layers = identityLayers()
  return createPipeline({
    store,
    cache,
    audit,
    clock: systemClock,
    regions: { alibaba: 'cn-hangzhou', huawei: 'cn-north-4' },
    findLayers: () => layers,
    digestKey: createSecretKey(Buffer.alloc(32)),
    onDefect: (error) => defects.push(error),
    ...more,
  } as PipelineParts)
}

const check = (action: string): Check => ({
  language: 'ram',
  action,
  resource: `acs:kms:cn-hangzhou:${UID}:key/k`,
  owner: UID,
  facts: {},
})

const shape = {
  summary: '',
  input: Type.Object({ Text: Type.Optional(Type.String()) }),
  output: Type.Object({}),
  example: {},
} as const

function read(more: Partial<Operation> = {}): Operation {
  return readOperation({
    ...shape,
    name: 'test:Read',
    effect: 'read',
    resolve: () => undefined,
    checks: () => [check('kms:A')],
    work: () => ({ done: 'yes' }),
    ...(more as object),
  })
}

function write(more: Partial<Operation> = {}): Operation {
  return writeOperation({
    ...shape,
    name: 'test:Write',
    effect: 'write',
    resolve: () => undefined,
    checks: () => [check('kms:A')],
    decided: () => [],
    touches: () => [{ account: UID, kind: 'identity' }],
    prepare: () => undefined,
    work: async (tx) => {
      await writeMeta(tx, 'effect', 'there')
      return { done: 'yes' }
    },
    ...(more as object),
  })
}

function call(operation: Operation, input: Record<string, unknown> = {}): Call {
  return {
    operation,
    input,
    caller,
    nonce,
    connection: {
      requestId: 'R',
      sourceAddress: '127.0.0.1',
      tlsVersion: '0',
      userAgent: undefined,
      referer: undefined,
      receivedAt: 0,
    },
  }
}

const effect = () => readMeta(store.read, 'effect')
const outcomes = () => recorded.map(({ entry }) => entry.outcome)

describe('a call that reads', () => {
  it('is answered once its entry is recorded, with its nonce', async () => {
    expect(await pipeline()(call(read()))).toEqual({ ok: true, output: { done: 'yes' } })
    expect(recorded).toMatchObject([
      { entry: { outcome: 'Success', checks: [{ action: 'kms:A', decision: 'Allow' }] }, nonce },
    ])
  })

  it('is refused by the first of its checks that denies, and its work is not done', async () => {
    let worked = false
    const operation = read({
      checks: () => [check('kms:B'), check('kms:C'), check('kms:D')],
      work: () => {
        worked = true
        return {}
      },
    } as Partial<Operation>)
    expect(await pipeline()(call(operation))).toMatchObject({
      ok: false,
      problem: { code: 'AccessDenied', denial: { action: 'kms:C', reason: 'ImplicitDeny', foreign: false } },
    })
    expect(worked).toBe(false)
    expect(recorded[0]?.entry.checks.map(({ action, decision }) => [action, decision])).toEqual([
      ['kms:B', 'Allow'],
      ['kms:C', 'Deny'],
    ])
  })

  it('is not answered when its entry cannot be recorded', async () => {
    audit.record = async () => {
      throw refuse({ code: 'Unavailable', detail: 'full' })
    }
    expect(await pipeline()(call(read()))).toMatchObject({ ok: false, problem: { code: 'Unavailable' } })
  })

  it('stops before its work while the audit cannot be written', async () => {
    let resolved = false
    audit.assertWritable = () => {
      throw refuse({ code: 'Unavailable', detail: 'full' })
    }
    const operation = read({
      resolve: () => {
        resolved = true
      },
    } as Partial<Operation>)
    expect(await pipeline()(call(operation))).toMatchObject({ problem: { code: 'Unavailable' } })
    expect(resolved).toBe(false)
  })

  it('that the wire refuses is recorded with its nonce and answered so, and nothing is looked for', async () => {
    let resolved = false
    const operation = read({
      resolve: () => {
        resolved = true
      },
    } as Partial<Operation>)
    for (const input of [{}, { Unheard: 1 }]) {
      const problem = { code: 'ProjectMismatch' } as const
      expect(await pipeline()({ ...call(operation, input), problem })).toEqual({ ok: false, problem })
    }
    expect(resolved).toBe(false)
    expect(recorded).toMatchObject([
      { entry: { outcome: 'ProjectMismatch', checks: [] }, nonce },
      { entry: { outcome: 'ProjectMismatch' }, nonce },
    ])
  })

  it('that repeats a nonce gets no answer but that, and an entry of its own', async () => {
    audit.record = async (entry, used) => {
      if (used) throw refuse({ code: 'NonceUsed' })
      recorded.push({ entry, nonce: used })
    }
    expect(await pipeline()(call(read()))).toEqual({ ok: false, problem: { code: 'NonceUsed' } })
    expect(outcomes()).toEqual(['NonceUsed'])
  })
})

describe('an error while deciding', () => {
  it.each([
    ['layers that cannot be found', { findLayers: () => Promise.reject(new Error('x')) }, read()],
    [
      'layers that throw',
      {
        findLayers: () => {
          throw new Error('x')
        },
      },
      read(),
    ],
    [
      'checks that throw',
      {},
      read({
        checks: () => {
          throw new Error('x')
        },
      } as Partial<Operation>),
    ],
    ['an operation that lists no check', {}, read({ checks: () => [] } as Partial<Operation>)],
    [
      'a fact that throws',
      {},
      read({ checks: () => [{ ...check('kms:A'), resourcePolicy: 1 }] } as unknown as Partial<Operation>),
    ],
  ])('%s: refused, audited, told', async (_what, parts, operation) => {
    const answer = await pipeline(parts as Partial<PipelineParts>)(call(operation))
    expect(answer).toEqual({ ok: false, problem: { code: 'Internal' } })
    expect(outcomes()).toEqual(['Internal'])
    expect(defects).toHaveLength(1)
  })
})

describe('a call that is only to be decided', () => {
  const work = vi.fn()
  const only = (operation: Operation, input = {}) =>
    pipeline()({ ...call(operation, input), decideOnly: true })
  afterEach(() => work.mockClear())

  it('does no work of a read, and is audited as what it is', async () => {
    expect(await only(read({ work } as Partial<Operation>))).toEqual({ ok: true, output: {} })
    expect(work).not.toHaveBeenCalled()
    expect(outcomes()).toEqual(['DryRun'])
  })

  it('prepares and commits nothing of a write', async () => {
    const operation = write({ prepare: work, work } as Partial<Operation>)
    expect(await only(operation)).toEqual({ ok: true, output: {} })
    expect(work).not.toHaveBeenCalled()
    expect(await effect()).toBeUndefined()
    expect(await readRevision(store.read, UID)).toBe(0)
  })

  it('is refused as the call would be: by the decision, a bad parameter, the state', async () => {
    const denied = read({ checks: () => [check('kms:C')], work } as Partial<Operation>)
    expect(await only(denied)).toMatchObject({ problem: { code: 'AccessDenied' } })
    expect(await only(read({ work } as Partial<Operation>), { Text: 1 })).toMatchObject({
      problem: { code: 'InvalidParameter' },
    })
    const state = () => {
      throw refuse({ code: 'KeyNotFound' })
    }
    expect(await only(read({ state, work } as Partial<Operation>))).toEqual({
      ok: false,
      problem: { code: 'KeyNotFound' },
    })
    expect(work).not.toHaveBeenCalled()
    expect(outcomes()).toEqual(['AccessDenied', 'InvalidParameter', 'KeyNotFound'])
  })
})

describe('a call that writes', () => {
  it('leaves effect, revision and entry together', async () => {
    expect(await pipeline()(call(write()))).toEqual({ ok: true, output: { done: 'yes' } })
    expect(await effect()).toBe('there')
    expect(await readRevision(store.read, UID)).toBe(1)
    expect(outcomes()).toEqual(['Success'])
  })

  it('leaves neither effect nor revision when its entry cannot be written', async () => {
    audit.recordIn = async () => {
      throw refuse({ code: 'NonceUsed' })
    }
    expect(await pipeline()(call(write()))).toEqual({ ok: false, problem: { code: 'NonceUsed' } })
    expect(await effect()).toBeUndefined()
    expect(await readRevision(store.read, UID)).toBe(0)
    expect(outcomes()).toEqual(['NonceUsed'])
  })

  it('puts its remarks into the entry, those of the last attempt alone', async () => {
    const operation = write({
      work: async (_tx: unknown, scope: { warn(text: string): void }) => {
        scope.warn('mind the gap')
        return {}
      },
    } as unknown as Partial<Operation>)
    await pipeline()(call(operation))
    expect(recorded[0]?.entry.warnings).toEqual(['mind the gap'])
  })

  /** An operation decided on the account's row, which somebody changes between the decision and the commit. */
  async function decidedOnAccount(moves: number) {
    await store.write((tx) =>
      tx
        .insertInto('accounts')
        .values({
          id: UID,
          domain_id: 'd',
          project_id: 'p',
          name: 'main',
          created_at: 0,
          closed_at: 0,
          version: 1,
          declared_by: 'file',
        })
        .execute(),
    )
    let seen = 0
    let left = moves
    const versionNow = async () =>
      (
        await store.read
          .selectFrom('accounts')
          .select('version')
          .where('id', '=', UID)
          .executeTakeFirstOrThrow()
      ).version
    const operation = write({
      resolve: async () => {
        seen += 1
        return versionNow()
      },
      decided: (version: number): readonly DecidedRow[] => [{ table: 'accounts', id: UID, version }],
      prepare: async () => {
        if (left === 0) return
        left -= 1
        await store.write(async (tx) => {
          await tx
            .updateTable('accounts')
            .set((eb) => ({ version: eb('version', '+', 1) }))
            .where('id', '=', UID)
            .execute()
          await bumpRevision(tx, UID)
        })
      },
    } as unknown as Partial<Operation>)
    return { operation, attempts: () => seen }
  }

  it('is refused before anything slow is prepared for it, when its nonce is known to be used', async () => {
    await store.write((tx) => useNonce(tx, nonce))
    const prepare = vi.fn(async () => undefined)
    const slow = write({ prepare } as Partial<Operation>)
    expect(await pipeline()(call(slow))).toEqual({ ok: false, problem: { code: 'NonceUsed' } })
    expect(prepare).not.toHaveBeenCalled()
    expect(await effect()).toBeUndefined()
    expect(await pipeline()({ ...call(slow), nonce: { ...nonce, id: Buffer.alloc(16, 7) } })).toMatchObject({
      ok: true,
    })
    expect(prepare).toHaveBeenCalledOnce()
  })

  it('starts again from its targets when one of them changed after the decision', async () => {
    const { attempts, operation } = await decidedOnAccount(2)
    expect(await pipeline()(call(operation))).toMatchObject({ ok: true })
    expect(attempts()).toBe(3)
    expect(outcomes()).toEqual(['Success'])
  })

  it('that come together for one target all succeed: each is decided on what the one before it left', async () => {
    const { operation } = await decidedOnAccount(0)
    const seen: number[] = []
    const bump = {
      ...operation,
      quick: true,
      resolve: async ({ store: { read } }: { store: Store }) => {
        const row = await read.selectFrom('accounts').select('version').executeTakeFirstOrThrow()
        return row.version
      },
      prepare: (_scope: unknown, _input: unknown, version: number) => version,
      work: async (tx: WriteHandle, _scope: unknown, _input: unknown, version: number, prepared: number) => {
        expect(prepared).toBe(version)
        seen.push(version)
        await tx
          .updateTable('accounts')
          .set({ version: version + 1 })
          .execute()
        return {}
      },
    } as unknown as Operation
    const run = pipeline()
    const answers = await Promise.all(Array.from({ length: 50 }, () => run(call(bump))))
    expect(answers.filter(({ ok }) => !ok)).toEqual([])
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(outcomes()).toHaveLength(50)
  })

  it('that are refused by what a write before them left say so, with one entry', async () => {
    const { operation } = await decidedOnAccount(0)
    const once = {
      ...operation,
      quick: true,
      resolve: async ({ store: { read } }: { store: Store }) => {
        const row = await read.selectFrom('accounts').select('version').executeTakeFirstOrThrow()
        return row.version
      },
      checks: (_scope: unknown, _input: unknown, version: number) => [
        check(version === 1 ? 'kms:A' : 'kms:C'),
      ],
      work: async (tx: WriteHandle, _scope: unknown, _input: unknown, version: number) => {
        await tx
          .updateTable('accounts')
          .set({ version: version + 1 })
          .execute()
        return {}
      },
    } as unknown as Operation
    const run = pipeline()
    const answers = await Promise.all(Array.from({ length: 5 }, () => run(call(once))))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes().sort()).toEqual([...Array.from({ length: 4 }, () => 'AccessDenied'), 'Success'])
  })

  it('gives up when its targets never hold still, with nothing done', async () => {
    const { operation } = await decidedOnAccount(1000)
    expect(await pipeline()(call(operation))).toMatchObject({ ok: false, problem: { code: 'Overloaded' } })
    expect(await effect()).toBeUndefined()
  })
})

describe('a decision that grows older than the bound', () => {
  const revoked = { identity: compilePolicies('ram', []) }
  /** A service whose policies are taken away while the call is under way, and whose bound is long over by then. */
  function revokedMeanwhile() {
    let allowed = true
    let aged = false
    const parts: Partial<PipelineParts> = {
      cache: {
        ...cache,
        proof: () => (aged ? 2 : 1),
        assertProof(proof) {
          if (aged && proof === 1) throw refuse({ code: 'Unavailable', detail: 'old' })
        },
      } as RevisionCache,
      findLayers: () => (allowed ? identityLayers() : revoked),
    }
    return {
      parts,
      stall: () => {
        allowed = false
        aged = true
      },
    }
  }

  it('answers no read that was allowed before it', async () => {
    const { parts, stall } = revokedMeanwhile()
    audit.record = async (entry, used) => {
      recorded.push({ entry, nonce: used })
      stall()
    }
    expect(await pipeline(parts)(call(read()))).toMatchObject({
      ok: false,
      problem: { code: 'AccessDenied' },
    })
    expect(outcomes()).toEqual(['Success', 'AccessDenied'])
  })

  it('answers a read that is allowed still with what is there now, under one entry', async () => {
    const { parts, stall } = revokedMeanwhile()
    let state = 'old'
    audit.record = async (entry, used) => {
      recorded.push({ entry, nonce: used })
      stall()
      state = 'new'
    }
    const operation = read({ work: () => ({ state }) } as Partial<Operation>)
    const answer = await pipeline({ ...parts, findLayers: identityLayers })(call(operation))
    expect(answer).toEqual({ ok: true, output: { state: 'new' } })
    expect(outcomes()).toEqual(['Success'])
  })

  it('is looked at again after each time that a read did its work again, with one nonce used', async () => {
    let now = 1
    let works = 0
    let allowed = true
    const fake = {
      ...cache,
      proof: () => now,
      assertProof(proof: number) {
        if (proof < now) throw refuse({ code: 'Unavailable', detail: 'old' })
      },
    } as RevisionCache
    audit.record = async (entry, used) => {
      recorded.push({ entry, nonce: used })
      now += 1
    }
    const work = () => {
      works += 1
      // The second time takes long too, and meanwhile the policy is taken away.
      if (works === 2) {
        now += 1
        allowed = false
      }
      return { works }
    }
    const findLayers = () => (allowed ? identityLayers() : revoked)
    const asked = pipeline({ cache: fake, findLayers })(call(read({ work } as Partial<Operation>)))
    expect(await asked).toMatchObject({ ok: false, problem: { code: 'AccessDenied' } })
    expect(works).toBe(2)
    expect(recorded.map((one) => [one.entry.outcome, one.nonce])).toEqual([
      ['Success', nonce],
      ['AccessDenied', undefined],
    ])
  })

  it('is made again before the entry of a read whose work took long, and looked at each time', async () => {
    const { parts, stall } = revokedMeanwhile()
    const operation = read({ work: async () => stall() } as Partial<Operation>)
    expect(await pipeline(parts)(call(operation))).toMatchObject({ problem: { code: 'AccessDenied' } })
    expect(outcomes()).toEqual(['AccessDenied'])
    // Always too old: never answered.
    const old = {
      ...cache,
      assertProof: () => {
        throw refuse({ code: 'Unavailable', detail: 'old' })
      },
    }
    const never = await pipeline({ cache: old as unknown as RevisionCache })(call(read()))
    expect(never).toMatchObject({ ok: false, problem: { code: 'Overloaded' } })
  })

  it('commits no write that was allowed before it', async () => {
    const { parts, stall } = revokedMeanwhile()
    audit.recordIn = async () => stall()
    expect(await pipeline(parts)(call(write()))).toMatchObject({
      ok: false,
      problem: { code: 'AccessDenied' },
    })
    expect(await effect()).toBeUndefined()
  })

  it('keeps what was prepared slowly when it is still allowed, and nothing when it is not', async () => {
    for (const still of [true, false]) {
      const { parts, stall } = revokedMeanwhile()
      let prepared = 0
      const operation = write({
        prepare: async () => {
          prepared += 1
          stall()
        },
      } as unknown as Partial<Operation>)
      const findLayers = still ? identityLayers : parts.findLayers
      const answer = await pipeline({ ...parts, ...(findLayers ? { findLayers } : {}) })(call(operation))
      expect(answer).toMatchObject(still ? { ok: true } : { ok: false, problem: { code: 'AccessDenied' } })
      expect(prepared).toBe(1)
    }
  })
})

it('a call that is not served tells why, and has no entry', async () => {
  const told: unknown[] = []
  const onUnavailable = (why: string, { operation }: Call) => void told.push([operation.name, why])
  const away = { code: 'Unavailable', detail: 'no disk' } as const
  for (const problem of [{ code: 'Overloaded' } as const, away]) {
    const work = () => Promise.reject(refuse(problem))
    // At the door of the store, and in work of its own.
    const closed = { ...store, write: work }
    const asked = { ok: false, problem }
    expect(await pipeline({ store: closed, onUnavailable })(call(write()))).toEqual(asked)
    expect(await pipeline({ onUnavailable })(call(read({ work } as Partial<Operation>)))).toEqual(asked)
  }
  const overloaded = 'more calls wait than can be served in time'
  expect(told).toEqual([
    ['test:Write', overloaded],
    ['test:Read', overloaded],
    ['test:Write', 'no disk'],
    ['test:Read', 'no disk'],
  ])
  expect(recorded).toEqual([])
})

describe('a write at its turn', () => {
  /** What a look at the revisions would find, as the tests say. */
  function seen() {
    const state = { proof: 1, stamp: 1, looks: 0, allowed: true, decisions: 0 }
    const fake = {
      ...cache,
      moves: 0,
      proof: () => state.proof,
      assertProof() {},
      isAging: (proof: number) => proof < state.proof,
      whenFresh() {},
      stamp: () => state.stamp,
      look() {
        state.looks += 1
      },
    } as unknown as RevisionCache
    const revoked = { identity: compilePolicies('ram', []) }
    const findLayers = () => {
      state.decisions += 1
      return state.allowed ? identityLayers() : revoked
    }
    return { state, parts: { cache: fake, findLayers } as Partial<PipelineParts> }
  }

  it('has its decision renewed by one look for all of its group, where nothing moved', async () => {
    const { state, parts } = seen()
    const operation = write({
      prepare: () => {
        state.proof = 2
      },
    } as unknown as Partial<Operation>)
    const run = pipeline(parts)
    const answers = await Promise.all(Array.from({ length: 20 }, () => run(call(operation))))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(20)
    expect(state.decisions).toBe(20)
    expect(state.looks).toBe(1)
  })

  it.each([true, false])(
    'is decided again where something moved (%s: it is allowed still)',
    async (still) => {
      const { state, parts } = seen()
      const operation = write({
        prepare: () => Object.assign(state, { proof: 2, stamp: 2, allowed: still }),
      } as unknown as Partial<Operation>)
      expect(await pipeline(parts)(call(operation))).toMatchObject(
        still ? { ok: true } : { ok: false, problem: { code: 'AccessDenied' } },
      )
      expect(await effect()).toBe(still ? 'there' : undefined)
      expect(state.decisions).toBe(still ? 2 : 3)
    },
  )

  it.each([true, false])(
    'whose work outlasts its decision commits only where nothing moved (%s: nothing did)',
    async (still) => {
      const { state, parts } = seen()
      const operation = write({
        long: true,
        work: async (tx: WriteHandle) => {
          await writeMeta(tx, 'effect', 'there')
          Object.assign(state, { proof: 2, ...(still ? {} : { stamp: 2, allowed: false }) })
          return {}
        },
      } as unknown as Partial<Operation>)
      expect(await pipeline(parts)(call(operation))).toMatchObject(
        still ? { ok: true } : { ok: false, problem: { code: 'AccessDenied' } },
      )
      expect(await effect()).toBe(still ? 'there' : undefined)
    },
  )

  it('stands on the accounts that it changes too: their rows are locked before it reads', async () => {
    const locked: (readonly string[] | undefined)[] = []
    const spied: Store = {
      ...store,
      write: (body, how) => {
        locked.push(how?.accounts)
        return store.write(body, how)
      },
    }
    const touches = () => [{ account: '3234567890123456', kind: 'identity' }]
    const operation = write({ touches } as unknown as Partial<Operation>)
    expect(await pipeline({ store: spied })(call(operation))).toMatchObject({ ok: true })
    expect(locked).toEqual([[UID, '3234567890123456']])
  })

  it('that comes to stand on another account begins anew: its row has to be locked first', async () => {
    const { state, parts } = seen()
    const OTHER = '2234567890123456'
    const locked: (readonly string[] | undefined)[] = []
    let owner = UID
    const operation = write({
      quick: true,
      checks: () => [{ ...check('kms:Encrypt'), owner, resourcePolicy: ofResource() }],
      prepare: () => {
        Object.assign(state, { proof: state.proof + 1, stamp: state.stamp + (owner === UID ? 1 : 0) })
        owner = OTHER
      },
    } as unknown as Partial<Operation>)
    const spied: Store = {
      ...store,
      write: (body, how) => {
        locked.push(how?.accounts)
        return store.write(body, how)
      },
    }
    expect(await pipeline({ ...parts, store: spied })(call(operation))).toMatchObject({ ok: true })
    expect(locked.at(-1)).toEqual([UID, OTHER])
  })
})

describe('a batch that is answered by item', () => {
  const items = (...actions: string[]) => actions.map((action, item) => ({ ...check(action), item }))
  const work = vi.fn((_scope, _input, _targets, denied: ReadonlyMap<number, unknown>) => ({
    denied: [...denied.keys()],
  }))
  const batch = (checks: readonly Check[]) => read({ checks: () => checks, work })

  it('leaves out what is denied, and audits every decision', async () => {
    const answer = await pipeline()(call(batch(items('kms:A', 'kms:C', 'kms:B'))))
    expect(answer).toEqual({ ok: true, output: { denied: [1] } })
    expect(recorded[0]?.entry).toMatchObject({
      outcome: 'Success',
      checks: [{ decision: 'Allow' }, { action: 'kms:C', decision: 'Deny' }, { decision: 'Allow' }],
    })
  })

  it('decides nothing more of an item that is denied', async () => {
    const checks = [...items('kms:C', 'kms:A'), { ...check('kms:B'), item: 0 }]
    expect(await pipeline()(call(batch(checks)))).toEqual({ ok: true, output: { denied: [0] } })
    expect(recorded[0]?.entry.checks.map(({ action }) => action)).toEqual(['kms:C', 'kms:A'])
  })

  it('is denied where no item is left, and where a check of no item is', async () => {
    work.mockClear()
    for (const checks of [items('kms:C', 'kms:D'), [...items('kms:A'), check('kms:C')]]) {
      expect(await pipeline()(call(batch(checks)))).toMatchObject({
        ok: false,
        problem: { code: 'AccessDenied' },
      })
    }
    expect(work).not.toHaveBeenCalled()
  })

  it('is denied as a whole where it writes', async () => {
    const answer = await pipeline()(call(write({ checks: () => items('kms:A', 'kms:C') })))
    expect(answer).toMatchObject({ ok: false, problem: { code: 'AccessDenied' } })
    expect(await readMeta(store.read, 'effect')).toBeUndefined()
  })
})
