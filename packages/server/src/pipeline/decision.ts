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
import type { CallerLayers } from '../identity/gather.ts'
import type { Caller } from '../identity/principal.ts'
import { globalFact } from './global-facts.ts'
import type { Check, FactValue, Scope } from './operation.ts'

/** How the pipeline finds the policies that bind a caller. Answers without a promise when everything is warm. */
export type FindLayers = (caller: Caller, check: Check) => CallerLayers | Promise<CallerLayers>

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
  const found = findLayers(scope.caller, check)
  return found instanceof Promise
    ? found.then((layers) => decideWith(scope, check, layers))
    : decideWith(scope, check, found)
}

function decideWith(scope: Scope, check: Check, layers: CallerLayers): DecidedCheck {
  const { request, context } = requestOf(scope, check, layers)
  const { language, resourcePolicy } = check
  const decision = decide(
    language,
    request,
    resourcePolicy ? { ...layers, resource: resourcePolicy } : layers,
  )
  return { check, decision: concluded(scope, check, request, layers, decision), facts: context.seen, layers }
}

/** What a decision comes to where the check asks for more, or less, than the order of its language. */
function concluded(
  scope: Scope,
  check: Check,
  request: DecisionRequest,
  layers: CallerLayers,
  decision: Decision,
): Decision {
  if (check.veto) return vetoed(check, request, layers, decision)
  return check.trust && decision.allowed ? trusted(scope, check, request, layers, decision) : decision
}

/**
 * What a veto comes to: an explicit denial of any layer, or nothing against it. The order of `iam` looks at every denial
 * first; that of `ram` ends at a limit that says nothing, which would hide what a later layer forbids, so there each is
 * asked by itself.
 */
function vetoed(check: Check, request: DecisionRequest, layers: CallerLayers, decision: Decision): Decision {
  if (decision.reason !== 'ImplicitDeny') return decision
  const unopposed: Decision = { ...decision, allowed: true }
  if (check.language === 'iam') return unopposed
  const { identity, session, organization = [], callerOrganization = [] } = layers
  const alone: PolicyLayers[] = [
    ...organization.map((set) => ({ organization: [set] })),
    ...callerOrganization.map((set) => ({ callerOrganization: [set] })),
    ...(session ? [{ session }] : []),
    ...(identity ? [{ identity }] : []),
    ...(check.resourcePolicy ? [{ resource: check.resourcePolicy }] : []),
  ]
  const denied = alone
    .map((layer) => decide(check.language, request, layer))
    .find(({ reason }) => reason === 'ExplicitDeny')
  return denied ?? unopposed
}

/** The question of a check, with a context that remembers what was looked at. */
export function requestOf(
  scope: Scope,
  check: Check,
  layers: CallerLayers,
): { readonly request: DecisionRequest; readonly context: RecordingContext } {
  const context = new RecordingContext(scope, check, layers)
  const principal = principalOf(scope.caller, check.language)
  const request = {
    principal,
    action: check.action,
    resource: check.resource,
    resourceAccount: ownerOf(scope.caller, check, principal, layers),
    context,
  }
  return { request, context }
}

/** The owner as the language names accounts. One that does not exist keeps a name that is nobody's. */
function ownerOf(
  { account }: Caller,
  check: Check,
  principal: RequestPrincipal,
  layers: CallerLayers,
): string {
  if (check.owner === account.uid) return principal.account
  return check.language === 'ram' ? check.owner : (layers.surroundings?.owner?.domainId ?? check.owner)
}

/**
 * The second side of assuming a role. `ram` asks for both by itself; the order of `iam` takes either one within an
 * account, so here each is asked alone.
 */
function trusted(
  { caller }: Scope,
  check: Check,
  request: DecisionRequest,
  layers: CallerLayers,
  decision: Decision,
): Decision {
  // No root identity may, on either wire (docs/decisions/0021).
  if (caller.kind === 'root') return { allowed: false, reason: 'ImplicitDeny', layer: 'identity' }
  if (check.language === 'ram' || check.owner !== caller.account.uid) return decision
  const own = decide(check.language, request, layers)
  if (!own.allowed) return own
  const trust = check.resourcePolicy
    ? decide(check.language, request, { resource: check.resourcePolicy })
    : undefined
  return trust?.allowed ? own : { allowed: false, reason: 'ImplicitDeny', layer: 'resource' }
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
 * What stands in a denial for those who are refused: the refusal of a missing thing of the same name. Where a missing one
 * would be allowed the caller may learn what exists, and is told of the real check, still under the name that it wrote.
 */
export async function toldOf(
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
  if (layer === 'root' || layer === 'none') return 'identity'
  return layer === 'resource' && check.trust ? 'trust' : layer
}

function principalOf(caller: Caller, language: LanguageName): RequestPrincipal {
  const { account, kind, session } = caller
  const named =
    language === 'ram'
      ? { kind, account: account.uid, id: caller.arn }
      : { kind, account: account.domainId, id: caller.urn }
  if (!session) return named
  return { ...named, role: language === 'ram' ? session.roleArn : session.agencyUrn }
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
  for (const [name, value] of Object.entries(check.facts)) {
    if (value !== undefined) facts.set(normalizeConditionKey(name), value)
  }
  return facts
}
