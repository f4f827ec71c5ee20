import type { LayerSet, Question } from '../packages/policy/src/decide/question.ts'
import {
  compilePolicies,
  conditionContext,
  type DecisionRequest,
  type NamedPolicy,
  type PolicyLayers,
  type PolicyType,
  parsePolicy,
} from '../packages/policy/src/index.ts'
import type { PlainDocument } from '../packages/policy/test/reference-evaluator/evaluate.ts'
import { account, type Workload, type WorkloadRequest } from '../packages/policy/test/workload.ts'

/** Documents as they would come from a user: text, judged, with every finding but an error let pass. */
export function parsed(documents: readonly PlainDocument[], type: PolicyType): readonly NamedPolicy[] {
  return documents.map((source, index) => {
    const { document, findings } = parsePolicy(JSON.stringify(source), { language: 'ram', type })
    if (!document) throw new Error(`the workload is refused: ${JSON.stringify(findings)}`)
    return { name: `${type} ${index}`, document }
  })
}

/** The layers beside identity policies: two levels of an organization, a session policy, a key policy. */
export function otherLayers({ organization, session, resource }: Workload): PolicyLayers {
  return {
    organization: organization.map((level) => compilePolicies('ram', parsed(level, 'control'))),
    session: compilePolicies('ram', parsed(session, 'session')),
    resource: compilePolicies('ram', parsed(resource, 'key')),
  }
}

export function decisionRequest({ user, action, resource, context }: WorkloadRequest): DecisionRequest {
  return {
    principal: { kind: 'user', account, id: user },
    action,
    resource,
    resourceAccount: account,
    context: conditionContext(context),
  }
}

/** The same order of evaluation within one account as that of `decide`, for a user, that says yes or no and nothing of why. */
export function bareAnswer(question: Question, layers: LayerSet): boolean {
  const { organization, session } = layers
  if (organization !== undefined) {
    for (let level = organization.length - 1; level >= 0; level--)
      if (organization[level]!.deciding(question)?.effect !== 'Allow') return false
  }
  if (session !== undefined && session.deciding(question)?.effect !== 'Allow') return false
  const identity = layers.identity?.deciding(question)
  if (identity?.effect === 'Deny') return false
  const resource = layers.resource?.deciding(question)
  if (resource?.effect === 'Deny') return false
  return identity !== undefined || resource !== undefined
}
