import type { CompiledStatement } from './statement.ts'
import type { DecidingLayer, Decision } from './types.ts'

/** One level of an organization: the owner's, or the caller's where that is another. */
export interface Level {
  readonly level: number
  readonly of: 'owner' | 'caller'
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

/** A call that needs no permission. */
export const allowedFreely: Decision = Object.freeze({ allowed: true, reason: 'Allowed', layer: 'none' })

/** A veto that nothing speaks. */
export const unopposed: Decision = Object.freeze({ allowed: true, reason: 'Allowed', layer: 'none' })

/** What no root identity may do. */
export const rootDenied: Decision = Object.freeze({ allowed: false, reason: 'ImplicitDeny', layer: 'root' })

export const rootAllowed: Decision = Object.freeze({ allowed: true, reason: 'Allowed', layer: 'root' })
