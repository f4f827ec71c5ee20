import { createSecretKey } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { FindAccessKey } from '../../identity/identify.ts'
import type { AccessKeyCredential, Caller } from '../../identity/principal.ts'
import type { Answer, Call, Pipeline } from '../../pipeline/answer.ts'
import type { RpcBinding } from '../alibaba/binding.ts'
import { createAlibabaWire } from '../alibaba/wire.ts'
import type { AuthenticationFailure, Exchange, Wire, WireLog } from '../exchange.ts'
import { createHuaweiWire } from '../huawei/wire.ts'
import { REST, RPC } from './operations.ts'

// A world small enough for the tests of the wires: a few access keys, operations that do nothing, a pipeline that
// remembers what it was called with.

export const ACCOUNT = Object.freeze({
  uid: '1234567890123456',
  domainId: 'd'.repeat(32),
  projectId: '0123456789abcdef0123456789abcdef',
  name: 'acme',
})

export const ALICE: Caller = Object.freeze({
  account: ACCOUNT,
  kind: 'user',
  name: 'alice',
  ramId: '200000000000000001',
  iamId: 'a'.repeat(32),
  arn: `acs:ram::${ACCOUNT.uid}:user/alice`,
  urn: `iam::${ACCOUNT.domainId}:user:alice`,
  accessKeyId: 'testid',
})

export function credential(id: string, secret: string, active = true): AccessKeyCredential {
  return Object.freeze({
    id,
    active,
    secret: createSecretKey(Buffer.from(secret)),
    secretAmpersand: createSecretKey(Buffer.from(`${secret}&`)),
    secretV4: createSecretKey(Buffer.from(`aliyun_v4${secret}`)),
    caller: Object.freeze({ ...ALICE, accessKeyId: id }),
  })
}

/** The same key as that of a session. */
export function sessionCredential(id: string, secret: string): AccessKeyCredential {
  const { caller, ...key } = credential(id, secret)
  const session = {
    name: 'ci',
    roleArn: `acs:ram::${ACCOUNT.uid}:role/deployer`,
    agencyUrn: `iam::${ACCOUNT.domainId}:agency:deployer`,
    issuedAt: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    serviceLinked: false,
    token: 'example-token',
  }
  return Object.freeze({ ...key, caller: { ...caller, kind: 'session' as const, name: 'deployer', session } })
}

/** A clock that stands still at one moment of the machine's time. */
export function stoppedClock(at: string): Clock & { monotonicNow: number } {
  const time = Date.parse(at)
  const clock = { monotonicNow: 0, now: () => time, wall: () => time, monotonic: () => clock.monotonicNow }
  return clock
}

export interface TestWire {
  readonly wire: Wire
  /** Calls that reached the pipeline, but for those that the wire has it refuse. */
  readonly calls: Call[]
  /** Those: what the audit gets. */
  readonly refused: Call[]
  readonly failures: AuthenticationFailure[]
  /** What was logged. */
  readonly logged: string[]
  /** How often a credential was looked up. */
  readonly lookups: string[]
  /** What the pipeline answers. */
  answer: Answer | (() => Promise<Answer>)
}

export interface TestWireOptions {
  readonly clock?: Clock
  readonly findAccessKey?: FindAccessKey
  /** Of the Alibaba wire; the test operations when absent. */
  readonly rpc?: readonly RpcBinding[]
}

const KEYS = [
  credential('testid', 'testsecret'),
  credential('inactiveid', 'testsecret', false),
  credential('AKEXAMPLE0000000001', 'SKexampleSecret0000000000000000000000001'),
]

/** A wire of one vendor over a pipeline that remembers. */
export function testWire(vendor: 'alibaba' | 'huawei', options: TestWireOptions = {}): TestWire {
  const test: { -readonly [K in keyof TestWire]: TestWire[K] } = {
    wire: undefined as never,
    calls: [],
    refused: [],
    failures: [],
    logged: [],
    lookups: [],
    answer: { ok: true, output: { Done: true } },
  }
  const pipeline: Pipeline = (call) => {
    if (call.problem) {
      test.refused.push(call)
      return Promise.resolve({ ok: false, problem: call.problem })
    }
    test.calls.push(call)
    return typeof test.answer === 'function' ? test.answer() : Promise.resolve(test.answer)
  }
  const find = options.findAccessKey ?? ((id) => KEYS.find((key) => key.id === id))
  const log: WireLog = {
    error: (fields, message) => test.logged.push(JSON.stringify(fields) + message),
    warn: (fields, message) => test.logged.push(JSON.stringify(fields) + message),
  }
  const parts = {
    findAccessKey: (id: string, token?: string) => {
      test.lookups.push(id)
      return find(id, token)
    },
    pipeline,
    clock: options.clock ?? stoppedClock('2024-06-20T08:00:00Z'),
    log,
    onAuthenticationFailure: (failure: AuthenticationFailure) => void test.failures.push(failure),
  }
  test.wire =
    vendor === 'alibaba'
      ? createAlibabaWire({
          ...parts,
          bindings: options.rpc ?? RPC,
          region: 'cn-own-1',
          hostId: 'keyward.test',
        })
      : createHuaweiWire({ ...parts, bindings: REST })
  return test
}

/** A request as a client would have sent it. */
export interface Sent {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body?: string | Buffer | undefined
}

export function exchangeOf(wire: Wire, sent: Sent): Exchange {
  const mark = sent.target.indexOf('?')
  const headers = Object.fromEntries(
    Object.entries(sent.headers).flatMap(([k, v]) => (v === undefined ? [] : [[k.toLowerCase(), v.trim()]])),
  )
  return {
    requestId: wire.newRequestId(),
    method: sent.method,
    path: mark < 0 ? sent.target : sent.target.slice(0, mark),
    query: mark < 0 ? '' : sent.target.slice(mark + 1),
    headers,
    rawHeaders: Object.entries(headers).flat() as string[],
    body: Buffer.from(sent.body ?? ''),
    sourceAddress: '192.0.2.7',
    tlsVersion: '1.3',
    receivedAt: Date.parse('2024-06-20T08:00:01Z'),
  }
}

/** What a wire answers, with its JSON read. */
export async function send(wire: Wire, sent: Sent) {
  const reply = await wire.handle(exchangeOf(wire, sent))
  const body = Buffer.from(reply.body).toString()
  const json = body === '' || body.startsWith('<') ? {} : JSON.parse(body)
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  return { ...reply, body, json: json as Record<string, any> }
}
