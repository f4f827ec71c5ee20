import { action } from '../build.ts'
import type { AccessLevel, ActionInfo } from '../types.ts'

/** A row: action without `iam:`, level, description, type of its resource, operations. Sources: reference huawei-iam D.8. */
type Row = readonly [
  name: string,
  access: AccessLevel,
  description: string,
  type: 'agency' | 'group' | 'policy' | 'user' | 'either' | 'none',
  operations: string,
  conditionKeys?: readonly string[],
]

const ROOT = ['iam:ResourceIsRootUser']
const POLICY = ['iam:PolicyURN']
const SERVICE = ['iam:ServicePrincipal']

const rows: readonly Row[] = [
  ['users:createUserV5', 'Write', 'Make a user.', 'user', 'CreateUserV5'],
  ['users:listUsersV5', 'List', 'List users.', 'user', 'ListUsersV5'],
  ['users:getUserV5', 'Read', 'Show a user.', 'user', 'ShowUserV5'],
  ['users:updateUserV5', 'Write', 'Change a user, also its name.', 'user', 'UpdateUserV5'],
  ['users:deleteUserV5', 'Write', 'Delete a user.', 'user', 'DeleteUserV5'],
  ['users:showUserLastLoginV5', 'Read', 'Tell when a user last signed in.', 'user', 'ShowUserLastLoginV5'],
  [
    'users:createLoginProfileV5',
    'Write',
    'Say that a user may sign in to a console.',
    'user',
    'CreateLoginProfileV5',
  ],
  [
    'users:showLoginProfileV5',
    'Read',
    'Show how a user may sign in to a console.',
    'user',
    'ShowLoginProfileV5',
  ],
  [
    'users:updateLoginProfileV5',
    'Write',
    'Change how a user may sign in to a console.',
    'user',
    'UpdateLoginProfileV5',
  ],
  [
    'users:deleteLoginProfileV5',
    'Write',
    'Say that a user may not sign in to a console any more.',
    'user',
    'DeleteLoginProfileV5',
  ],
  [
    'credentials:createCredentialV5',
    'Write',
    'Make an access key; its secret is shown once.',
    'user',
    'CreateAccessKeyV5',
  ],
  ['credentials:listCredentialsV5', 'List', 'List access keys.', 'user', 'ListAccessKeysV5'],
  ['credentials:updateCredentialV5', 'Write', 'Switch an access key off or on.', 'user', 'UpdateAccessKeyV5'],
  ['credentials:deleteCredentialV5', 'Write', 'Delete an access key.', 'user', 'DeleteAccessKeyV5'],
  [
    'credentials:showAccessKeyLastUsedV5',
    'Read',
    'Tell when an access key was last used.',
    'user',
    'ShowAccessKeyLastUsedV5',
  ],
  ['groups:createGroupV5', 'Write', 'Make a group of users.', 'group', 'CreateGroupV5'],
  ['groups:listGroupsV5', 'List', 'List groups.', 'group', 'ListGroupsV5'],
  ['groups:getGroupV5', 'Read', 'Show a group.', 'group', 'ShowGroupV5'],
  ['groups:updateGroupV5', 'Write', 'Change a group, also its name.', 'group', 'UpdateGroupV5'],
  ['groups:deleteGroupV5', 'Write', 'Delete a group.', 'group', 'DeleteGroupV5'],
  ['permissions:addUserToGroupV5', 'Write', 'Put a user into a group.', 'group', 'AddUserToGroupV5'],
  [
    'permissions:removeUserFromGroupV5',
    'Write',
    'Take a user out of a group.',
    'group',
    'RemoveUserFromGroupV5',
  ],
  ['policies:createV5', 'Permissions', 'Make a policy.', 'policy', 'CreatePolicyV5'],
  ['policies:listV5', 'List', 'List policies.', 'policy', 'ListPoliciesV5'],
  ['policies:getV5', 'Read', 'Show a policy.', 'policy', 'GetPolicyV5'],
  ['policies:deleteV5', 'Permissions', 'Delete a policy with all its versions.', 'policy', 'DeletePolicyV5'],
  [
    'policies:createVersionV5',
    'Permissions',
    'Add a version to a policy, and perhaps make it the one that decides.',
    'policy',
    'CreatePolicyVersionV5',
  ],
  ['policies:listVersionsV5', 'List', 'List the versions of a policy.', 'policy', 'ListPolicyVersionsV5'],
  ['policies:getVersionV5', 'Read', 'Show a version of a policy.', 'policy', 'GetPolicyVersionV5'],
  [
    'policies:deleteVersionV5',
    'Permissions',
    'Delete a version of a policy that does not decide.',
    'policy',
    'DeletePolicyVersionV5',
  ],
  [
    'policies:setDefaultVersionV5',
    'Permissions',
    'Make a version of a policy the one that decides.',
    'policy',
    'SetDefaultPolicyVersionV5',
  ],
  [
    'policies:listEntitiesV5',
    'List',
    'List what a policy is attached to.',
    'policy',
    'ListEntitiesForPolicyV5',
  ],
  ['users:attachPolicyV5', 'Permissions', 'Attach a policy to a user.', 'user', 'AttachUserPolicyV5', POLICY],
  [
    'users:detachPolicyV5',
    'Permissions',
    'Detach a policy from a user.',
    'user',
    'DetachUserPolicyV5',
    POLICY,
  ],
  [
    'users:listAttachedPoliciesV5',
    'List',
    'List the policies of a user.',
    'user',
    'ListAttachedUserPoliciesV5',
  ],
  [
    'groups:attachPolicyV5',
    'Permissions',
    'Attach a policy to a group.',
    'group',
    'AttachGroupPolicyV5',
    POLICY,
  ],
  [
    'groups:detachPolicyV5',
    'Permissions',
    'Detach a policy from a group.',
    'group',
    'DetachGroupPolicyV5',
    POLICY,
  ],
  [
    'groups:listAttachedPoliciesV5',
    'List',
    'List the policies of a group.',
    'group',
    'ListAttachedGroupPoliciesV5',
  ],
  [
    'agencies:attachPolicyV5',
    'Permissions',
    'Attach a policy to an agency.',
    'agency',
    'AttachAgencyPolicyV5',
    POLICY,
  ],
  [
    'agencies:detachPolicyV5',
    'Permissions',
    'Detach a policy from an agency.',
    'agency',
    'DetachAgencyPolicyV5',
    POLICY,
  ],
  [
    'agencies:listAttachedPoliciesV5',
    'List',
    'List the policies of an agency.',
    'agency',
    'ListAttachedAgencyPoliciesV5',
  ],
  ['agencies:createV5', 'Write', 'Make an agency and say who may assume it.', 'agency', 'CreateAgencyV5'],
  ['agencies:listV5', 'List', 'List agencies.', 'agency', 'ListAgenciesV5'],
  ['agencies:getV5', 'Read', 'Show an agency.', 'agency', 'GetAgencyV5'],
  ['agencies:updateV5', 'Write', 'Change an agency.', 'agency', 'UpdateAgencyV5'],
  ['agencies:deleteV5', 'Write', 'Delete an agency; its sessions end.', 'agency', 'DeleteAgencyV5'],
  [
    'agencies:updateTrustPolicyV5',
    'Write',
    'Change who may assume an agency.',
    'agency',
    'UpdateTrustPolicyV5',
  ],
  [
    'agencies:createServiceLinkedAgencyV5',
    'Write',
    'Make the agency of a service.',
    'agency',
    'CreateServiceLinkedAgencyV5',
    SERVICE,
  ],
  [
    'agencies:deleteServiceLinkedAgencyV5',
    'Write',
    'Delete the agency of a service.',
    'agency',
    'DeleteServiceLinkedAgencyV5',
    SERVICE,
  ],
  [
    'agencies:getServiceLinkedAgencyDeletionStatusV5',
    'Read',
    'Tell how the deletion of the agency of a service goes.',
    'agency',
    'GetServiceLinkedAgencyDeletionStatusV5',
  ],
  [':tagForResourceV5', 'Tagging', 'Set tags of a user or an agency.', 'either', 'TagResourceV5'],
  [':untagForResourceV5', 'Tagging', 'Take tags off a user or an agency.', 'either', 'DeleteResourceTagsV5'],
  [':listTagsForResourceV5', 'List', 'List the tags of a user or an agency.', 'either', 'ListResourceTagsV5'],
  [
    ':getAccountSummaryV5',
    'List',
    'Count the identities of the account, and tell its quotas.',
    'none',
    'GetAccountSummaryV5',
  ],
]

/** Actions of the V5 API: those of the older one grant nothing here. */
export const iamActions: readonly ActionInfo[] = [
  ...rows.map(([name, access, description, type, operation, keys = []]) =>
    action(`iam:${name}`, access, description, {
      resources:
        type === 'none'
          ? []
          : type === 'either'
            ? [
                { type: 'user', required: false },
                { type: 'agency', required: false },
              ]
            : [{ type, required: true }],
      conditionKeys: type === 'user' || type === 'either' ? [...ROOT, ...keys] : keys,
      operations: [operation],
    }),
  ),
  // No call of this service hands an agency over, so nothing checks it.
  action('iam:agencies:pass', 'Permissions', 'Hand an agency to a service.', {
    resources: [{ type: 'agency', required: true }],
  }),
]
