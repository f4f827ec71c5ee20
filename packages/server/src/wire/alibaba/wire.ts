import { randomUUID } from 'node:crypto'
import { timed } from '../../base/call-watch.ts'
import type { Clock } from '../../base/clock.ts'
import { type Problem, Refusal } from '../../base/problem.ts'
import { type MaybePromise, whenSettled } from '../../base/when-ready.ts'
import type { FindAccessKey } from '../../identity/identify.ts'
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
import { errorReply, type Format, formatOf, successReply } from './answer.ts'
import { type Authenticated, authenticate, type Candidate, readClaim } from './authenticate.ts'
import type { RpcBinding } from './binding.ts'
import { answerDryRun, type RunInput, takeDryRun } from './dry-run.ts'
import { FAILURES, type Failure, fail, failureMessage, isFailure } from './failures.ts'
import { withItemErrors } from './item-errors.ts'
import { indexOperations, type RpcOperation } from './operations.ts'
import { answerProblem, type ProblemContext } from './problems.ts'
import { type RpcRequest, readRequest, readSignedBody } from './request.ts'
import { checkProduct } from './schemes/scope.ts'
import { schemeOf } from './schemes/table.ts'

export interface AlibabaWireOptions {
  readonly bindings: readonly RpcBinding[]
  readonly findAccessKey: FindAccessKey
  readonly pipeline: Pipeline
  readonly clock: Clock
  /** The service's own region: beside the cloud's, a Credential scope may name it. */
  readonly region: string
  /** `HostId` of error answers. */
  readonly hostId: string
  readonly log: WireLog
  readonly onAuthenticationFailure: OnAuthenticationFailure
}

/**
 * The RPC style of Alibaba Cloud OpenAPI at `/`: parameters from query and form, GET and POST, signatures V1, ACS3 and
 * ACS4 (reference/alibaba-ram.md E, F).
 *
 * Raises Error for an operation table that cannot be served.
 */
export function createAlibabaWire(options: AlibabaWireOptions): Wire {
  const { findAccessKey, pipeline, clock, region, hostId, log, onAuthenticationFailure } = options
  const findOperation = indexOperations(options.bindings)

  function answerFailure(exchange: Exchange, format: Format, failure: Failure): Reply {
    const { status } = FAILURES[failure.failure]
    const message = failureMessage(failure)
    return errorReply(exchange, format, hostId, { status, code: failure.failure, message })
  }

  function report(exchange: Exchange, code: string, accessKeyId: string | undefined): void {
    onAuthenticationFailure({
      wire: 'alibaba',
      requestId: exchange.requestId,
      code,
      accessKeyId: accessKeyId?.slice(0, 128),
      source: exchange.sourceAddress,
    })
  }

  function refused(exchange: Exchange, format: Format, problem: Problem, context: ProblemContext): Reply {
    return errorReply(exchange, format, hostId, answerProblem(problem, context))
  }

  /** Only a signed request gets here; nothing about a resource was loaded before, and no JSON was parsed. */
  function call(
    covered: RpcRequest,
    signed: Authenticated,
    failed: (thrown: unknown) => Reply,
  ): MaybePromise<Reply> {
    const request = readSignedBody(covered)
    const { exchange } = request
    const format = formatOf(request)
    const found = findOperation(signed.version, signed.action)
    if (found === 'InvalidVersion') return answerFailure(exchange, format, fail('InvalidVersion'))
    if (found === undefined) return answerFailure(exchange, format, fail('InvalidAction.NotFound'))
    if ('unserved' in found)
      return answerFailure(exchange, format, fail('UnsupportedOperation', { reason: found.unserved }))
    const foreign = checkProduct(signed.scope, found.binding.product)
    if (foreign !== undefined) {
      report(exchange, foreign.failure, signed.credential.id)
      return answerFailure(exchange, format, foreign)
    }
    const unread = request.unread && problemOf(request.unread)
    const run = takeDryRun(found.binding, request.unread === undefined ? found.readInput(request) : {})
    const asked: Asked = { request, format, signed, found, run, unread }
    return whenSettled(
      () => callPipeline(asked),
      (answer) => answerCall(asked, answer),
      failed,
    )
  }

  function callPipeline({ request: { exchange }, signed, found, run, unread }: Asked): Promise<Answer> {
    return pipeline({
      operation: found.operation,
      caller: signed.credential.caller,
      connection: connectionOf(exchange),
      nonce: signed.nonce,
      watch: exchange.watch,
      input: run.input,
      decideOnly: run.decideOnly,
      problem: unread ?? run.problem,
    })
  }

  function answerCall({ request, format, signed, found, run, unread }: Asked, answer: Answer): Reply {
    const { exchange } = request
    const context = { product: found.binding.product, caller: signed.credential.caller }
    if (run.decideOnly) return errorReply(exchange, format, hostId, answerDryRun(answer, context))
    if (answer.ok) {
      const output = withItemErrors(found.binding, answer.output, context)
      return successReply(exchange.requestId, format, signed.action, output, answer.warnings)
    }
    // The refusal of what the wire could not read: now it is audited.
    if (request.unread && answer.problem === unread) return answerFailure(exchange, format, request.unread)
    if (answer.problem.code === 'NonceUsed') report(exchange, 'SignatureNonceUsed', signed.credential.id)
    return refused(exchange, format, answer.problem, context)
  }

  /** The product of the call that a request claims to be: it only chooses the words of an answer. */
  function productOf({ claim }: Candidate): ProblemContext['product'] {
    const found = findOperation(claim.version, claim.action)
    return typeof found === 'object' && 'binding' in found ? found.binding.product : undefined
  }

  function authenticateAndCall(
    request: RpcRequest,
    format: Format,
    candidate: Candidate,
  ): MaybePromise<Reply> {
    const { exchange } = request
    const failed = (thrown: unknown) => answerThrown(exchange, candidate, format, thrown)
    const goOn = (signed: Authenticated | Failure) => {
      if (!isFailure(signed)) return call(request, signed, failed)
      report(exchange, signed.failure, candidate.claim.accessKeyId)
      return answerFailure(exchange, format, request.unread ?? signed)
    }
    const authenticated = () =>
      timed(exchange.watch, 'authenticate', () => authenticate(request, candidate, findAccessKey))
    return whenSettled(authenticated, goOn, failed)
  }

  /** What was raised on the way of a call: a refusal, or a defect. */
  function answerThrown(exchange: Exchange, candidate: Candidate, format: Format, thrown: unknown): Reply {
    const context = { product: productOf(candidate) }
    if (thrown instanceof Refusal) return refused(exchange, format, thrown.problem, context)
    log.error({ requestId: exchange.requestId, ...describeDefect(thrown) }, 'a call failed')
    return refused(exchange, format, { code: 'Internal' }, context)
  }

  return Object.freeze({
    name: 'alibaba' as const,

    claims: ({ path }: RequestHead) => path === '/',

    newRequestId: () => randomUUID().toUpperCase(),

    handle(exchange: Exchange): Reply | Promise<Reply> {
      if (exchange.method !== 'POST' && exchange.method !== 'GET') {
        return answerFailure(exchange, 'json', fail('UnsupportedHTTPMethod'))
      }
      const scheme = schemeOf(exchange.headers.authorization)
      const request = readRequest(exchange, scheme.signsForm)
      if (isFailure(request)) return answerFailure(exchange, 'json', request)
      const format = formatOf(request)
      const candidate = readClaim(request, scheme, clock, region)
      if (!isFailure(candidate)) return authenticateAndCall(request, format, candidate)
      report(exchange, candidate.failure, undefined)
      return answerFailure(exchange, format, request.unread ?? candidate)
    },

    refuse: (exchange: Exchange, problem: Problem) => refused(exchange, 'json', problem, {}),
  })
}

/** A call on its way through the pipeline, with all that its answer depends on. */
interface Asked {
  readonly request: RpcRequest
  readonly format: Format
  readonly signed: Authenticated
  readonly found: RpcOperation
  readonly run: RunInput
  /** Why the parameters could not be read, in the pipeline's words. */
  readonly unread: Problem | undefined
}

/** What the audit writes of parameters that cannot be read. */
function problemOf({ name = 'body' }: Failure): Problem {
  return { code: 'InvalidParameter', name }
}
