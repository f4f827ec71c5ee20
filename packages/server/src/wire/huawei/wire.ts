import { randomUUID } from 'node:crypto'
import { timed } from '../../base/call-watch.ts'
import type { Clock } from '../../base/clock.ts'
import { type Problem, Refusal } from '../../base/problem.ts'
import { type MaybePromise, whenSettled } from '../../base/when-ready.ts'
import type { FindAccessKey } from '../../identity/identify.ts'
import type { Account, Caller } from '../../identity/principal.ts'
import type { Answer, Pipeline } from '../../pipeline/answer.ts'
import {
  connectionOf,
  describeDefect,
  type Exchange,
  type OnAuthenticationFailure,
  type Reply,
  type RequestHead,
  type Wire,
  type WireLog,
} from '../exchange.ts'
import { type Authenticated, authenticate } from './authenticate.ts'
import type { RestBinding } from './binding.ts'
import { type Failure, failureMessage, isFailure } from './failures.ts'
import { type PathParameters, readInput, readPath } from './input.ts'
import { createFailureLock } from './lock.ts'
import {
  answerProblem,
  type ErrorAnswer,
  type ProblemContext,
  UNKNOWN_PATH,
  WRONG_METHOD,
} from './problems.ts'
import { indexRoutes, type Route, type RouteMatch } from './routes.ts'
import { findUnserved } from './unserved.ts'

export interface HuaweiWireOptions {
  readonly bindings: readonly RestBinding[]
  readonly findAccessKey: FindAccessKey
  readonly pipeline: Pipeline
  readonly clock: Clock
  readonly log: WireLog
  readonly onAuthenticationFailure: OnAuthenticationFailure
}

/** In characters as sent: no call has more than a few short parameters in its query. */
const LONGEST_QUERY = 16 * 1024

/**
 * The REST style of Huawei Cloud: routes from the operations' bindings, signature SDK-HMAC-SHA256, flat errors
 * (reference/huawei-iam.md H, huawei-kps.md A.1). Raises Error for an operation table that cannot be served.
 */
export function createHuaweiWire(options: HuaweiWireOptions): Wire {
  const { findAccessKey, pipeline, clock, log, onAuthenticationFailure } = options
  const findRoute = indexRoutes(options.bindings)
  const authenticator = { findAccessKey, clock, lock: createFailureLock(clock) }

  function unauthenticated(exchange: Exchange, failure: Failure): Reply {
    const { failure: code, accessKeyId } = failure
    onAuthenticationFailure({
      wire: 'huawei',
      requestId: exchange.requestId,
      code,
      accessKeyId,
      source: exchange.sourceAddress,
    })
    return errorReply(exchange, { status: 401, code: 'APIGW.0301', message: failureMessage(failure) })
  }

  /** As every call: nothing is told to one who does not sign. */
  async function handleUnserved(
    exchange: Exchange,
    { operation, words }: { readonly operation: string; readonly words: string },
  ): Promise<Reply> {
    try {
      const signed = await authenticate(exchange, authenticator)
      if (isFailure(signed)) return unauthenticated(exchange, signed)
      return refused(exchange, { code: 'UnsupportedOperation', detail: words }, { operation })
    } catch (thrown) {
      return answerThrown(exchange, operation, thrown)
    }
  }

  function handleMatched(exchange: Exchange, matched: RouteMatch): MaybePromise<Reply> {
    const failed = (thrown: unknown) => answerThrown(exchange, matched.route.operation.name, thrown)
    const goOn = (signed: Authenticated | Failure) =>
      isFailure(signed) ? unauthenticated(exchange, signed) : call(exchange, matched, signed, failed)
    const authenticated = () =>
      timed(exchange.watch, 'authenticate', () => authenticate(exchange, authenticator))
    return whenSettled(authenticated, goOn, failed)
  }

  /** What was raised on the way of a call: a refusal, or a defect. */
  function answerThrown(exchange: Exchange, operation: string, thrown: unknown): Reply {
    if (thrown instanceof Refusal) return refused(exchange, thrown.problem, { operation })
    log.error({ requestId: exchange.requestId, ...describeDefect(thrown) }, 'a call failed')
    return refused(exchange, { code: 'Internal' }, { operation })
  }

  /** Only a signed request gets here; nothing about a resource was loaded before. */
  function call(
    exchange: Exchange,
    matched: RouteMatch,
    signed: Authenticated,
    failed: (thrown: unknown) => Reply,
  ): MaybePromise<Reply> {
    const { route } = matched
    const { caller } = signed.credential
    const read = readCall(exchange, matched, signed)
    const answering = () =>
      pipeline({
        operation: route.operation,
        caller,
        connection: connectionOf(exchange),
        watch: exchange.watch,
        input: read.input,
        problem: read.problem,
      })
    return whenSettled(answering, (answer) => answerCall(exchange, route, caller, answer), failed)
  }

  return Object.freeze({
    name: 'huawei' as const,

    // Every path: of one that it does not serve, the gateway says so in this vendor's words.
    claims: ({ path }: RequestHead) => path !== '/',

    newRequestId: () => randomUUID().replaceAll('-', ''),

    handle(exchange: Exchange): Reply | Promise<Reply> {
      const found = findRoute(exchange.method, exchange.path)
      const unserved = typeof found === 'object' ? undefined : findUnserved(exchange.method, exchange.path)
      if (unserved) return handleUnserved(exchange, unserved)
      if (found === undefined) return errorReply(exchange, UNKNOWN_PATH)
      if (found === 'method') return errorReply(exchange, WRONG_METHOD)
      if (exchange.query.length > LONGEST_QUERY) return refused(exchange, { code: 'RequestTooLarge' }, {})
      return handleMatched(exchange, found)
    },

    refuse: (exchange: Exchange, problem: Problem) => refused(exchange, problem, {}),
  })
}

function reply(exchange: Exchange, status: number, body: string, warnings?: readonly string[]): Reply {
  return {
    status,
    contentType: 'application/json',
    requestIdHeader: 'X-Request-Id',
    requestId: exchange.requestId,
    body,
    warnings,
  }
}

/** The flat envelope: the SDK loses code and text of a nested one. */
function errorReply(exchange: Exchange, error: ErrorAnswer): Reply {
  const envelope = {
    error_code: error.code,
    error_msg: error.message,
    request_id: exchange.requestId,
    ...error.more,
  }
  return reply(exchange, error.status, JSON.stringify(envelope))
}

function refused(exchange: Exchange, problem: Problem, context: ProblemContext): Reply {
  return errorReply(exchange, answerProblem(problem, context))
}

function answerCall(
  exchange: Exchange,
  { binding, bodiless, operation }: Route,
  caller: Caller,
  answer: Answer,
): Reply {
  if (!answer.ok) return refused(exchange, answer.problem, { caller, operation: operation.name })
  const { bytes, status } = binding
  if (bytes) {
    const file = answer.output[bytes.property] as Uint8Array
    return { ...reply(exchange, status, ''), contentType: bytes.contentType, bytes: file }
  }
  const body = bodiless ? '' : JSON.stringify(answer.output)
  return reply(exchange, status, body, answer.warnings)
}

/** The input of a call, or what is wrong with it: for the pipeline to refuse, so that the refusal is audited. */
function readCall(
  exchange: Exchange,
  matched: RouteMatch,
  { credential, query }: Authenticated,
): { readonly input: Record<string, unknown>; readonly problem?: Problem } {
  const path = readPath(matched)
  if (!isParameters(path)) return { input: {}, problem: path }
  if (!belongsTo(credential.caller.account, exchange, path))
    return { input: Object.fromEntries(path), problem: { code: 'ProjectMismatch' } }
  const read = readInput(exchange, matched.route, path, query)
  return read.ok ? { input: read.input } : { input: Object.fromEntries(path), problem: read.problem }
}

function isParameters(value: PathParameters | Problem): value is PathParameters {
  return value instanceof Map
}

/** Whether project and domain, in the path and in the headers, are those of the caller's account; an empty header is none. */
function belongsTo(account: Account, exchange: Exchange, path: PathParameters): boolean {
  const project = path.get('project_id')
  if (project !== undefined && project !== account.projectId) return false
  const projectHeader = exchange.headers['x-project-id'] || account.projectId
  const domainHeader = exchange.headers['x-domain-id'] || account.domainId
  return projectHeader === account.projectId && domainHeader === account.domainId
}
