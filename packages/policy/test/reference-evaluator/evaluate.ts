import {
  callerOf,
  facts,
  list,
  ownerOf,
  type PlainCase,
  type PlainDocument,
  statementMatches,
} from './matching.ts'

export type { PlainCase, PlainDocument, PlainStatement } from './matching.ts'

export interface PlainDecision {
  decision: 'Allow' | 'Deny'
  reason: 'Allowed' | 'ExplicitDeny' | 'ImplicitDeny'
  layer: string
  level?: number
  organizationOf?: string
}

/** Whether any statement of the documents with this effect matches. */
function any(
  entry: PlainCase,
  type: string,
  documents: readonly PlainDocument[],
  effect: 'Allow' | 'Deny',
): boolean {
  return documents.some((document) =>
    list(document.Statement).some(
      (s) => s.Effect === effect && statementMatches(entry, type, document.Version, s),
    ),
  )
}

type Basic = 'Allow' | 'ExplicitDeny' | 'ImplicitDeny'

/**
 * The second evaluator: every statement, every pattern, every value, in the order of the references. It shares no line
 * with the engine, and its tables come from a transcription of the seeds of its own (`facts.json`).
 */
export function evaluatePlainly(entry: PlainCase): PlainDecision {
  const caller = callerOf(entry)
  const own = caller.account === ownerOf(entry)
  const grantable = facts[entry.language].crossAccount.some(
    (name) => name.toLowerCase() === entry.request.action.toLowerCase(),
  )
  const {
    identity = [],
    trust,
    resource = trust ?? [],
    session = [],
    organization = [],
    callerOrganization = [],
  } = entry.policies
  const basic = (type: string, documents: readonly PlainDocument[]): Basic =>
    any(entry, type, documents, 'Deny')
      ? 'ExplicitDeny'
      : any(entry, type, documents, 'Allow')
        ? 'Allow'
        : 'ImplicitDeny'
  const deny = (reason: 'ExplicitDeny' | 'ImplicitDeny', layer: string, more = {}): PlainDecision => ({
    decision: 'Deny',
    reason,
    layer,
    ...more,
  })
  const allow = (layer: string): PlainDecision => ({ decision: 'Allow', reason: 'Allowed', layer })
  const assumes =
    entry.request.act === 'assume' ||
    /^(sts:assumerole|sts:agencies:assume|sts::setsourceidentity|sts::tagsession)$/i.test(
      entry.request.action,
    )
  const resourceType =
    trust !== undefined || entry.language === 'iam' || /^sts:/i.test(entry.request.action)
      ? 'trust'
      : entry.request.resource.split(':')[4]?.startsWith('secret')
        ? 'secret'
        : 'key'
  // What a service made for itself is bound by no organization.
  const linked =
    /^(acs:ram::[^:]+:(role|assumed-role)\/aliyunservicerolefor|(iam|sts)::[^:]+:(assumed-)?agency:service-linked-agency\/)/i
  const everyLevel = [
    ...organization.map((documents, level) => ({ documents, level, organizationOf: 'owner' })),
    ...callerOrganization.map((documents, level) => ({ documents, level, organizationOf: 'caller' })),
  ]

  const free = linked.test(entry.request.principal) || entry.request.managesOrganization === true
  const levels = free ? [] : everyLevel

  if (entry.request.act === 'veto') {
    if (
      /^(kms:DescribeRegions|sts:GetCallerIdentity)$/i.test(entry.request.action) &&
      entry.language === 'ram'
    )
      return allow('none')
    const bound = levels.filter(
      ({ organizationOf }) =>
        entry.language === 'iam' || !caller.root || (!own && organizationOf === 'owner'),
    )
    // Each layer is asked in the order of its language, and the first that forbids is told.
    const inOrder =
      entry.language === 'iam'
        ? bound
        : [
            ...bound.filter((level) => level.organizationOf === 'owner').reverse(),
            ...bound.filter((level) => level.organizationOf === 'caller').reverse(),
          ]
    const found = inOrder.find(({ documents }) =>
      any(entry, entry.language === 'iam' ? 'scp' : 'control', documents, 'Deny'),
    )
    if (found)
      return deny('ExplicitDeny', 'organization', {
        level: found.level,
        organizationOf: found.organizationOf,
      })
    const rootOfOwner = caller.root && own && entry.language === 'ram'
    if (!rootOfOwner && any(entry, 'session', session, 'Deny')) return deny('ExplicitDeny', 'session')
    if (rootOfOwner) return allow('none')
    if (!(caller.root && entry.language === 'iam') && any(entry, 'identity', identity, 'Deny'))
      return deny('ExplicitDeny', 'identity')
    const makes = entry.language === 'ram' && /^kms:Create(Key|Secret)$/i.test(entry.request.action)
    if (!makes && any(entry, resourceType, resource, 'Deny')) return deny('ExplicitDeny', 'resource')
    return allow('none')
  }

  if (entry.language === 'iam') {
    const { root } = caller
    for (const { documents, level, organizationOf } of levels) {
      if (any(entry, 'scp', documents, 'Deny'))
        return deny('ExplicitDeny', 'organization', { level, organizationOf })
    }
    if (any(entry, 'session', session, 'Deny')) return deny('ExplicitDeny', 'session')
    if (!root && any(entry, 'identity', identity, 'Deny')) return deny('ExplicitDeny', 'identity')
    if (any(entry, 'trust', resource, 'Deny')) return deny('ExplicitDeny', 'resource')
    for (const { documents, level, organizationOf } of levels) {
      if (!any(entry, 'scp', documents, 'Allow'))
        return deny('ImplicitDeny', 'organization', { level, organizationOf })
    }
    if (session.length > 0 && !any(entry, 'session', session, 'Allow')) return deny('ImplicitDeny', 'session')
    if (root && assumes) return deny('ImplicitDeny', 'root')
    if (root && own) return allow('root')
    const a = root || any(entry, 'identity', identity, 'Allow')
    const b = any(entry, 'trust', resource, 'Allow')
    if (root) return b && grantable ? allow('resource') : deny('ImplicitDeny', 'resource')
    if (own && !assumes)
      return a ? allow('identity') : b ? allow('resource') : deny('ImplicitDeny', 'identity')
    return a && b && (own || grantable)
      ? allow('identity')
      : deny('ImplicitDeny', a ? 'resource' : 'identity')
  }

  if (/^(kms:DescribeRegions|sts:GetCallerIdentity)$/i.test(entry.request.action)) return allow('none')
  // ram: from the account up to the root of the directory, the owner's first.
  const upwards = [
    ...levels.filter((level) => level.organizationOf === 'owner').reverse(),
    ...levels.filter((level) => level.organizationOf === 'caller').reverse(),
  ]
  for (const { documents, level, organizationOf } of upwards) {
    if (caller.root && (own || organizationOf === 'caller')) continue
    const d = basic('control', documents)
    if (d !== 'Allow') return deny(d, 'organization', { level, organizationOf })
  }
  if (session.length > 0 && !(caller.root && own)) {
    const d = basic('session', session)
    if (d !== 'Allow') return deny(d, 'session')
  }
  if (caller.root && assumes) return deny('ImplicitDeny', 'root')
  if (caller.root && own) return allow('root')
  const a = basic('identity', identity)
  // What makes a key or secret is decided before there is one that could have a policy.
  const creates = /^kms:Create(Key|Secret)$/i.test(entry.request.action)
  const b = creates ? 'ImplicitDeny' : basic(resourceType, resource)
  if (a === 'ExplicitDeny') return deny(a, 'identity')
  if (b === 'ExplicitDeny') return deny(b, 'resource')
  if (own && !assumes) {
    return a === 'Allow'
      ? allow('identity')
      : b === 'Allow'
        ? allow('resource')
        : deny('ImplicitDeny', 'identity')
  }
  if (a === 'Allow' && b === 'Allow' && (own || grantable)) return allow('identity')
  return deny('ImplicitDeny', a === 'Allow' ? 'resource' : 'identity')
}
