import { languages } from '../language/index.ts'
import type { LanguageDefinition } from '../language/types.ts'
import { resourceName } from '../match/resource-name.ts'
import { layersOf, type PlacedSet, placedSets } from './layers.ts'
import type { LayerSet, Question } from './question.ts'
import type { Act, Decision, DecisionRequest, LanguageName, PolicyLayers } from './types.ts'
import { decidedBy, silent, unopposed } from './verdict.ts'

/**
 * Decides one act. The layers are what the caller of the engine gathered: an absent layer says nothing, except that an
 * absent session or organization sets no limit.
 *
 * @throws what the context throws; whoever asks must take that for a denial.
 */
export function decide(language: LanguageName, request: DecisionRequest, layers: PolicyLayers): Decision {
  const definition = languages[language]
  return decideQuestion(definition, question(definition, request), layers as LayerSet)
}

/** The same of a request that is prepared: the one way to a decision, for explanations too. */
export function decideQuestion(language: LanguageDefinition, question: Question, layers: LayerSet): Decision {
  if (question.principal.kind === 'service') return ofTheService(question, layers)
  const decision = language.order(question, layers)
  return question.act === 'veto' ? vetoed(language, question, layers, decision) : decision
}

/**
 * An act of the service itself: the system layer allows it, or nobody does. No policy of an account, of an organization or
 * of the resource is looked at, so none can stop an act or cause one.
 */
function ofTheService(question: Question, { system }: LayerSet): Decision {
  const statement = question.act === 'call' ? system?.deciding(question) : undefined
  return statement === undefined ? silent('system') : decidedBy('system', statement)
}

/** Whether a veto on an action could come of these layers: where none of them has a Deny of it, there is nothing to ask. */
export function mayVeto(language: LanguageName, action: string, layers: PolicyLayers): boolean {
  const name = languages[language].catalogue.actionName(action)
  const { organization = [], callerOrganization = [], session, identity, resource } = layers as LayerSet
  return (
    session?.mayDeny(name) === true ||
    identity?.mayDeny(name) === true ||
    resource?.mayDeny(name) === true ||
    organization.some((set) => set.mayDeny(name)) ||
    callerOrganization.some((set) => set.mayDeny(name))
  )
}

/**
 * What a veto comes to: an explicit denial of any layer, or nothing against it. An order that ends at a limit which says
 * nothing would hide what a later layer forbids: there each layer is asked by itself.
 */
function vetoed(
  language: LanguageDefinition,
  question: Question,
  layers: LayerSet,
  decision: Decision,
): Decision {
  if (decision.reason === 'ExplicitDeny') return decision
  if (decision.allowed || language.denialsFirst) return unopposed
  for (const { place, set } of upwards(placedSets(layers))) {
    const alone = language.order(question, layersOf([{ place, set }]))
    // A level that is asked alone is the first of its organization.
    if (alone.reason === 'ExplicitDeny')
      return place.level === undefined ? alone : { ...alone, level: place.level }
  }
  return unopposed
}

/** Levels from the account up, as an order looks at them that ends at the first limit. */
function upwards(sets: readonly PlacedSet[]): readonly PlacedSet[] {
  const levels = (of: 'owner' | 'caller') => sets.filter(({ place }) => place.organizationOf === of).reverse()
  return [
    ...levels('owner'),
    ...levels('caller'),
    ...sets.filter(({ place }) => place.layer !== 'organization'),
  ]
}

export function question(language: LanguageDefinition, request: DecisionRequest): Question {
  const { act, action, context, principal, resource, resourceAccount } = request
  const name = language.catalogue.actionName(action)
  return {
    act: actOf(act, name.decided === 'assumption'),
    principal,
    owner: resourceAccount ?? principal.account,
    action: name,
    resource: resourceName(resource),
    context,
  }
}

function actOf(asked: Act | undefined, assumes: boolean): Act {
  if (asked === 'veto') return asked
  return assumes ? 'assume' : (asked ?? 'call')
}
