import type { Effect, LanguageDefinition } from '../language/types.ts'
import type { Place } from './account.ts'
import type { CompiledSet } from './compile.ts'
import type { LayerSet, Question } from './question.ts'
import type { CompiledStatement } from './statement.ts'
import type { Decision } from './types.ts'

/** One layer, or one level of an organization. */
export interface PlacedSet {
  readonly place: Place
  readonly set: CompiledSet
}

/** The layers that are there, in the order in which {@link LayerSet} has them. */
export function placedSets(layers: LayerSet): readonly PlacedSet[] {
  const levels = (list: readonly CompiledSet[] = [], organizationOf: 'owner' | 'caller') =>
    list.map((set, level): PlacedSet => ({ place: { layer: 'organization', level, organizationOf }, set }))
  const { organization, callerOrganization, session, identity, resource } = layers
  return [
    ...levels(organization, 'owner'),
    ...levels(callerOrganization, 'caller'),
    ...(session ? [{ place: { layer: 'session' }, set: session } as const] : []),
    ...(identity ? [{ place: { layer: 'identity' }, set: identity } as const] : []),
    ...(resource ? [{ place: { layer: 'resource' }, set: resource } as const] : []),
  ]
}

/** The layers again. */
export function layersOf(sets: readonly PlacedSet[]): LayerSet {
  const levels = (of: 'owner' | 'caller') =>
    sets.filter(({ place }) => place.organizationOf === of).map(({ set }) => set)
  const [organization, callerOrganization] = [levels('owner'), levels('caller')]
  const single = sets.filter(({ place }) => place.layer !== 'organization')
  return {
    ...(organization.length > 0 && { organization }),
    ...(callerOrganization.length > 0 && { callerOrganization }),
    ...Object.fromEntries(single.map(({ place, set }) => [place.layer, set])),
  }
}

/** Where a decision fell. INVARIANT: it fell in a layer. */
export function placeOf({ layer, level, organizationOf }: Decision): Place {
  return {
    layer: layer as Place['layer'],
    ...(level !== undefined && { level }),
    ...(organizationOf !== undefined && { organizationOf }),
  }
}

export function placeName({ layer, level, organizationOf }: Place): string {
  return `${layer} ${organizationOf} ${level}`
}

/** A set of which only its answer is known. */
export function answering(
  language: LanguageDefinition,
  deciding: () => CompiledStatement | undefined,
): CompiledSet {
  return { language: language.name, statements: 0, all: [], deciding, mayDeny: () => true }
}

/** A statement of which only the effect is known. */
export function anything(effect: Effect): CompiledStatement {
  return { effect, policy: '', name: '' } as CompiledStatement
}

/**
 * Whether a layer counts for a request at all: whether it would be what denies if it denied and every other layer
 * allowed. No identity policy is about a root identity, for instance.
 */
export function bearsOn(
  language: LanguageDefinition,
  question: Question,
  sets: readonly PlacedSet[],
  { place }: PlacedSet,
): boolean {
  const probe = sets.map((one) => ({
    place: one.place,
    set: answering(language, () => anything(one.place === place ? 'Deny' : 'Allow')),
  }))
  const decision = language.order(question, layersOf(probe))
  return !decision.allowed && placeName(placeOf(decision)) === placeName(place)
}
