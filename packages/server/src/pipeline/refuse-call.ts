import { type Denial, type Problem, Refusal } from '../base/problem.ts'
import type { Answer, Call } from './answer.ts'
import { type DecidedCheck, denialOf, shownOf } from './decision.ts'
import { diagnose, sealDiagnosis } from './diagnosis.ts'
import { record } from './entry.ts'
import type { DeniedItems } from './operation.ts'
import type { PipelineParts } from './parts.ts'
import type { Scope } from './scope.ts'

const OVERLOADED = 'more calls wait than can be served in time'

export async function deniedItems(
  parts: PipelineParts,
  scope: Scope,
  call: Call,
  items: ReadonlyMap<number, DecidedCheck>,
): Promise<DeniedItems> {
  const denied = new Map<number, Problem>()
  for (const [item, one] of items) denied.set(item, await accessDenied(parts, scope, call, one))
  return denied
}

export async function accessDenied(
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

export async function refused(
  parts: PipelineParts,
  call: Call,
  decided: readonly DecidedCheck[],
  problem: Problem,
): Promise<Answer> {
  if (call.operation.by === 'service' && problem.code === 'AccessDenied') return { ok: false, problem }
  await record(parts, call, decided, problem.code, call.nonce)
  return { ok: false, problem }
}

export async function failed(
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
