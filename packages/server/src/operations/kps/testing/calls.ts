import { Value } from 'typebox/value'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { systemClock } from '../../../base/clock.ts'
import { Refusal } from '../../../base/problem.ts'
import type { Caller } from '../../../identity/principal.ts'
import type { Check, Operation } from '../../../pipeline/operation.ts'
import type { Scope } from '../../../pipeline/scope.ts'
import { validateInput } from '../../../pipeline/validate.ts'
import { openStore } from '../../../store/open.ts'
import type { Store } from '../../../store/store.ts'
import type { TestDatabase } from '../../../store/testing/databases.ts'
import { createKeypair } from '../create-keypair.ts'

export const account = {
  uid: '1000000000000001',
  domainId: 'd'.repeat(32),
  projectId: 'p'.repeat(32),
  name: 'example',
}

const callerOf = (name: string): Caller => ({
  account,
  kind: name === 'root' ? 'root' : 'user',
  name,
  ramId: '2'.repeat(18),
  iamId: name.padEnd(32, '0'),
  arn: `acs:ram::${account.uid}:user/${name}`,
  urn: `iam::${account.domainId}:user:${name}`,
  accessKeyId: 'AK',
})
export const [alice, bob, root] = [callerOf('alice'), callerOf('bob'), callerOf('root')]

/** Calls of the KPS operations on one database, emptied before each test, by callers who are allowed everything. */
export interface KpsCalls {
  readonly store: () => Store
  readonly scopeOf: (caller: Caller) => Scope
  readonly call: (
    caller: Caller,
    operation: Operation,
    input: object,
    // biome-ignore lint/suspicious/noExplicitAny: answers of four shapes
  ) => Promise<{ readonly checks: readonly Check[]; readonly output: any }>
  /** The problem that a call ends with, or `done`. */
  readonly problemOf: (caller: Caller, operation: Operation, input: object) => Promise<unknown>
  readonly create: (caller: Caller, keypair: object) => ReturnType<KpsCalls['call']>
  readonly createProblem: (caller: Caller, keypair: object) => Promise<unknown>
}

/** Called within a `describe`. */
export function kpsCalls(database: TestDatabase): KpsCalls {
  let store: Store
  beforeAll(async () => {
    store = await openStore(await database.fresh())
  })
  afterAll(() => store.close())
  beforeEach(() =>
    store.write(async (tx) => {
      await tx.deleteFrom('keypairs').execute()
      await tx.deleteFrom('keypair_numbers').execute()
    }),
  )

  const scopeOf = (caller: Caller) =>
    ({
      caller,
      clock: systemClock,
      store,
      regions: { alibaba: 'cn-hangzhou', huawei: 'cn-north-4' },
    }) as Partial<Scope> as Scope

  /** Takes a call through its record, as the pipeline does, and checks both schemas on the way. */
  const call: KpsCalls['call'] = async (caller, operation, input) => {
    const scope = scopeOf(caller)
    const whole = { project_id: account.projectId, ...input }
    const problem = validateInput(operation, whole)
    if (problem) throw new Refusal(problem)
    const targets = await operation.resolve(scope, whole)
    const checks = operation.checks(scope, whole, targets)
    let output: Record<string, unknown>
    if (operation.effect === 'read') output = await operation.work(scope, whole, targets, new Map())
    else {
      const prepared = await operation.prepare(scope, whole, targets)
      output = await store.write((tx) =>
        operation.work(tx, { ...scope, warn() {}, outcome() {} }, whole, targets, prepared),
      )
    }
    expect(Value.Check(operation.output, output)).toBe(true)
    return { checks, output }
  }
  const problemOf: KpsCalls['problemOf'] = (caller, operation, input) =>
    call(caller, operation, input).then(
      () => 'done',
      (error: Refusal) => error.problem,
    )
  return {
    store: () => store,
    scopeOf,
    call,
    problemOf,
    create: (caller, keypair) => call(caller, createKeypair, { keypair }),
    createProblem: (caller, keypair) => problemOf(caller, createKeypair, { keypair }),
  }
}
