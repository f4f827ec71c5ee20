import { timed } from '../base/call-watch.ts'
import { refuse } from '../base/problem.ts'
import { type MaybePromise, whenReady } from '../base/when-ready.ts'
import { roleArn } from '../identity/callers.ts'
import type { Answer, Call, Pipeline } from './answer.ts'
import { type AnyWrite, commit, type DecidedCall, isAged, StartAgain, sameRows, standsOn } from './commit.ts'
import { decideCall, findAndDecide } from './decide-call.ts'
import type { DecidedCheck } from './decision.ts'
import { record } from './entry.ts'
import type { DeniedItems } from './operation.ts'
import type { PipelineParts } from './parts.ts'
import { accessDenied, deniedItems, failed, refused } from './refuse-call.ts'
import { type Scopes, scopesOf } from './scope.ts'
import { systemLayer } from './system-layer.ts'
import { validateInput } from './validate.ts'

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

/** The way itself. Answers also what goes wrong on it. */
async function run(parts: PipelineParts, call: Call): Promise<Answer> {
  const decided: DecidedCheck[] = []
  let answer: Answer | undefined
  try {
    parts.audit.assertWritable()
    const fresh = parts.cache.whenFresh()
    if (fresh) await fresh
    assertWhose(parts, call)
    parts.onUse?.(call.caller)
    const invalid = call.problem ?? validateInput(call.operation, call.input)
    if (invalid) answer = await refused(parts, call, decided, invalid)
    else {
      const scopes = scopesOf(parts, call)
      for (let left = ATTEMPTS; !answer; left -= 1) {
        if (left === 0) throw refuse({ code: 'Overloaded' })
        answer = await attempt(parts, scopes, call, decided)
      }
      if (call.operation.uses && answer.ok && !call.decideOnly) noteUses(parts, decided)
    }
  } catch (error) {
    answer = await failed(parts, call, decided, error)
  }
  if (!answer.ok) parts.onRefused?.(answer.problem.code)
  return answer
}

/** One try. Undefined: what the call was decided on has moved, and it has to start again. */
function attempt(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  decided: DecidedCheck[],
): MaybePromise<Answer | undefined> {
  return whenReady(decideCall(parts, scopes, call, decided), (first) => {
    if (first.denied) return denied(parts, scopes, call, decided, first.denied)
    const { operation } = call
    operation.state?.(scopes.state, call.input, first.targets)
    return operation.effect === 'read' || call.decideOnly
      ? read(parts, scopes, call, first, decided)
      : write(parts, scopes, call, operation, first, decided)
  })
}

async function denied(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  decided: readonly DecidedCheck[],
  by: DecidedCheck,
): Promise<Answer> {
  return refused(parts, call, decided, await accessDenied(parts, scopes.work, call, by))
}

/** Prepares the work of a call that writes, and commits it with its entry. */
async function write(
  parts: PipelineParts,
  scopes: Scopes,
  call: Call,
  operation: AnyWrite,
  first: DecidedCall,
  decided: DecidedCheck[],
): Promise<Answer | undefined> {
  // What is slow is not prepared for a replay.
  if (call.nonce && !operation.quick && (await parts.store.isUsed(call.nonce))) {
    throw refuse({ code: 'NonceUsed' })
  }
  const prepared = await timed(call.watch, 'work', () =>
    operation.prepare(scopes.work, call.input, first.targets),
  )
  // A key takes its time to be made. What it was decided on is looked at again, and it is kept if that is the same.
  const last = isAged(parts, first) ? await decideCall(parts, scopes, call, decided) : first
  if (last.denied) return denied(parts, scopes, call, decided, last.denied)
  if (!sameRows(operation.decided(first.targets), operation.decided(last.targets))) return undefined
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
    return undefined
  }
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
    if (last.denied) return denied(parts, scopes, { ...call, nonce: undefined }, decided, last.denied)
    operation.state?.(scopes.state, call.input, last.targets)
    worked = work(last)
    output = worked instanceof Promise ? await worked : worked
  }
  return { ok: true, output }
}

/** What was used is what was decided on and allowed; an item of a batch that was denied used nothing. */
function noteUses({ onResourceUse }: PipelineParts, decided: readonly DecidedCheck[]): void {
  let denied: Set<number | undefined> | undefined
  for (const { check, decision } of decided) {
    if (!decision.allowed) continue
    if (check.item !== undefined) {
      denied ??= new Set(decided.filter((one) => !one.decision.allowed).map((one) => one.check.item))
      if (denied.has(check.item)) continue
    }
    // Both languages name a role by its name alone.
    if (check.act === 'assume')
      onResourceUse?.(check.owner, roleArn(check.owner, /[^/:]*$/.exec(check.resource)![0]))
    else if (check.language === 'ram' && check.act !== 'veto') onResourceUse?.(check.owner, check.resource)
  }
}

/** An act of the service is nobody else's, and the service does nothing else: whatever asks for it is a defect. */
function assertWhose({ acts }: PipelineParts, { caller, operation }: Call): void {
  const act = operation.by === 'service' && acts?.includes(operation) === true
  if (act !== (caller.kind === 'service') || act !== (operation.by === 'service'))
    throw new Error(`${operation.name} is not for a caller of kind ${caller.kind}`)
}
