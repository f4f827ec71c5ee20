import { sameAction } from '@keyward/policy'
import type { DecidedCheck } from './decision.ts'
import type { Check, Scope } from './operation.ts'

const names = new Map<string, string | undefined>()

/** What `iam` calls an action of KMS; remembered, since every call asks. */
function iamAction(action: string): string | undefined {
  if (!names.has(action)) names.set(action, sameAction('ram', action))
  return names.get(action)
}

/**
 * The other wire's word on a call of KMS that its own wire's policies allow: the same key, under the names of `iam`
 * (design, section 5, "One key, two wires"). It needs no grant there; an explicit denial refuses it. Undefined for a call
 * that the other wire has no name for.
 *
 * Calls of KPS list what they need of KMS in both languages themselves.
 */
export function otherWire({ caller, regions }: Scope, { check, layers }: DecidedCheck): Check | undefined {
  if (check.language !== 'ram' || check.veto) return undefined
  const action = iamAction(check.action)
  if (action === undefined) return undefined
  const own = check.owner === caller.account.uid
  const domain = own ? caller.account.domainId : layers.surroundings?.owner?.domainId
  const urn = (arn: string) => `kms:${regions.huawei}:${domain ?? ''}:KeyId:${keyIdOf(arn)}`
  const { asMissing } = check
  return {
    language: 'iam',
    action,
    resource: urn(check.resource),
    owner: check.owner,
    facts: {},
    ...(check.resourceTags && { resourceTags: check.resourceTags }),
    ...(check.requestTags && { requestTags: check.requestTags }),
    veto: true,
    ...(asMissing && { asMissing: { resource: urn(asMissing.resource), owner: asMissing.owner, facts: {} } }),
  }
}

/** The id that an ARN names; `*` for all keys, and for an alias, which the other wire does not know. */
function keyIdOf(arn: string): string {
  return /:key\/(.+)$/.exec(arn)?.[1] ?? '*'
}
