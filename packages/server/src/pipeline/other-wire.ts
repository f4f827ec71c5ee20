import { mayVeto, sameAction, sameKey } from '@keyward/policy'
import type { CallerLayers } from '../identity/gather.ts'
import { accountName, type DecidedCheck } from './decision.ts'
import type { Check } from './operation.ts'
import type { Scope } from './scope.ts'

/** The action by which the other wire knows a check of KMS that its own wire's policies allow; undefined where it has none. */
export function otherAction({ act, action, language }: Check): string | undefined {
  return language === 'ram' && act !== 'veto' ? sameAction('ram', action) : undefined
}

/**
 * The other wire's word on such a check: the same key, under the names of `iam` (design, section 5, "One key, two wires").
 * Undefined where no policy of these layers, which are those of `iam`, could forbid anything.
 *
 * Calls of KPS list what they need of KMS in both languages themselves.
 */
export function otherWire(
  { caller, regions }: Scope,
  { check, layers }: DecidedCheck,
  action: string,
  others: CallerLayers,
): Check | undefined {
  if (!mayVeto('iam', action, others)) return undefined
  const { asMissing, owner, requestTags, resourceTags } = check
  const account = accountName(caller.account, 'iam', owner, layers.surroundings)
  const named = (arn: string) => sameKey('ram', arn, { region: regions.huawei, account })
  return {
    act: 'veto',
    language: 'iam',
    action,
    resource: named(check.resource),
    owner,
    facts: {},
    ...(resourceTags && { resourceTags }),
    ...(requestTags && { requestTags }),
    ...(asMissing && {
      asMissing: { resource: named(asMissing.resource), owner: asMissing.owner, facts: {} },
    }),
  }
}
