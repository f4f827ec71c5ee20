import type { ProblemOf } from '../../base/problem.ts'
import type { IdentityEntity, IdentityHold } from '../../identity/problems.ts'
import type { ErrorAnswer } from './answer.ts'

// What can go wrong with the entities of a directory, in this vendor's words (reference/alibaba-ram.md F.5, F.6).

/** How codes name an entity, and what the text says when there is none. */
const ENTITIES: Readonly<Record<IdentityEntity, readonly [name: string, missing: string]>> = {
  user: ['User', 'The user does not exist.'],
  group: ['Group', 'The group does not exist.'],
  role: ['Role', 'The role does not exist.'],
  policy: ['Policy', 'The policy does not exist.'],
  'policy-version': ['Policy.Version', 'The policy version does not exist.'],
  'access-key': ['User.AccessKey', 'The user access key does not exist.'],
  'login-profile': ['User.LoginProfile', 'The user login profile does not exist.'],
  'mfa-device': ['User.MFADevice', 'The user MFA device does not exist.'],
  'user-group': ['User.Group', 'The user has not joined the group.'],
  'user-policy': ['User.Policy', 'The indicate policy of the user does not exist.'],
  'group-policy': ['Group.Policy', 'The indicate policy attached to the group does not exist.'],
  'role-policy': ['Role.Policy', 'The indicate policy attached to the role does not exist.'],
  'account-alias': ['AccountAlias', 'The account alias does not exist.'],
  organization: ['ResourceDirectory', 'The resource directory does not exist.'],
  folder: ['Folder', 'The folder does not exist.'],
  account: ['Account', 'The account does not exist.'],
  'organization-policy': ['ControlPolicy', 'The control policy does not exist.'],
  'target-policy': ['ControlPolicyAttachment', 'The control policy is not attached to the target.'],
}

const DIRECTORY: ReadonlySet<IdentityEntity> = new Set([
  'organization',
  'folder',
  'account',
  'organization-policy',
  'target-policy',
])

const EXISTS: Readonly<Partial<Record<IdentityEntity, string>>> = {
  'user-group': 'The user has already joined the group.',
  'user-policy': 'The user has already been attached this policy.',
  'group-policy': 'The group has already been attached this policy.',
  'role-policy': 'The role has already been attached this policy.',
}

const HOLDS: Readonly<Record<IdentityHold, string>> = {
  'access-key': 'AccessKey',
  account: 'Account',
  'default-version': 'Default',
  folder: 'SubFolder',
  group: 'Group',
  'login-profile': 'LoginProfile',
  policy: 'Policy',
  role: 'Role',
  target: 'Target',
  user: 'User',
  version: 'Version',
}

export const IDENTITY_ROWS = {
  IdentityNotFound: ({ entity }: ProblemOf<'IdentityNotFound'>): ErrorAnswer => {
    const [name, message] = ENTITIES[entity]
    // RAM writes it without an s, the resource directory with one.
    const code = `${DIRECTORY.has(entity) ? 'EntityNotExists' : 'EntityNotExist'}.${name}`
    return { status: 404, code, message }
  },
  IdentityExists: ({ entity }: ProblemOf<'IdentityExists'>): ErrorAnswer => {
    const [name] = ENTITIES[entity]
    const message = EXISTS[entity] ?? `The ${name.toLowerCase()} does already EXIST.`
    return { status: 409, code: `EntityAlreadyExists.${name}`, message }
  },
  IdentityInUse: ({ entity, holds }: ProblemOf<'IdentityInUse'>): ErrorAnswer => {
    const [name] = ENTITIES[entity]
    if (entity === 'target-policy')
      return {
        status: 400,
        code: 'NotSupport.DetachLastControlPolicy',
        message: 'The last control policy cannot be detached.',
      }
    return {
      status: 409,
      code: `DeleteConflict.${name}.${HOLDS[holds]}`,
      message: `The ${name.toLowerCase()} cannot be deleted: detach or delete its ${HOLDS[holds].toLowerCase()} first.`,
    }
  },
  IdentityQuota: ({ entity, limit }: ProblemOf<'IdentityQuota'>): ErrorAnswer => {
    const [name] = ENTITIES[entity]
    return {
      status: 409,
      code: `LimitExceeded.${name}`,
      message: `The count of the ${name.toLowerCase()} beyond the current limits: ${limit}.`,
    }
  },
  ServiceRoleLocked: (): ErrorAnswer => ({
    status: 403,
    code: 'NoPermission.Role.ServiceLinked',
    message: 'The role belongs to a service and cannot be changed by its account.',
  }),
} as const
