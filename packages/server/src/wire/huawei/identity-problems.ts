import type { Problem, ProblemCode, ProblemOf } from '../../base/problem.ts'
import type { IdentityEntity } from '../../identity/problems.ts'
import type { ErrorAnswer, ProblemContext, Row } from './problems.ts'

// What goes wrong with identities and sessions, in the words of IAM and STS (reference/huawei-iam.md I.4). Numbers from 9000
// are ours: none is published for these cases.

const ENTITIES: Readonly<Record<IdentityEntity, string>> = {
  user: 'user',
  group: 'group',
  role: 'agency',
  policy: 'policy',
  'policy-version': 'policy version',
  'access-key': 'access key',
  'login-profile': 'login profile',
  'mfa-device': 'MFA device',
  'saml-provider': 'SAML provider',
  'oidc-provider': 'OIDC provider',
  'access-key-policy': 'policy of the access key',
  'user-group': 'membership of the user in the group',
  'user-policy': 'attachment of the policy to the user',
  'group-policy': 'attachment of the policy to the group',
  'role-policy': 'attachment of the policy to the agency',
  'account-alias': 'account alias',
  organization: 'organization',
  folder: 'organizational unit',
  account: 'account',
  'organization-policy': 'policy',
  'target-policy': 'attachment of the policy',
  'folder-level': 'level of organizational units',
  target: 'target',
  handshake: 'invitation',
  member: 'member account',
  'organization-of-account': 'organization of the account',
  'delegated-administrator': 'delegated administrator',
  service: 'service',
}

/** Codes of parameters that have one of their own. */
const PARAMETERS: Readonly<Record<string, string>> = {
  marker: 'PAP5.0010',
  agency_name: 'PAP5.0029',
  path: 'PAP5.0030',
  // Of a tag that stands twice in a list.
  tag_key: 'PAP5.0033',
}

const NOT_FOUND = 'PAP5.0012'
const MALFORMED = 'PAP5.0011'
const TAGS = 'PAP5.0036'

function answer(status: number, code: string, message: string): ErrorAnswer {
  return { status, code, message }
}

/** The service that a call is one of: `iam:CreateUser`. */
function prefixOf({ operation = '' }: ProblemContext): 'PAP5' | 'STS5' {
  return operation.startsWith('sts:') ? 'STS5' : 'PAP5'
}

function badParameter({ name }: ProblemOf<'InvalidParameter'>, context: ProblemContext): string {
  if (/^(tags|items)\b/.test(name) && prefixOf(context) === 'PAP5') return TAGS
  return PARAMETERS[name] ?? `${prefixOf(context)}.9005`
}

export const SHARED_IDENTITY_ROWS = {
  IdentityNotFound: ({ entity }: ProblemOf<'IdentityNotFound'>): ErrorAnswer =>
    // The code that tells clients that a user only has no login profile.
    answer(
      404,
      entity === 'login-profile' ? 'IAM.0004' : NOT_FOUND,
      `The ${ENTITIES[entity]} does not exist.`,
    ),
  IdentityExists: ({ entity }: ProblemOf<'IdentityExists'>): ErrorAnswer =>
    answer(409, 'PAP5.9001', `The ${ENTITIES[entity]} already exists.`),
  IdentityInUse: ({ entity, holds }: ProblemOf<'IdentityInUse'>): ErrorAnswer =>
    answer(
      409,
      'PAP5.9002',
      holds === 'default-version'
        ? 'The default version of a policy cannot be deleted.'
        : `The ${ENTITIES[entity]} cannot be deleted: it still has, or is used by, one ${holds.replace('-', ' ')} or more.`,
    ),
  IdentityQuota: ({ entity, limit }: ProblemOf<'IdentityQuota'>): ErrorAnswer => {
    const message = `The quota of ${limit} is used up: ${ENTITIES[entity]}.`
    if (entity === 'policy-version') return answer(409, 'PAP5.0028', message)
    if (entity === 'access-key') return answer(400, 'PAP5.9003', message)
    return answer(409, entity === 'role-policy' ? 'PAP5.0003' : 'PAP5.9004', message)
  },
  ServiceRoleLocked: (): ErrorAnswer =>
    answer(403, 'PAP5.0001', 'A service-linked agency can be changed by its service alone.'),
  SystemPolicyLocked: (): ErrorAnswer => answer(403, 'PAP5.0001', 'A system policy cannot be changed.'),
  MalformedPolicy: ({ detail }: ProblemOf<'MalformedPolicy'>): ErrorAnswer =>
    answer(400, MALFORMED, `The policy document is malformed: ${detail}`),
  // Unknown and not assumable are alike.
  RoleNotFound: (): ErrorAnswer => answer(403, 'STS5.9001', 'The agency cannot be assumed.'),
  InvalidSession: ({ name, detail }: ProblemOf<'InvalidSession'>): ErrorAnswer => {
    if (name === 'PolicyGrammar' || name === 'PolicySize') return answer(400, MALFORMED, detail)
    return answer(400, name === 'MfaDevice' ? 'PAP5.0041' : 'STS5.9005', detail)
  },
} as const

const UNAVAILABLE = (_: Problem, context: ProblemContext): ErrorAnswer =>
  answer(503, `${prefixOf(context)}.9503`, 'The service is temporarily unavailable.')

/** What every product has words for, in those of IAM and STS. */
const OWN_ROWS: { readonly [C in ProblemCode]?: Row<C> } = {
  MissingParameter: ({ name }, context) =>
    answer(400, `${prefixOf(context)}.9006`, `The parameter ${name.slice(0, 128)} is required.`),
  InvalidParameter: (problem, context) =>
    answer(
      400,
      badParameter(problem, context),
      `The parameter ${problem.name.slice(0, 128)} is invalid.${problem.detail === undefined ? '' : ` ${problem.detail}`}`,
    ),
  UnsupportedOperation: ({ detail }, context) =>
    answer(
      400,
      `${prefixOf(context)}.9007`,
      `The operation is not supported.${detail === undefined ? '' : ` ${detail}`}`,
    ),
  Internal: (_, context) => answer(500, `${prefixOf(context)}.9500`, 'Internal error.'),
  Overloaded: UNAVAILABLE,
  Unavailable: UNAVAILABLE,
}

/** The words for a problem of a call of IAM or STS; undefined: those of every product. */
export function identityAnswer(problem: Problem, context: ProblemContext): ErrorAnswer | undefined {
  if (!/^(iam|sts):/.test(context.operation ?? '')) return undefined
  const row = OWN_ROWS[problem.code] as Row<ProblemCode> | undefined
  return row?.(problem as never, context)
}
