import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { carriesConditionKey } from '../packages/policy/src/index.ts'
import type { PlainStatement } from '../packages/policy/test/reference-evaluator/evaluate.ts'
import type { WorkloadRequest } from '../packages/policy/test/workload.ts'

/** The action of a statement among those that are asked for, and that carry the keys of its conditions. */
export function actionsOf(statement: PlainStatement, asked: readonly string[]): readonly string[] {
  const patterns = [statement.Action as string | readonly string[]].flat()
  const keys = Object.values(statement.Condition ?? {}).flatMap((block) => Object.keys(block))
  return asked.filter(
    (action) =>
      patterns.some((pattern) => globToRegExp(pattern).test(action)) &&
      keys.every((key) => carriesConditionKey('ram', action, key)),
  )
}

export function globToRegExp(glob: string): RegExp {
  return new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
}

/** The one condition of a statement of the workload. */
export function conditionOf({
  Condition,
}: PlainStatement): { readonly operator: string; readonly key: string; readonly value: string } | undefined {
  const [block] = Object.entries(Condition ?? {})
  if (!block) return undefined
  const [operator, pairs] = block
  const [[key, value]] = Object.entries(pairs) as [[string, string]]
  return { operator, key, value }
}

/**
 * The statements in Cedar's favour: wildcards of actions expanded among the actions that are asked for, an exact resource
 * in the scope, other resources a `like` on one attribute of the context, addresses and numbers ready to compare, no
 * entities. Statements that cannot apply are left out.
 */
export function cedarPolicies(statements: readonly PlainStatement[], asked: readonly string[]): string {
  return statements
    .flatMap((statement) => {
      const actions = actionsOf(statement, asked)
      if (actions.length === 0) return []
      const names = actions.map((action) => `Action::${JSON.stringify(action)}`)
      const action =
        actions.length === asked.length
          ? 'action'
          : names.length === 1
            ? `action == ${names[0]}`
            : `action in [${names.join(', ')}]`
      const name = statement.Resource as string
      const exact = !name.includes('*')
      const resource = exact ? `resource == Name::${JSON.stringify(name)}` : 'resource'
      const clauses = [
        ...(exact || name === '*' ? [] : [`context.name like ${JSON.stringify(name)}`]),
        ...conditionClause(statement),
      ]
      const when = clauses.length === 0 ? '' : ` when { ${clauses.join(' && ')} }`
      const effect = statement.Effect === 'Allow' ? 'permit' : 'forbid'
      return [`${effect}(principal, ${action}, ${resource})${when};`]
    })
    .join('\n')
}

function conditionClause(statement: PlainStatement): readonly string[] {
  const condition = conditionOf(statement)
  if (!condition) return []
  const { operator, value } = condition
  switch (operator) {
    case 'StringEquals':
      return [`context.stage == ${JSON.stringify(value)}`]
    case 'StringLike':
      return [`context.agent like ${JSON.stringify(value)}`]
    case 'IpAddress':
      return [`context.address.isInRange(ip(${JSON.stringify(value)}))`]
    case 'NumericLessThanEquals':
      return [`context.tls <= ${Number(value) * 10}`]
    case 'Bool':
      return [`context.secure == ${value}`]
    default:
      throw new Error(`no translation of \`${operator}\``)
  }
}

/** Prepares the policies under a name, and the calls; answers what one call says. */
export function cedarEngine(
  name: string,
  statements: readonly PlainStatement[],
  asked: readonly string[],
  requests: readonly WorkloadRequest[],
) {
  const calls = requests.map(({ action, resource, user, context }) => ({
    principal: { type: 'User', id: user },
    action: { type: 'Action', id: action },
    resource: { type: 'Name', id: resource },
    context: {
      name: resource,
      stage: context['kms:tag/Stage'] as string,
      agent: context['acs:UserAgent'] as string,
      address: { __extn: { fn: 'ip', arg: context['acs:SourceIp'] as string } },
      tls: Number(context['kms:TlsVersion']) * 10,
      secure: context['acs:SecureTransport'] === 'true',
    },
    preparsedPolicySetId: name,
    entities: [],
  }))
  const staticPolicies = cedarPolicies(statements, asked)
  return () => {
    const parsed = preparsePolicySet(name, { staticPolicies })
    if (parsed.type === 'failure') throw new Error(JSON.stringify(parsed.errors))
    return (index: number): boolean => {
      const answer = statefulIsAuthorized(calls[index]!)
      if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0)
        throw new Error(JSON.stringify(answer))
      return answer.response.decision === 'allow'
    }
  }
}
