import type { ProblemOf } from '../../base/problem.ts'
import type { IdentityEntity, IdentityHold, OrganizationReason } from '../../identity/problems.ts'
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
  'saml-provider': ['SAMLProvider', 'The SAML provider does not exist.'],
  'oidc-provider': ['OIDCProvider', 'The OIDC provider does not exist.'],
  'access-key-policy': ['AccessKeyPolicy', 'The access key policy does not exist.'],
  'user-group': ['User.Group', 'The user has not joined the group.'],
  'user-policy': ['User.Policy', 'The indicate policy of the user does not exist.'],
  'group-policy': ['Group.Policy', 'The indicate policy attached to the group does not exist.'],
  'role-policy': ['Role.Policy', 'The indicate policy attached to the role does not exist.'],
  'account-alias': ['AccountAlias', 'The account alias does not exist.'],
  organization: ['ResourceDirectory', 'The resource directory does not exist.'],
  'organization-of-account': ['ResourceDirectory', 'The resource directory is not in use.'],
  folder: ['Folder', 'The folder does not exist.'],
  account: ['Account', 'The account does not exist.'],
  'organization-policy': ['ControlPolicy', 'The control policy does not exist.'],
  'target-policy': ['ControlPolicyAttachment', 'The control policy is not attached to the target.'],
  'folder-level': ['Folder', 'The folder does not exist.'],
  target: ['Target', 'The target does not exist.'],
  handshake: ['Handshake', 'The handshake does not exist.'],
  member: ['ResourceDir.Account', 'The account is not in the resource directory.'],
  'delegated-administrator': ['DelegatedAdministrator', 'The account is no delegated administrator.'],
  service: ['Service', 'The service does not exist.'],
}

const DIRECTORY: ReadonlySet<IdentityEntity> = new Set([
  'organization',
  'folder',
  'account',
  'organization-policy',
  'target-policy',
  'folder-level',
  'target',
  'handshake',
  'member',
  'delegated-administrator',
])

/** Where the resource directory has a code and a text of its own for a name that is taken, or a limit that is reached. */
const TAKEN: Readonly<Partial<Record<IdentityEntity, ErrorAnswer>>> = {
  folder: {
    status: 400,
    code: 'InvalidParameter.Folder.Name.AlreadyUsed',
    message: 'The folder name is already used below its parent.',
  },
  account: {
    status: 409,
    code: 'InvalidParameter.Account.DisplayName.AlreadyUsed',
    message: 'The display name is already used by another account.',
  },
}
const REACHED: Readonly<Partial<Record<IdentityEntity, string>>> = {
  folder: 'QuotaExceeded.Folder.Count',
  'folder-level': 'LimitExceeded.Folder.Depth',
  'target-policy': 'LimitExceeded.ControlPolicy.Attachment',
  handshake: 'LimitExceeded.InvitationRate',
  'delegated-administrator': 'DelegatedAccountNumberExceeded',
}

const REJECTIONS: Readonly<
  Record<OrganizationReason, readonly [status: number, code: string, message: string]>
> = {
  blocked: [409, 'SpBlock.DeleteAccount', 'The member cannot be deleted.'],
  closed: [409, 'AccountNotExist.DeleteAccount', 'The account is deleted already.'],
  delegate: [
    409,
    'RemoveConfilctAccountAsDelegatedAdministator',
    'The account is a delegated administrator: deregister it first.',
  ],
  'deletion-off': [
    409,
    'ForbidDelete.Account',
    'The deletion of members is not enabled: call SetMemberDeletionPermission.',
  ],
  'not-checked': [409, 'EntityNotExists.CheckAccount', 'No deletion or check of the account was asked for.'],
  'not-created': [
    409,
    'MemberTypeError.DeleteAccount',
    'Only a member that was created in the resource directory can be deleted.',
  ],
  'built-in': [404, 'EntityNotExists.ControlPolicy', 'The control policy does not exist.'],
  delegated: [409, 'AccountAlreadyRegistered', 'The account is registered already.'],
  'handshake-state': [
    409,
    'HandshakeStatusMismatch',
    'The status of the handshake does not allow the operation.',
  ],
  'management-delegated': [
    409,
    'CannotRegisterMasterAsDelegatedAdministrator',
    'The management account cannot be a delegated administrator.',
  ],
  'member-kind': [
    409,
    'AccountTypeOrStatusMismatch',
    'The type or status of the account does not allow the operation.',
  ],
  'not-delegated': [409, 'AccountNotRegistered', 'The account is not registered.'],
  'nothing-new': [409, 'MissingDisplayNameOrAccountType', 'A new display name or account type is needed.'],
  'other-kind': [409, 'AccountTypeMismatch', 'The type of the account cannot be changed.'],
  'other-parent': [409, 'AccountTypeOrStatusMismatch', 'The account is not in the folder.'],
  placed: [409, 'AccountTypeOrStatusMismatch', 'The account was placed by the operator of the service.'],
  'service-off': [409, 'InvalidParameter.ServicePrincipal', 'The service is not trusted.'],
  'type-disabled': [409, 'InvalidControlPolicyEnablementStatus', 'Control policies are not enabled.'],
}

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

const UNDECODABLE: Readonly<Record<ProblemOf<'UndecodableMessage'>['reason'], ErrorAnswer>> = {
  garbage: {
    status: 400,
    code: 'NotSupport',
    message: 'The specified EncodedDiagnosticMessage is not supported.',
  },
  expired: {
    status: 400,
    code: 'EncodedMessageExpire',
    message: 'The EncodedDiagnosticMessage has expired.',
  },
  // Another account's message and one that was never made are alike.
  foreign: { status: 404, code: 'EntityNotExist', message: 'The EncodedDiagnosticMessage does not exist.' },
}

export const IDENTITY_ROWS = {
  IdentityNotFound: ({ entity }: ProblemOf<'IdentityNotFound'>): ErrorAnswer => {
    const [name, message] = ENTITIES[entity]
    if (entity === 'organization-of-account')
      return { status: 404, code: 'ResourceDirectoryNotInUse', message }
    // RAM writes it without an s, the resource directory with one.
    const code = `${DIRECTORY.has(entity) ? 'EntityNotExists' : 'EntityNotExist'}.${name}`
    return { status: 404, code, message }
  },
  IdentityExists: ({ entity }: ProblemOf<'IdentityExists'>): ErrorAnswer => {
    const taken = TAKEN[entity]
    if (taken) return taken
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
      code: REACHED[entity] ?? `LimitExceeded.${name}`,
      message: `The count of the ${name.toLowerCase()} beyond the current limits: ${limit}.`,
    }
  },
  OrganizationRejects: ({ reason, detail }: ProblemOf<'OrganizationRejects'>): ErrorAnswer => {
    const [status, code, message] = REJECTIONS[reason]
    return { status, code, message: detail === undefined ? message : `${message} ${detail}` }
  },
  UndecodableMessage: ({ reason }: ProblemOf<'UndecodableMessage'>): ErrorAnswer => UNDECODABLE[reason],
  ServiceRoleLocked: (): ErrorAnswer => ({
    status: 403,
    code: 'NoPermission.Role.ServiceLinked',
    message: 'The role belongs to a service and cannot be changed by its account.',
  }),
} as const
