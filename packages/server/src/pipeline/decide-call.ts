import { timed } from '../base/call-watch.ts'
import { type MaybePromise, whenReady } from '../base/when-ready.ts'
import type { Call } from './answer.ts'
import { type DecidedCall, standsOn } from './commit.ts'
import { barredFrom, decideChecks } from './decide-all.ts'
import type { DecidedCheck } from './decision.ts'
import type { Check, Operation } from './operation.ts'
import type { PipelineParts } from './parts.ts'
import type { CheckScope, Scopes } from './scope.ts'

/**
 * Finds the targets and decides every check, up to the first denial, or in a batch of items up to the first of each. Keeps
 * what was decided in `decided`. Without a promise when everything is in memory.
 */
export function decideCall(
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

export function findAndDecide(
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
