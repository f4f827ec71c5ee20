import type { Problem, ProblemCode, ProblemOf } from '../../base/problem.ts'
import type { IdentityEntity, OrganizationReason } from '../../identity/problems.ts'
import type { ErrorAnswer, ProblemContext, Row } from './problems.ts'

// What goes wrong with an organization, in the words of Organizations (reference/huawei-iam.md I.4). Numbers from 9000 are
// ours: none is published for these cases.

const ENTITIES: Readonly<Partial<Record<IdentityEntity, string>>> = {
  organization: 'organization',
  folder: 'organizational unit',
  account: 'account',
  'organization-policy': 'policy',
  'target-policy': 'attachment of the policy',
  target: 'entity',
  handshake: 'invitation',
  member: 'account of the organization',
  'delegated-administrator': 'delegated administrator',
  'folder-level': 'level of organizational units',
}

const nameOf = (entity: IdentityEntity) => ENTITIES[entity] ?? entity

function answer(status: number, code: string, message: string): ErrorAnswer {
  return { status, code: `Organizations.${code}`, message }
}

const REASONS: Readonly<
  Record<OrganizationReason, readonly [status: number, code: string, message: string]>
> = {
  blocked: [409, '9016', 'The account cannot be closed.'],
  // Clients take it for closed by this very answer.
  closed: [400, '1325', 'The account is closed already.'],
  delegate: [409, '9011', 'The account is a delegated administrator: deregister it first.'],
  'deletion-off': [409, '9011', 'The deletion of accounts is not enabled.'],
  'not-checked': [404, '9009', 'No closing of the account was asked for.'],
  'not-created': [409, '9011', 'Only an account that was created in the organization can be closed.'],
  'built-in': [400, '9004', 'A built-in policy cannot be changed.'],
  delegated: [409, '9003', 'The account is a delegated administrator already.'],
  // Clients take an invitation or a delegation for gone by these codes with 400.
  'handshake-state': [400, '1401', 'The invitation has ended.'],
  'management-delegated': [409, '9011', 'The management account cannot be a delegated administrator.'],
  'member-kind': [
    409,
    '9011',
    'This cannot be done with the management account, or with an account that was created here.',
  ],
  'not-delegated': [400, '1500', 'The account is not a delegated administrator.'],
  'nothing-new': [400, '9012', 'There is nothing to change.'],
  'other-kind': [409, '9011', 'The kind of an account cannot be changed.'],
  'other-parent': [400, '9010', 'The account is not in the source parent.'],
  placed: [409, '9011', 'The operator of the service has put the account into the organization.'],
  'service-off': [400, '1900', 'The service is not trusted.'],
  'type-disabled': [400, '9005', 'The policy type is not enabled.'],
}

export const ORGANIZATION_ROWS = {
  OrganizationRejects: ({ reason, detail }: ProblemOf<'OrganizationRejects'>): ErrorAnswer => {
    const [status, code, message] = REASONS[reason]
    return answer(status, code, detail === undefined ? message : `${message} ${detail}`)
  },
} as const

const UNAVAILABLE = (): ErrorAnswer => answer(503, '9503', 'The service is temporarily unavailable.')

const OWN_ROWS: { readonly [C in ProblemCode]?: Row<C> } = {
  MissingParameter: ({ name }) => answer(400, '9012', `The parameter ${name.slice(0, 128)} is required.`),
  InvalidParameter: ({ name, detail }) =>
    answer(
      400,
      '9013',
      `The parameter ${name.slice(0, 128)} is invalid.${detail === undefined ? '' : ` ${detail}`}`,
    ),
  AccessDenied: ({ denial }) => {
    // INVARIANT: a member is told the same whatever it names in its organization, there or not.
    if (denial.foreign)
      return /:(get|list)$/.test(denial.action)
        ? answer(401, '1002', 'Only the management account or a delegated administrator may do this.')
        : answer(401, '1001', 'Only the management account may do this.')
    const more =
      denial.diagnostic === undefined ? {} : { more: { encoded_authorization_message: denial.diagnostic } }
    const message = `Policy doesn't allow '${denial.action}' to be performed.`
    return { ...answer(403, '1007', message), ...more }
  },
  IdentityNotFound: ({ entity }: ProblemOf<'IdentityNotFound'>): ErrorAnswer =>
    entity === 'organization' || entity === 'organization-of-account'
      ? answer(401, '1015', 'The organization does not exist.')
      : answer(404, '9009', `The ${nameOf(entity)} does not exist.`),
  IdentityExists: ({ entity }: ProblemOf<'IdentityExists'>): ErrorAnswer =>
    answer(409, '9003', `The ${nameOf(entity)} already exists.`),
  IdentityInUse: ({ entity, holds }: ProblemOf<'IdentityInUse'>): ErrorAnswer =>
    entity === 'target-policy'
      ? answer(409, '9001', 'The last policy of an entity cannot be detached.')
      : answer(
          409,
          '9002',
          `The ${nameOf(entity)} cannot be deleted: it still has, or is used by, one ${holds} or more.`,
        ),
  IdentityQuota: ({ entity, limit }: ProblemOf<'IdentityQuota'>): ErrorAnswer => {
    const message = `The quota of ${limit} is used up: ${nameOf(entity)}.`
    if (entity === 'target-policy') return answer(409, '9006', message)
    if (entity === 'folder-level') return answer(409, '9007', message)
    return answer(409, entity === 'folder' ? '1204' : '9014', message)
  },
  MalformedPolicy: ({ detail }: ProblemOf<'MalformedPolicy'>): ErrorAnswer =>
    answer(400, '9008', `The content of the policy is malformed: ${detail}`),
  ServiceRoleLocked: (): ErrorAnswer =>
    answer(403, '1007', 'An agency that belongs to a service is changed by its service alone.'),
  UnsupportedOperation: ({ detail }) =>
    answer(400, '9015', `The operation is not supported.${detail === undefined ? '' : ` ${detail}`}`),
  Internal: () => answer(500, '9500', 'Internal error.'),
  Overloaded: UNAVAILABLE,
  Unavailable: UNAVAILABLE,
}

/** The words for a problem of a call of Organizations; undefined: those of every product. */
export function organizationAnswer(
  problem: Problem,
  { operation = '' }: ProblemContext,
): ErrorAnswer | undefined {
  if (!operation.startsWith('organizations:')) return undefined
  const row = OWN_ROWS[problem.code] as Row<ProblemCode> | undefined
  return row?.(problem as never, {})
}
