import type { LanguageName, PolicyLayers } from '@keyward/policy'
import type { Attached, Origin } from './layers.ts'
import type { NetworkMap } from './networks.ts'
import type { Position } from './positions.ts'
import type { Account, Caller } from './principal.ts'

/** What the directory knows around a call, for condition keys. */
export interface Surroundings {
  /** Where the caller's account stands. */
  readonly position: Position
  /** The account that owns the entity, where it is another than the caller's and exists. */
  readonly owner?: Account | undefined
  readonly ownerPosition: Position
  readonly networks?: NetworkMap | undefined
}

/** The policies that bind a caller, apart from those of the resource, and what is known around them. */
export interface CallerLayers extends Omit<PolicyLayers, 'resource'> {
  readonly surroundings?: Surroundings
  /** Where identity policies come from, by name. */
  readonly origins?: ReadonlyMap<string, Origin>
  /** There is no account that owns the entity, or it is closed: nobody is let in by what it says. */
  readonly ownerless?: true
}

/** What {@link gatherLayers} puts together. */
export interface Gathered {
  readonly attached: Partial<Attached>
  readonly position: Position
  readonly networks: NetworkMap | undefined
  /** The owner's account and position; neither says anything when the entity is the caller's own. */
  readonly owner: { readonly account: Account | undefined; readonly position: Position | undefined }
}

export const NO_ATTACHED: Partial<Attached> = Object.freeze({})
export const OWN: Gathered['owner'] = Object.freeze({ account: undefined, position: undefined })

/**
 * The layers of one decision. Of the organization, the levels of the account that owns the entity, and those of the
 * caller's where that is another (design, section 5). Whom they bind is for the engine to say.
 */
export function gatherLayers(caller: Caller, language: LanguageName, found: Gathered): CallerLayers {
  const { attached, position, networks, owner } = found
  const { session } = caller
  const ownerPosition = owner.position ?? position
  return {
    ...(attached.policies && { identity: attached.policies, origins: attached.origins! }),
    ...(session?.policies && { session: session.policies[language] }),
    ...(!ownerPosition.free && { organization: ownerPosition.levels[language] }),
    ...(owner.position && !position.free && { callerOrganization: position.levels[language] }),
    ...(owner.position && !owner.account && { ownerless: true }),
    surroundings: { position, owner: owner.account, ownerPosition, networks },
  }
}
