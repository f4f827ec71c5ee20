import {
  type ConditionContext,
  type Decision,
  decide,
  type LanguageName,
  normalizeConditionKey,
  type PolicyLayers,
  type RequestPrincipal,
} from '@keyward/policy'
import type { Denial } from '../base/problem.ts'
import type { Caller } from '../identity/principal.ts'
import { globalFact } from './global-facts.ts'
import type { Check, FactValue, Scope } from './operation.ts'

/** How the pipeline finds the policies that bind a caller. Answers without a promise when everything is warm. */
export type FindLayers = (
  caller: Caller,
  check: Check,
) => Omit<PolicyLayers, 'resource'> | Promise<Omit<PolicyLayers, 'resource'>>

/** A check with what was decided on it and the condition keys that were looked at. */
export interface DecidedCheck {
  readonly check: Check
  readonly decision: Decision
  readonly facts: ReadonlyMap<string, FactValue>
}

/**
 * Decides one check with the policies of every layer; without a promise when they are all in memory.
 *
 * INVARIANT: an error while deciding is thrown on, and the pipeline treats it as a refusal: nothing is allowed by
 * accident.
 */
export function decideCheck(
  scope: Scope,
  check: Check,
  findLayers: FindLayers,
): DecidedCheck | Promise<DecidedCheck> {
  const found = findLayers(scope.caller, check)
  return found instanceof Promise
    ? found.then((layers) => decideWith(scope, check, layers))
    : decideWith(scope, check, found)
}

function decideWith(scope: Scope, check: Check, layers: Omit<PolicyLayers, 'resource'>): DecidedCheck {
  const context = new RecordingContext(scope, check)
  const principal = principalOf(scope.caller, check.language)
  const decision = decide(
    check.language,
    {
      principal,
      action: check.action,
      resource: check.resource,
      resourceAccount: check.owner === scope.caller.account.uid ? principal.account : check.owner,
      context,
    },
    check.resourcePolicy ? { ...layers, resource: check.resourcePolicy } : layers,
  )
  if (check.veto && decision.reason === 'ImplicitDeny') {
    return { check, decision: { ...decision, allowed: true }, facts: context.seen }
  }
  return { check, decision, facts: context.seen }
}

/** What a refused caller may be told about the check that refused. */
export function denialOf(caller: Caller, { check, decision }: DecidedCheck): Denial {
  return {
    action: check.action,
    resource: check.resource,
    reason: decision.reason === 'ExplicitDeny' ? 'ExplicitDeny' : 'ImplicitDeny',
    layer: decision.layer === 'root' ? 'identity' : decision.layer,
    ...(decision.policy === undefined ? {} : { policy: decision.policy }),
    ...(decision.statement === undefined ? {} : { statement: decision.statement }),
    foreign: check.owner !== caller.account.uid,
  }
}

function principalOf(caller: Caller, language: LanguageName): RequestPrincipal {
  return language === 'ram'
    ? { kind: caller.kind, account: caller.account.uid, id: caller.arn }
    : { kind: caller.kind, account: caller.account.domainId, id: caller.urn }
}

/** Values by normal form of the key: those of the check first, then the global ones. Remembers what was looked at. */
class RecordingContext implements ConditionContext {
  readonly seen = new Map<string, FactValue>()
  readonly #scope: Scope
  readonly #check: Check
  #facts: Map<string, FactValue | (() => FactValue | undefined)> | undefined

  constructor(scope: Scope, check: Check) {
    this.#scope = scope
    this.#check = check
  }

  get(key: string): FactValue | undefined {
    const known = this.seen.get(key)
    if (known !== undefined) return known
    this.#facts ??= normalized(this.#check)
    const fact = this.#facts.get(key) ?? globalFact(this.#scope, this.#check, key)
    const value = typeof fact === 'function' ? fact() : fact
    if (value !== undefined) this.seen.set(key, value)
    return value
  }
}

function normalized(check: Check): Map<string, FactValue | (() => FactValue | undefined)> {
  const facts = new Map<string, FactValue | (() => FactValue | undefined)>()
  for (const [name, value] of Object.entries(check.facts)) {
    if (value !== undefined) facts.set(normalizeConditionKey(name), value)
  }
  return facts
}
