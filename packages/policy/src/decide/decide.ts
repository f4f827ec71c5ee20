import { languages } from '../language/index.ts'
import type { LanguageDefinition } from '../language/types.ts'
import { resourceName } from '../match/resource-name.ts'
import type { LayerSet, Question } from './question.ts'
import type { Decision, DecisionRequest, LanguageName, PolicyLayers } from './types.ts'

/**
 * Decides one request. The layers are what the caller of the engine gathered: an absent layer says nothing, except that
 * an absent session or organization sets no limit.
 *
 * @throws what the context throws; whoever asks must take that for a denial.
 */
export function decide(language: LanguageName, request: DecisionRequest, layers: PolicyLayers): Decision {
  const definition = languages[language]
  return definition.order(question(definition, request), layers as LayerSet)
}

export function question(language: LanguageDefinition, request: DecisionRequest): Question {
  return {
    principal: request.principal,
    owner: request.resourceAccount ?? request.principal.account,
    action: language.catalogue.actionName(request.action),
    resource: resourceName(request.resource),
    context: request.context,
  }
}
