import { languages } from '../language/index.ts'
import { accountOf, nearMisses, type Place, type StatementAccount } from './account.ts'
import { type Change, smallestChange } from './change.ts'
import { decideQuestion, question as prepare } from './decide.ts'
import { bearsOn, placedSets } from './layers.ts'
import type { LayerSet } from './question.ts'
import type { Decision, DecisionRequest, LanguageName, PolicyLayers } from './types.ts'

/** What one layer, or one level of an organization, says by itself. */
export interface LayerAccount extends Place {
  readonly says: 'Allow' | 'Deny' | 'nothing'
  readonly statements: readonly StatementAccount[]
}

/** The full account of a decision. */
export interface Explanation {
  readonly decision: Decision
  /** In the order in which they stand in {@link PolicyLayers}; layers that are absent or bear on nothing are left out. */
  readonly layers: readonly LayerAccount[]
  /** Statements that would have allowed but for one element, nearest first. */
  readonly nearMisses: readonly StatementAccount[]
  /** The smallest change that would allow; empty when it is allowed. */
  readonly changes: readonly Change[]
}

/**
 * Explains one decision. Runs the matchers of {@link decide} over every statement, without the index, so it costs as
 * much as there are statements. `decision` is what {@link decide} says.
 */
export function explain(name: LanguageName, request: DecisionRequest, given: PolicyLayers): Explanation {
  const language = languages[name]
  const layers = given as LayerSet
  const question = prepare(language, request)
  const sets = placedSets(layers)
  const accounts = sets
    .filter((one) => bearsOn(language, question, sets, one))
    .map(({ place, set }): LayerAccount => {
      const statements = accountOf(language, set, question, place)
      const applied = (effect: 'Allow' | 'Deny') =>
        statements.some((one) => one.applied && one.effect === effect)
      return { ...place, says: applied('Deny') ? 'Deny' : applied('Allow') ? 'Allow' : 'nothing', statements }
    })
  const decision = decideQuestion(language, question, layers)
  const statements = accounts.flatMap((one) => one.statements)
  return {
    decision,
    layers: accounts,
    nearMisses: decision.allowed ? [] : nearMisses(statements),
    changes: decision.allowed ? [] : smallestChange(language, question, layers, statements),
  }
}
