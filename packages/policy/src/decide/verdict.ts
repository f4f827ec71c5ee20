import type { CompiledSet } from './compile.ts'
import type { LayerSet, Question } from './question.ts'
import type { CompiledStatement } from './statement.ts'
import type { DecidingLayer, Decision } from './types.ts'

/** A statement of the set that denies the request, if there is one. */
export function denying(set: CompiledSet | undefined, question: Question): CompiledStatement | undefined {
  return set?.forAction(question.action).denies?.find(question)
}

/** A statement of the set that allows the request, if there is one. */
export function allowing(set: CompiledSet | undefined, question: Question): CompiledStatement | undefined {
  return set?.forAction(question.action).allows?.find(question)
}

/** What a set says: a denying statement before an allowing one; undefined when it says nothing. */
export function deciding(set: CompiledSet | undefined, question: Question): CompiledStatement | undefined {
  const index = set?.forAction(question.action)
  return index?.denies?.find(question) ?? index?.allows?.find(question)
}

/** One level of an organization: the owner's, or the caller's where that is another. */
export interface Level {
  readonly set: CompiledSet
  readonly level: number
  readonly of: 'owner' | 'caller'
}

const none: readonly CompiledSet[] = []

/** Visits levels until one gives a decision: the owner's organization, then the caller's. */
export function eachLevel(
  layers: LayerSet,
  from: 'root' | 'account',
  visit: (level: Level) => Decision | undefined,
): Decision | undefined {
  for (const whose of ['owner', 'caller'] as const) {
    const levels = (whose === 'owner' ? layers.organization : layers.callerOrganization) ?? none
    for (let i = 0; i < levels.length; i++) {
      const level = from === 'root' ? i : levels.length - 1 - i
      const decision = visit({ set: levels[level]!, level, of: whose })
      if (decision !== undefined) return decision
    }
  }
  return undefined
}

/** A decision by a statement. */
export function decidedBy(layer: DecidingLayer, statement: CompiledStatement, at?: Level): Decision {
  const allowed = statement.effect === 'Allow'
  return {
    allowed,
    reason: allowed ? 'Allowed' : 'ExplicitDeny',
    layer,
    ...(at && { level: at.level, organizationOf: at.of }),
    policy: statement.policy,
    statement: statement.name,
  }
}

/** A denial because the layer says nothing. */
export function silent(layer: DecidingLayer, at?: Level): Decision {
  return {
    allowed: false,
    reason: 'ImplicitDeny',
    layer,
    ...(at && { level: at.level, organizationOf: at.of }),
  }
}

export const rootAllowed: Decision = Object.freeze({ allowed: true, reason: 'Allowed', layer: 'root' })
