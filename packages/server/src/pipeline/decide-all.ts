import { firstAnswer, type MaybePromise, whenReady } from '../base/when-ready.ts'
import { type DecidedCheck, decideCheck, decideWith, type FindLayers } from './decision.ts'
import type { Check, Operation } from './operation.ts'
import { otherAction, otherWire } from './other-wire.ts'
import type { Scope } from './scope.ts'

/** What came of the checks of a call: a denial of the call, or those of some of its items. Neither: it is allowed. */
export interface Outcome {
  readonly denied?: DecidedCheck
  readonly deniedItems?: ReadonlyMap<number, DecidedCheck>
}

const ALLOWED: Outcome = Object.freeze({})

/**
 * Decides the checks of a call, up to the first denial, or in a batch of items up to the first of each. Keeps what was decided
 * in `decided`. Without a promise when everything is in memory.
 */
export function decideChecks(
  { effect }: Pick<Operation, 'effect'>,
  checks: readonly Check[],
  findLayers: FindLayers,
  scope: Scope,
  decided: DecidedCheck[],
): MaybePromise<Outcome> {
  // A call that writes is decided as a whole.
  const byItem = effect === 'read' && checks.some(({ item }) => item !== undefined)
  const items = byItem ? new Map<number, DecidedCheck>() : undefined
  return whenReady(decideAll(checks, findLayers, scope, decided, items), (denied) => {
    if (denied) return { denied }
    const [first] = items?.values() ?? []
    if (!items || !first) return ALLOWED
    const none = checks.every(({ item }) => item !== undefined && items.has(item))
    return none ? { denied: first } : { deniedItems: items }
  })
}

/** The first denial where none of an operation's first checks allows: nothing that it names is looked at then. */
export async function barredFrom(
  checks: readonly Check[],
  findLayers: FindLayers,
  scope: Scope,
): Promise<DecidedCheck | undefined> {
  let denied: DecidedCheck | undefined
  for (const check of checks) {
    const one = await decideCheck(scope, check, findLayers)
    if (one.decision.allowed) return undefined
    denied ??= one
  }
  return denied
}

/**
 * The first denial of the checks, each decided before the next is looked at. Where `items` is there, the denial of an item is
 * kept in it, and nothing more of that item is decided.
 */
function decideAll(
  checks: readonly Check[],
  findLayers: FindLayers,
  scope: Scope,
  decided: DecidedCheck[],
  items: Map<number, DecidedCheck> | undefined,
): MaybePromise<DecidedCheck | undefined> {
  return firstAnswer(checks, (check) => {
    if (check.item !== undefined && items?.has(check.item)) return undefined
    return whenReady(decideOne(check, findLayers, scope, decided), (denied) => ofAll(denied, check, items))
  })
}

/** A denial that is one of the whole call; that of an item is kept. */
function ofAll(
  denied: DecidedCheck | undefined,
  { item }: Check,
  items: Map<number, DecidedCheck> | undefined,
): DecidedCheck | undefined {
  if (!denied || !items || item === undefined) return denied
  items.set(item, denied)
  return undefined
}

/** One check with the other wire's word on it: what denies it, if anything does. */
function decideOne(
  check: Check,
  findLayers: FindLayers,
  scope: Scope,
  decided: DecidedCheck[],
): MaybePromise<DecidedCheck | undefined> {
  return whenReady(decideCheck(scope, check, findLayers), (one) => {
    decided.push(one)
    if (!one.decision.allowed) return one
    const action = otherAction(check)
    if (action === undefined) return undefined
    return whenReady(findLayers(scope.caller, { language: 'iam', owner: check.owner }), (others) => {
      const other = otherWire(scope, one, action, others)
      const against = other && decideWith(scope, other, others)
      if (!against || against.decision.allowed) return undefined
      decided.push(against)
      return against
    })
  })
}
