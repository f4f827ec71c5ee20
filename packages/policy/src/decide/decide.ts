import { languages } from '../language/index.ts'
import { resourceName } from '../match/name.ts'
import type { LayerSet, Question } from './question.ts'
import type { Decision, DecisionRequest, LanguageName, PolicyLayers } from './types.ts'

/**
 * Decides one request. The layers are what the caller of the engine gathered: an absent layer says nothing, except that
 * an absent session or organization sets no limit.
 *
 * @throws what the context throws; whoever asks must take that for a denial.
 */
export function decide(language: LanguageName, request: DecisionRequest, layers: PolicyLayers): Decision {
  return languages[language].order(question(request), layers as LayerSet)
}

export function question(request: DecisionRequest): Question {
  return {
    principal: request.principal,
    owner: request.resourceAccount ?? request.principal.account,
    action: request.action.toLowerCase(),
    resource: resourceName(request.resource),
    context: request.context,
  }
}
