import { sameAction, sameKey } from '@keyward/policy'
import { accountName, type DecidedCheck } from './decision.ts'
import type { Check } from './operation.ts'
import type { Scope } from './scope.ts'

/**
 * The other wire's word on a call of KMS that its own wire's policies allow: the same key, under the names of `iam`
 * (design, section 5, "One key, two wires"). Undefined for a call that the other wire has no name for.
 *
 * Calls of KPS list what they need of KMS in both languages themselves.
 */
export function otherWire({ caller, regions }: Scope, { check, layers }: DecidedCheck): Check | undefined {
  if (check.language !== 'ram' || check.act === 'veto') return undefined
  const action = sameAction('ram', check.action)
  if (action === undefined) return undefined
  const account = accountName(caller.account, 'iam', check.owner, layers.surroundings)
  const named = (arn: string) => sameKey('ram', arn, { region: regions.huawei, account })
  const { asMissing, owner } = check
  return {
    act: 'veto',
    language: 'iam',
    action,
    resource: named(check.resource),
    owner,
    facts: {},
    ...(check.resourceTags && { resourceTags: check.resourceTags }),
    ...(check.requestTags && { requestTags: check.requestTags }),
    ...(asMissing && {
      asMissing: { resource: named(asMissing.resource), owner: asMissing.owner, facts: {} },
    }),
  }
}
