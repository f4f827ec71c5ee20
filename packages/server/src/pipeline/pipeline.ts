import type { KeyObject } from 'node:crypto'
import type { AuditLog } from '../audit/audit.ts'
import { type CallObserver, timed } from '../base/call-watch.ts'
import { type Denial, type Problem, Refusal, refuse } from '../base/problem.ts'
import { type MaybePromise, whenReady } from '../base/when-ready.ts'
import { roleArn } from '../identity/callers.ts'
import type { Caller } from '../identity/principal.ts'
import type { Answer, Call, Pipeline } from './answer.ts'
import { commit, type DecidedCall, isAged, StartAgain, sameRows, standsOn } from './commit.ts'
import { barredFrom, decideChecks } from './decide-all.ts'
import { type DecidedCheck, denialOf, type FindLayers, shownOf } from './decision.ts'
import { type Diagnosis, diagnose, sealDiagnosis } from './diagnosis.ts'
import { auditEntry } from './entry.ts'
import type { Check, DeniedItems, Operation } from './operation.ts'
import { type CheckScope, type Scope, type ScopeParts, type Scopes, scopesOf } from './scope.ts'
import { systemLayer } from './system-layer.ts'
import { validateInput } from './validate.ts'

export interface PipelineParts extends ScopeParts {
  readonly audit: AuditLog
  readonly findLayers: FindLayers
  /** What the service does of itself: the system layer allows exactly these. None when absent. */
  readonly acts?: readonly Operation[]
  /** Keys the digests of encryption-context values in the audit. */
  readonly digestKey: KeyObject
  /** Called for a defect: something thrown that is no {@link Refusal}. Never given the input. */
  readonly onDefect: (error: unknown, call: Call) => void
  /** Called for every call, whose signature holds, as whom. Must cost next to nothing. */
  readonly onUse?: (caller: Caller) => void
  /** Called for what a call that succeeded has used: a key, a secret, a role. Must cost next to nothing. */
  readonly onResourceUse?: (account: string, resource: string) => void
  /** Called, once a write is durable, with the jobs that it gave work to. */
  readonly onBegun?: (job: string) => void
  /** Called for every denial with its diagnosis, which names real entities: for a service whose caller is its operator too. */
  readonly onDenied?: (diagnosis: Diagnosis) => void
  /** Called with the reason where a call was answered `Unavailable` or `Overloaded`: in the service's own words, which name no input. */
  readonly onUnavailable?: (detail: string, call: Call) => void
  /** Called for every call that was not answered with success. Must cost next to nothing. */
  readonly onRefused?: (code: Problem['code']) => void
  /** Called for calls that come from no wire: what the service does by itself. Absent where nothing is measured. */
  readonly observer?: CallObserver
}

const OVERLOADED = 'more calls wait than can be served in time'

/** How often a call starts again because a target changed between its decision and its end. */
const ATTEMPTS = 32

const NONE_DENIED: DeniedItems = new Map()

/** The outcome in the audit of a call that was only to be decided, and would have been allowed. */
const DECIDED_ONLY = 'DryRun'

/**
 * Builds the one way of a request (design, section 2) from the validated caller on: input, targets, facts, decision,
 * work, audit.
 *
 * INVARIANT: every call that gets an answer other than `Unavailable` or `Overloaded` has its audit entry durable first. Only
 * an act of the service that is not due any more has none: nobody asked for it, and nothing happened.
 */
export function createPipeline(given: PipelineParts): Pipeline {
  const system = { system: systemLayer(given.acts ?? []) }
  const parts: PipelineParts = {
    ...given,
    findLayers: (caller, check) => (caller.kind === 'service' ? system : given.findLayers(caller, check)),
  }
  return (call) => watched(parts, call)
}

/** Notes how a call ended, where calls are measured. One that came over a wire is ended by whoever answers it. */
function watched(parts: PipelineParts, call: Call): Promise<Answer> {
  const { observer } = parts
  const watch = call.watch ?? observer?.begin('service')
  if (!watch) return run(parts, call)
  watch.operation = call.operation.name
  return run(parts, call.watch ? call : { ...call, watch }).then((answer) => {
    watch.outcome = answer.ok ? (call.decideOnly ? DECIDED_ONLY : 'Success') : answer.problem.code
    if (!call.watch) observer?.end(watch, 0)
    return answer
  })
}

async function run(parts: PipelineParts, call: Call): Promise<Answer> {
  const answer = await answerOf(parts, call)
  if (!answer.ok) parts.onRefused?.(answer.problem.code)
  return answer
}

async function answerOf(parts: PipelineParts, call: Call): Promise<Answer> {
  const decided: DecidedCheck[] = []
  try {
    parts.audit.assertWritable()
    const fresh = parts.cache.whenFresh()
    if (fresh) await fresh
    assertWhose(parts, call)
    parts.onUse?.(call.caller)
    const invalid = call.problem ?? validateInput(call.operation, call.input)
    if (invalid) return await refused(parts, call, decided, invalid)
    const answer = await attempt(parts, call, decided)
    if (call.operation.uses && answer.ok && !call.decideOnly) noteUses(parts, decided)
    return answer
  } catch (error) {
    return failed(parts, call, decided, error)
  }
}

/** What was used is what was decided on and allowed; an item of a batch that was denied used nothing. */
function noteUses({ onResourceUse }: PipelineParts, decided: readonly DecidedCheck[]): void {
  const denied = new Set(decided.filter((one) => !one.decision.allowed).map(({ check }) => check.item))
  for (const { check, decision } of decided) {
    if (!decision.allowed || (check.item !== undefined && denied.has(check.item))) continue
    // Both languages name a role by its name alone.
    if (check.act === 'assume')
      onResourceUse?.(check.owner, roleArn(check.owner, /[^/:]*$/.exec(check.resource)![0]))
    else if (check.language === 'ram' && check.act !== 'veto') onResourceUse?.(check.owner, check.resource)
  }
}

async function attempt(parts: PipelineParts, call: Call, decided: DecidedCheck[]): Promise<Answer> {
  const scopes = scopesOf(parts, call)
  const { work: scope } = scopes
  const { operation } = call
  for (let left = ATTEMPTS; left > 0; left -= 1) {
    const deciding = decideCall(parts, scopes, call, decided)
    const first = deciding instanceof Promise ? await deciding : deciding
    if (first.denied)
      return refused(parts, call, decided, await accessDenied(parts, scope, call, first.denied))
    operation.state?.(scopes.state, call.input, first.targets)
    if (operation.effect === 'read' || call.decideOnly) {
      const answer = await read(parts, scopes, call, first, decided)
      if (answer) return answer
      continue
    }
    // What is slow is not prepared for a replay.
    if (call.nonce && !operation.quick && (await parts.store.isUsed(call.nonce))) {
      throw refuse({ code: 'NonceUsed' })
    }
    const prepared = await timed(call.watch, 'work', () =>
      operation.prepare(scope, call.input, first.targets),
    )
    // A key takes its time to be made. What it was decided on is looked at again, and it is kept if that is the same.
    const last = isAged(parts, first) ? await decideCall(parts, scopes, call, decided) : first
    if (last.denied) return refused(parts, call, decided, await accessDenied(parts, scope, call, last.denied))
    if (!sameRows(operation.decided(first.targets), operation.decided(last.targets))) continue
    try {
      const { output, warnings } = await timed(call.watch, 'commit', () =>
        commit(parts, scopes, call, operation, {
          decision: last,
          prepared,
          decided,
          // Part of the commit: it is not measured a second time.
          decide: (through) => findAndDecide(parts, through, call, decided),
        }),
      )
      await operation.committed?.(prepared).catch((error: unknown) => parts.onDefect(error, call))
      return { ok: true, output, ...(warnings.length > 0 && { warnings }) }
    } catch (error) {
      if (!(error instanceof StartAgain)) throw error
      // What moved may not be committed yet, and is seen by nobody until it is.
      await parts.store.write(async () => {}, { accounts: [...standsOn(call, decided)] })
    }
  }
  throw refuse({ code: 'Overloaded' })
}

/**
 * The work of a call that reads, or that is only to be decided, and its entry. Both may take long, and nothing is
 * answered on a decision older than the bound: then the call is decided again and does its work again, so that what it
 * tells is of now. Undefined: it has to start again, and has no entry yet.
 */
async function read(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  first: DecidedCall,
  decided: DecidedCheck[],
): Promise<Answer | undefined> {
  const { operation } = call
  const works = operation.effect === 'read' && !call.decideOnly
  const work = (of: DecidedCall) => {
    if (!works) return {}
    const { deniedItems: left } = of
    if (!left)
      return timed(call.watch, 'work', () => operation.work(scopes.work, call.input, of.targets, NONE_DENIED))
    return timed(call.watch, 'work', async () => {
      const denials = await deniedItems(parts, scopes.work, call, left)
      return operation.work(scopes.work, call.input, of.targets, denials)
    })
  }
  let worked = work(first)
  let output = worked instanceof Promise ? await worked : worked
  if (isAged(parts, first)) return undefined
  const outcome = works ? 'Success' : DECIDED_ONLY
  await record(parts, call, decided, outcome, call.nonce)
  let last = first
  for (let left = ATTEMPTS; isAged(parts, last); left -= 1) {
    if (left === 0) throw refuse({ code: 'Overloaded' })
    last = await decideCall(parts, scopes, call, decided)
    if (last.denied) {
      const denied = await accessDenied(parts, scopes.work, call, last.denied)
      return refused(parts, { ...call, nonce: undefined }, decided, denied)
    }
    operation.state?.(scopes.state, call.input, last.targets)
    worked = work(last)
    output = worked instanceof Promise ? await worked : worked
  }
  return { ok: true, output }
}

/**
 * Finds the targets and decides every check, up to the first denial, or in a batch of items up to the first of each. Keeps
 * what was decided in `decided`. Without a promise when everything is in memory.
 */
function decideCall(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  decided: DecidedCheck[],
): MaybePromise<DecidedCall> {
  return timed(call.watch, 'decide', () => findAndDecide(parts, scopes, call, decided))
}

/** A long write holds up the loop for as long as a look is good, and so looks again by itself. */
function lookAgain({ cache }: PipelineParts, { operation }: Call): void | Promise<void> {
  return operation.effect === 'write' && operation.long ? cache.look() : undefined
}

/** Before a decision: what it will be proved by. */
function seenLately(parts: PipelineParts, call: Call): void | Promise<void> {
  const looking = lookAgain(parts, call)
  return looking ? looking.then(() => parts.cache.whenFresh()) : parts.cache.whenFresh()
}

function findAndDecide(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  decided: DecidedCheck[],
): MaybePromise<DecidedCall> {
  return whenReady(seenLately(parts, call), () => decideNow(parts, scopes, call, decided))
}

function decideNow(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  decided: DecidedCheck[],
): MaybePromise<DecidedCall> {
  decided.length = 0
  const proof = parts.cache.proof()
  const { moves } = parts.cache
  const decideOn = (targets: unknown): MaybePromise<DecidedCall> => {
    const checks = checksOf(call.operation, scopes.check, call.input, targets)
    const deciding = decideChecks(call.operation, checks, parts.findLayers, scopes.work, decided)
    return whenReady(deciding, ({ denied, deniedItems }) => {
      if (denied) return { targets, denied, proof }
      if (deniedItems) return { targets, deniedItems, proof }
      // Only of a write it is asked later whether anything moved since.
      if (call.operation.effect === 'read') return { targets, proof }
      const stamp = parts.cache.moves === moves ? parts.cache.stamp(standsOn(call, decided)) : undefined
      return { targets, proof, ...(stamp === undefined ? {} : { stamp }) }
    })
  }
  const find = () =>
    whenReady(call.operation.resolve(scopes.resolve, call.input), (targets) =>
      whenReady(lookAgain(parts, call), () => decideOn(targets)),
    )
  if (!call.operation.first) return find()
  return barred(parts, scopes, call).then((barred) => {
    if (!barred) return find()
    decided.push(barred)
    return { targets: undefined, denied: barred, proof }
  })
}

async function barred({ findLayers }: PipelineParts, scopes: Scopes, { operation, input }: Call) {
  return barredFrom((await operation.first?.(scopes.resolve, input)) ?? [], findLayers, scopes.work)
}

async function deniedItems(
  parts: PipelineParts,
  scope: Scope,
  call: Call,
  items: ReadonlyMap<number, DecidedCheck>,
): Promise<DeniedItems> {
  const denied = new Map<number, Problem>()
  for (const [item, one] of items) denied.set(item, await accessDenied(parts, scope, call, one))
  return denied
}

/** Waits until the entry of a call that wrote nothing is durable. */
function record(
  parts: PipelineParts,
  call: Call,
  decided: readonly DecidedCheck[],
  outcome: string,
  nonce: Call['nonce'],
): MaybePromise<void> {
  const entry = auditEntry(call, decided, outcome, parts.digestKey)
  return timed(call.watch, 'audit', () => parts.audit.record(entry, nonce))
}

async function accessDenied(
  parts: PipelineParts,
  scope: Scope,
  call: Call,
  denied: DecidedCheck,
): Promise<Problem> {
  const { layer, reason } = denied.decision
  if (call.watch) call.watch.denied = { layer, reason }
  return { code: 'AccessDenied', denial: await explained(parts, scope, call, denied) }
}

/**
 * The denial with its diagnosis. Of another account's entity nothing is said that could show whether it exists; a
 * diagnosis that fails is a defect, and the denial stays what it is.
 */
async function explained(
  parts: PipelineParts,
  scope: Scope,
  call: Call,
  decided: DecidedCheck,
): Promise<Denial> {
  const shown = await shownOf(scope, decided, parts.findLayers)
  const denial = denialOf(scope.caller, shown)
  // Nobody is told what stopped an act of the service itself: the audit says it.
  if (denial.foreign || scope.caller.kind === 'service') return denial
  try {
    // Sealed, for those of the caller's account who may decode it: it names the real entity, if that is the account's.
    const explains = decided.check.owner === scope.caller.account.uid ? decided : shown
    const diagnosis = diagnose(scope, explains)
    parts.onDenied?.(diagnosis)
    return { ...denial, diagnostic: sealDiagnosis(scope.keyring, diagnosis) }
  } catch (error) {
    parts.onDefect(error, call)
    return denial
  }
}

/** An act of the service is nobody else's, and the service does nothing else: whatever asks for it is a defect. */
function assertWhose({ acts }: PipelineParts, { caller, operation }: Call): void {
  const act = operation.by === 'service' && acts?.includes(operation) === true
  if (act !== (caller.kind === 'service') || act !== (operation.by === 'service'))
    throw new Error(`${operation.name} is not for a caller of kind ${caller.kind}`)
}

/** `authorization: none` is the only way to have no checks: an operation that forgot them is a defect, not a gift. */
function checksOf(
  operation: Operation,
  scope: CheckScope,
  input: Record<string, unknown>,
  targets: unknown,
): readonly Check[] {
  const checks = operation.checks(scope, input, targets)
  if (checks.length === 0 && operation.authorization !== 'none')
    throw new Error(`${operation.name} lists no check`)
  return checks
}

async function refused(
  parts: PipelineParts,
  call: Call,
  decided: readonly DecidedCheck[],
  problem: Problem,
): Promise<Answer> {
  if (call.operation.by === 'service' && problem.code === 'AccessDenied') return { ok: false, problem }
  await record(parts, call, decided, problem.code, call.nonce)
  return { ok: false, problem }
}

async function failed(
  parts: PipelineParts,
  call: Call,
  decided: readonly DecidedCheck[],
  error: unknown,
): Promise<Answer> {
  const problem: Problem = error instanceof Refusal ? error.problem : { code: 'Internal' }
  if (!(error instanceof Refusal)) parts.onDefect(error, call)
  if (problem.code === 'Unavailable') parts.onUnavailable?.(problem.detail, call)
  if (problem.code === 'Overloaded') parts.onUnavailable?.(OVERLOADED, call)
  if (problem.code === 'Unavailable' || problem.code === 'Overloaded') return { ok: false, problem }
  try {
    // A replay's nonce is already there: its entry is written without one.
    const nonce = problem.code === 'NonceUsed' ? undefined : call.nonce
    await record(parts, call, decided, problem.code, nonce)
    return { ok: false, problem }
  } catch (second) {
    if (second instanceof Refusal && second.problem.code === 'NonceUsed') {
      return failed(parts, call, decided, second)
    }
    if (!(second instanceof Refusal)) parts.onDefect(second, call)
    return { ok: false, problem: second instanceof Refusal ? second.problem : { code: 'Internal' } }
  }
}
