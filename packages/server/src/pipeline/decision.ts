import {
  type ConditionContext,
  type Decision,
  type DecisionRequest,
  decide,
  type LanguageName,
  normalizeConditionKey,
  type PolicyLayers,
  type RequestPrincipal,
} from '@keyward/policy'
import type { Denial } from '../base/problem.ts'
import { whenReady } from '../base/when-ready.ts'
import type { CallerLayers, Surroundings } from '../identity/gather.ts'
import type { Account, Caller } from '../identity/principal.ts'
import { globalFact } from './global-facts.ts'
import type { Check, FactValue } from './operation.ts'
import type { Scope } from './scope.ts'

/** How the pipeline finds the policies that bind a caller. Answers without a promise when everything is warm. */
export type FindLayers = (
  caller: Caller,
  check: Pick<Check, 'language' | 'owner'>,
) => CallerLayers | Promise<CallerLayers>

/** A check with what was decided on it and the condition keys that were looked at. */
export interface DecidedCheck {
  readonly check: Check
  readonly decision: Decision
  readonly facts: ReadonlyMap<string, FactValue>
  /** What it was decided with: for an explanation of a denial. */
  readonly layers: CallerLayers
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
  const found = findLayers(check.as ?? scope.caller, check)
  return whenReady(found, (layers) => decideWith(scope, check, layers))
}

/** The same with layers that are found. */
export function decideWith(scope: Scope, check: Check, layers: CallerLayers): DecidedCheck {
  const { request, context } = requestOf(scope, check, layers)
  const decision = decide(check.language, request, layersOf(check, layers))
  return { check, decision, facts: context.seen, layers }
}

/**
 * Every layer that a check is decided with. INVARIANT: the policy of a resource whose account is closed lets nobody in, so
 * no other account reaches what is left of it.
 */
export function layersOf({ resourcePolicy }: Check, layers: CallerLayers): PolicyLayers {
  return resourcePolicy && !layers.ownerless ? { ...layers, resource: resourcePolicy } : layers
}

/** The question of a check, with a context that remembers what was looked at. */
export function requestOf(
  given: Scope,
  check: Check,
  layers: CallerLayers,
): { readonly request: DecisionRequest; readonly context: RecordingContext } {
  const scope = check.as ? { ...given, caller: check.as } : given
  const context = new RecordingContext(scope, check, layers)
  const { act, action, language, owner, resource } = check
  const request: DecisionRequest = {
    ...(act && { act }),
    principal: principalOf(scope.caller, language, layers.surroundings),
    action,
    resource,
    resourceAccount: accountName(scope.caller.account, language, owner, layers.surroundings),
    context,
  }
  return { request, context }
}

/** An account as the language names it. One that does not exist keeps a name that is nobody's. */
export function accountName(
  own: Account,
  language: LanguageName,
  uid: string,
  surroundings: Surroundings | undefined,
): string {
  if (language === 'ram') return uid
  return uid === own.uid ? own.domainId : (surroundings?.owner?.domainId ?? uid)
}

/** What a refused caller may be told about the check that refused. */
export function denialOf(caller: Caller, { check, decision }: DecidedCheck): Denial {
  return {
    action: check.action,
    resource: check.resource,
    reason: decision.reason === 'ExplicitDeny' ? 'ExplicitDeny' : 'ImplicitDeny',
    layer: layerOf(check, decision),
    ...(decision.policy === undefined ? {} : { policy: decision.policy }),
    ...(decision.statement === undefined ? {} : { statement: decision.statement }),
    foreign: check.owner !== caller.account.uid,
  }
}

/**
 * What stands in a denial for those who are refused: the refusal of a missing entity of the same name. Where a missing one
 * would be allowed the caller may learn what exists, and is told of the real check, still under the name that it wrote.
 */
export async function shownOf(
  scope: Scope,
  decided: DecidedCheck,
  findLayers: FindLayers,
): Promise<DecidedCheck> {
  const { asMissing, resourcePolicy: _, resourceTags: __, ...check } = decided.check
  if (!asMissing) return decided
  const missing = await decideCheck(scope, { ...check, ...asMissing }, findLayers)
  if (!missing.decision.allowed) return missing
  return { ...decided, check: { ...decided.check, resource: asMissing.resource } }
}

/** The layer of a denial, in the words of those who are refused. */
function layerOf(check: Check, { layer }: Decision): Denial['layer'] {
  if (layer === 'root' || layer === 'none' || layer === 'system') return 'identity'
  return layer === 'resource' && check.act === 'assume' ? 'trust' : layer
}

/** The caller by the names that policies of the language have for it. */
export function namedPrincipal(
  { account, arn, kind, session, urn }: Caller,
  language: LanguageName,
): RequestPrincipal {
  return language === 'ram'
    ? { kind, account: account.uid, id: arn, ...(session && { role: session.roleArn }) }
    : { kind, account: account.domainId, id: urn, ...(session && { role: session.agencyUrn }) }
}

/** The caller as the language names it, with what the engine has to know of it. */
function principalOf(
  caller: Caller,
  language: LanguageName,
  surroundings: Surroundings | undefined,
): RequestPrincipal {
  const { session } = caller
  const named = namedPrincipal(caller, language)
  const managesOrganization = surroundings?.position.organization !== undefined && surroundings.position.free
  if (!managesOrganization && !session?.serviceLinked) return named
  return { ...named, managesOrganization, serviceLinked: session?.serviceLinked === true }
}

/** Values by normal form of the key: those of the check first, then the global ones. Remembers what was looked at. */
class RecordingContext implements ConditionContext {
  readonly seen = new Map<string, FactValue>()
  readonly #scope: Scope
  readonly #check: Check
  readonly #layers: CallerLayers
  #facts: Map<string, FactValue | (() => FactValue | undefined)> | undefined

  constructor(scope: Scope, check: Check, layers: CallerLayers) {
    this.#scope = scope
    this.#check = check
    this.#layers = layers
  }

  get(key: string): FactValue | undefined {
    const known = this.seen.get(key)
    if (known !== undefined) return known
    this.#facts ??= normalized(this.#check)
    const fact = this.#facts.get(key) ?? globalFact(this.#scope, this.#check, this.#layers.surroundings, key)
    const value = typeof fact === 'function' ? fact() : fact
    if (value !== undefined) this.seen.set(key, value)
    return value
  }
}

function normalized(check: Check): Map<string, FactValue | (() => FactValue | undefined)> {
  const facts = new Map<string, FactValue | (() => FactValue | undefined)>()
  for (const name of Object.keys(check.facts)) {
    const value = check.facts[name]
    if (value !== undefined) facts.set(normalizeConditionKey(name), value)
  }
  return facts
}
