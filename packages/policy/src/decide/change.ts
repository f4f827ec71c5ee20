import type { LanguageDefinition } from '../language/types.ts'
import { nearMisses, type Place, type StatementAccount } from './account.ts'
import { decideQuestion } from './decide.ts'
import { answering, anything, layersOf, type PlacedSet, placedSets, placeName, placeOf } from './layers.ts'
import type { LayerSet, Question } from './question.ts'
import { actionHits, type CompiledStatement, resourceHits, restHolds } from './statement.ts'

/** One step towards an Allow. */
export type Change =
  | {
      /** A statement denies: nothing else helps until it no longer applies. */
      readonly change: 'lift'
      readonly place: Place
      readonly policy: string
      readonly statement: string
    }
  | {
      /** A layer has to allow, and says nothing. */
      readonly change: 'allow'
      readonly place: Place
      /** Statements there that would allow but for one element, nearest first. */
      readonly near: readonly StatementAccount[]
      /** A statement that would allow exactly this, as JSON members. */
      readonly statement: SuggestedStatement
    }
  | {
      /** No policy can allow this to a root identity, or to a caller of another account. */
      readonly change: 'impossible'
      readonly to: 'root' | 'another account'
    }

/** Members of a statement that is to be added. */
export interface SuggestedStatement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource?: readonly string[]
  readonly Principal?: Readonly<Record<string, readonly string[]>>
}

/** A set in which some statements are lifted and, perhaps, one allows the request. */
interface Altered {
  readonly lifted: Set<CompiledStatement>
  allows: boolean
}

/**
 * The smallest change that would allow: what stops the request is taken away, one by one, until the same evaluation order
 * allows. Each step is one that no other can replace; where two layers would do, it is the one with the nearer miss.
 * Where nothing helps that is all there is to say.
 */
export function smallestChange(
  language: LanguageDefinition,
  question: Question,
  layers: LayerSet,
  accounts: readonly StatementAccount[],
): readonly Change[] {
  const altered = new Map<string, Altered>()
  const at = (place: Place): Altered => {
    const known = altered.get(placeName(place)) ?? { lifted: new Set(), allows: false }
    altered.set(placeName(place), known)
    return known
  }
  const sets = placedSets(layers)
  const changes: Change[] = []
  for (;;) {
    const decision = decideQuestion(language, question, alteredLayers(language, question, sets, altered))
    if (decision.allowed) return changes
    if (decision.layer === 'root') return [{ change: 'impossible', to: 'root' }]
    const place = placeOf(decision)
    if (decision.reason === 'ExplicitDeny') {
      const { set } = sets.find((one) => placeName(one.place) === placeName(place))!
      const denies = matching(language, set.all, question, 'Deny', at(place).lifted)!
      at(place).lifted.add(denies)
      changes.push({ change: 'lift', place, policy: denies.policy, statement: denies.name })
      continue
    }
    if (at(place).allows) return [{ change: 'impossible', to: 'another account' }]
    const best = nearer(accounts, place, { layer: 'resource' })
    // The resource's policy may stand in for this layer only where one of them is enough: try it.
    const trial = new Map(altered).set(placeName(best), { lifted: new Set(at(best).lifted), allows: true })
    const enough = decideQuestion(language, question, alteredLayers(language, question, sets, trial)).allowed
    const chosen = enough ? best : place
    at(chosen).allows = true
    const near = nearMisses(accounts.filter((account) => placeName(account) === placeName(chosen)))
    changes.push({ change: 'allow', place: chosen, near, statement: allowing(language, question, chosen) })
  }
}

function nearer(accounts: readonly StatementAccount[], place: Place, other: Place): Place {
  const [first] = nearMisses(accounts.filter(({ layer }) => layer === place.layer || layer === other.layer))
  return first && first.layer === other.layer ? other : place
}

/** The first statement that matches, found without an index. */
function matching(
  language: LanguageDefinition,
  statements: readonly CompiledStatement[],
  question: Question,
  effect: 'Allow' | 'Deny',
  lifted: ReadonlySet<CompiledStatement>,
): CompiledStatement | undefined {
  return statements.find(
    (statement) =>
      statement.effect === effect &&
      statement.refusedKey === undefined &&
      !lifted.has(statement) &&
      actionHits(language, statement, question.action.name) &&
      resourceHits(statement, question.resource) &&
      restHolds(statement, question),
  )
}

/** The layers as they would be; those that one side alone may be enough in are there in any case. */
function alteredLayers(
  language: LanguageDefinition,
  question: Question,
  sets: readonly PlacedSet[],
  altered: ReadonlyMap<string, Altered>,
): LayerSet {
  const present = sets.map(({ place, set }) => ({ place, statements: set.all }))
  const absent = (['identity', 'resource'] as const)
    .filter((layer) => sets.every(({ place }) => place.layer !== layer))
    .map((layer) => ({ place: { layer }, statements: [] }))
  return layersOf(
    [...present, ...absent].map(({ place, statements }) => {
      const change = altered.get(placeName(place))
      const lifted = change?.lifted ?? new Set<CompiledStatement>()
      const deciding = () =>
        matching(language, statements, question, 'Deny', lifted) ??
        (change?.allows ? anything('Allow') : matching(language, statements, question, 'Allow', lifted))
      return { place, set: answering(language, deciding) }
    }),
  )
}

/** A statement for a place that allows this request and nothing else. */
function allowing(language: LanguageDefinition, question: Question, { layer }: Place): SuggestedStatement {
  const action = language.catalogue.action(question.action.name)?.name ?? question.action.name
  const type = layer === 'organization' ? language.layers.organization : layer
  const rules = language.policyTypes.get(
    type === 'resource' ? language.layers.resource(question.action.name, question.resource.text) : type,
  )!
  const { text } = question.resource
  // A name that is none can only be meant by every name.
  const resource = rules.onlyResource?.value ?? (language.resource.fault(text) ? '*' : text)
  const { role, id } = question.principal
  return Object.freeze<SuggestedStatement>({
    Effect: 'Allow',
    Action: [action],
    ...(rules.elements.Resource !== undefined && { Resource: [resource] }),
    ...(rules.principals && { Principal: { [rules.principals.members[0]!]: [role ?? id] } }),
  })
}
