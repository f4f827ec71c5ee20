import { createMongoAbility, type RawRuleOf, subject } from '@casl/ability'
import type { PlainStatement } from '../packages/policy/test/reference-evaluator/evaluate.ts'
import type { WorkloadRequest } from '../packages/policy/test/workload.ts'
import { actionsOf, conditionOf, globToRegExp } from './policy-cedar.ts'

type Rule = RawRuleOf<ReturnType<typeof createMongoAbility>>

/**
 * The statements in CASL's favour: wildcards of actions expanded among the actions that are asked for, exact names by
 * equality and others by an expression, addresses as numbers. The last rule wins there, so those that forbid come last.
 */
export function caslRules(statements: readonly PlainStatement[], asked: readonly string[]): Rule[] {
  const rules = statements.flatMap((statement): Rule[] => {
    const action = [...actionsOf(statement, asked)]
    if (action.length === 0) return []
    const conditions = { ...resourceCondition(statement.Resource as string), ...valueCondition(statement) }
    const inverted = statement.Effect === 'Deny'
    return [{ action, subject: 'Name', inverted, ...(Object.keys(conditions).length > 0 && { conditions }) }]
  })
  return [...rules.filter((rule) => !rule.inverted), ...rules.filter((rule) => rule.inverted)]
}

function resourceCondition(name: string): Record<string, unknown> {
  if (name === '*') return {}
  return { name: name.includes('*') ? { $regex: globToRegExp(name) } : name }
}

function valueCondition(statement: PlainStatement): Record<string, unknown> {
  const condition = conditionOf(statement)
  if (!condition) return {}
  const { operator, value } = condition
  switch (operator) {
    case 'StringEquals':
      return { stage: value }
    case 'StringLike':
      return { agent: { $regex: globToRegExp(value) } }
    case 'IpAddress': {
      const [network, bits] = value.split('/') as [string, string]
      const first = addressNumber(network)
      return { address: { $gte: first, $lt: first + 2 ** (32 - Number(bits)) } }
    }
    case 'NumericLessThanEquals':
      return { tls: { $lte: Number(value) } }
    case 'Bool':
      return { secure: value === 'true' }
    default:
      throw new Error(`no translation of \`${operator}\``)
  }
}

function addressNumber(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** Prepares the rules and the subjects; answers what one call says. */
export function caslEngine(
  statements: readonly PlainStatement[],
  asked: readonly string[],
  requests: readonly WorkloadRequest[],
) {
  const subjects = requests.map(({ resource, context }) =>
    subject('Name', {
      name: resource,
      stage: context['kms:tag/Stage'],
      agent: context['acs:UserAgent'],
      address: addressNumber(context['acs:SourceIp'] as string),
      tls: Number(context['kms:TlsVersion']),
      secure: context['acs:SecureTransport'] === 'true',
    }),
  )
  const rules = caslRules(statements, asked)
  return () => {
    const ability = createMongoAbility(rules)
    return (index: number): boolean => ability.can(requests[index]!.action, subjects[index]!)
  }
}
