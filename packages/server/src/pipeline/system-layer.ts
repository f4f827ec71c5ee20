import { type CompiledPolicies, compilePolicies, readPolicy } from '@keyward/policy'
import type { Check, Operation } from './operation.ts'
import type { CheckScope } from './scope.ts'

/** The condition key of the system layer: whether what an act is about is due, by what was loaded for its decision. */
const DUE = 'keyward:Due'

/**
 * What the service may do of itself, as a policy: these acts, on what is due, and nothing else. No account can see,
 * change or override it, and it grants nothing to anyone but the service.
 */
export function systemLayer(acts: readonly Operation[]): CompiledPolicies {
  if (acts.length === 0) return compilePolicies('ram', [])
  const text = JSON.stringify({
    Version: '1',
    Statement: [
      {
        Sid: 'acts of the service',
        Effect: 'Allow',
        Action: acts.map(({ name }) => name),
        Resource: '*',
        Condition: { Bool: { [DUE]: 'true' } },
      },
    ],
  })
  const document = readPolicy(text, { language: 'ram', type: 'identity' })
  if (!document) throw new Error('the system layer cannot be read')
  return compilePolicies('ram', [{ name: 'system', document }])
}

/** The one decision of an act: on an entity of the account that it is about. */
export function actCheck({ caller }: CheckScope, action: string, resource: string, due: boolean): Check {
  return {
    language: 'ram',
    action,
    resource,
    owner: caller.account.uid,
    facts: { [DUE]: String(due) },
  }
}
