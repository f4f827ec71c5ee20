import { action } from '../build.ts'
import type { AccessLevel, ActionInfo } from '../types.ts'

/** An action of RAM has the name of its call (reference: alibaba-ram.md A.6). */
function of(
  name: string,
  access: AccessLevel,
  description: string,
  types: readonly string[],
  eitherOne = false,
): ActionInfo {
  return action(`ram:${name}`, access, description, {
    resources: types.map((type) => ({ type, required: !eitherOne })),
    conditionKeys: ['ram:ServiceName'],
    operations: [name],
  })
}

/** Users, groups, roles, access keys and login profiles. */
export const ramIdentityActions: readonly ActionInfo[] = [
  of('ListUsers', 'List', 'List users by name.', ['user']),
  of('CreateUser', 'Write', 'Make a user.', ['user']),
  of('CreateGroup', 'Write', 'Make a group of users.', ['group']),
  of('ListGroups', 'List', 'List groups by name.', ['group']),
  of('ListRoles', 'List', 'List roles by name.', ['role']),
  of('CreateRole', 'Write', 'Make a role and say who may assume it.', ['role']),
  of('GetUser', 'Read', 'Show a user.', ['user']),
  of('DeleteUser', 'Write', 'Delete a user that nothing hangs on any more.', ['user']),
  of('CreateLoginProfile', 'Write', 'Say that a user may sign in to a console.', ['user']),
  of('UpdateUser', 'Write', 'Change a user, also its name.', ['user']),
  of('UpdateGroup', 'Write', 'Change a group, also its name.', ['group']),
  of('GetLoginProfile', 'Read', 'Show whether and how a user may sign in to a console.', ['user']),
  of('UpdateLoginProfile', 'Write', 'Change how a user may sign in to a console.', ['user']),
  of('DeleteLoginProfile', 'Write', 'Say that a user may not sign in to a console any more.', ['user']),
  of('ListGroupsForUser', 'List', 'List the groups that a user is in.', ['user']),
  of('GetUserMFAInfo', 'Read', 'Tell that a user has no MFA device.', ['user']),
  of('UnbindMFADevice', 'Write', 'Tell that a user has no MFA device to take away.', ['user']),
  of('CreateAccessKey', 'Write', 'Make an access key; its secret is shown once.', ['user']),
  of('UpdateAccessKey', 'Write', 'Switch an access key off or on.', ['user']),
  of('DeleteAccessKey', 'Write', 'Delete an access key.', ['user']),
  of('ListAccessKeys', 'List', 'List access keys without their secrets.', ['user']),
  of('GetAccessKeyLastUsed', 'Read', 'Tell when an access key was last used.', ['user']),
  of('GetGroup', 'Read', 'Show a group.', ['group']),
  of('DeleteGroup', 'Write', 'Delete a group that nobody is in and nothing is attached to.', ['group']),
  of('ListUsersForGroup', 'List', 'List the users in a group by name.', ['group']),
  of('AddUserToGroup', 'Write', 'Put a user into a group.', ['user', 'group']),
  of('RemoveUserFromGroup', 'Write', 'Take a user out of a group.', ['user', 'group']),
  of('GetRole', 'Read', 'Show a role.', ['role']),
  of('UpdateRole', 'Write', 'Change a role, also who may assume it.', ['role']),
  of('DeleteRole', 'Write', 'Delete a role that nothing is attached to; its sessions end.', ['role']),
  of('UntagResources', 'Write', 'Take tags off roles or policies.', ['role', 'policy'], true),
]

/** Policies, what they are attached to, tags and the account itself. */
export const ramPolicyActions: readonly ActionInfo[] = [
  of('ListPolicies', 'List', 'List policies, of the account and built-in ones.', ['policy']),
  of('CreatePolicy', 'Write', 'Make a policy.', ['policy']),
  of('GetPolicy', 'Read', 'Show a policy and the document that decides.', ['policy']),
  of('ListPolicyVersions', 'List', 'List the versions of a policy.', ['policy']),
  of('GetPolicyVersion', 'Read', 'Show a version of a policy.', ['policy']),
  of('DeletePolicy', 'Write', 'Delete a policy that is attached to nothing.', ['policy']),
  of('UpdatePolicyDescription', 'Write', 'Change what is said of a policy.', ['policy']),
  of('CreatePolicyVersion', 'Write', 'Add a version to a policy, and perhaps make it the one that decides.', [
    'policy',
  ]),
  of('SetDefaultPolicyVersion', 'Write', 'Make a version of a policy the one that decides.', ['policy']),
  of('ListEntitiesForPolicy', 'List', 'List what a policy is attached to.', ['policy']),
  of('DeletePolicyVersion', 'Write', 'Delete a version of a policy that does not decide.', ['policy']),
  of('AttachPolicyToUser', 'Write', 'Attach a policy to a user.', ['user', 'policy']),
  of('DetachPolicyFromUser', 'Write', 'Detach a policy from a user.', ['user', 'policy']),
  of('ListPoliciesForUser', 'List', 'List the policies that are attached to a user.', ['user']),
  of('AttachPolicyToGroup', 'Write', 'Attach a policy to a group.', ['group', 'policy']),
  of('DetachPolicyFromGroup', 'Write', 'Detach a policy from a group.', ['group', 'policy']),
  of('ListPoliciesForGroup', 'List', 'List the policies that are attached to a group.', ['group']),
  of('AttachPolicyToRole', 'Write', 'Attach a policy to a role.', ['role', 'policy']),
  of('DetachPolicyFromRole', 'Write', 'Detach a policy from a role.', ['role', 'policy']),
  of('ListPoliciesForRole', 'List', 'List the policies that are attached to a role.', ['role']),
  of('TagResources', 'Write', 'Set tags of roles or policies.', ['role', 'policy'], true),
  of('ListTagResources', 'List', 'List tags of roles or policies.', ['role', 'policy'], true),
  of('SetAccountAlias', 'Write', 'Give the account another name.', []),
  of('GetAccountAlias', 'Read', 'Show the other name of the account; its uid where it has none.', []),
  of('ClearAccountAlias', 'Write', 'Take the other name from the account.', []),
  of('GetPasswordPolicy', 'Read', 'Show what the account says of passwords.', []),
  of('SetPasswordPolicy', 'Write', 'Say something of passwords.', []),
  of('GetSecurityPreference', 'Read', 'Show what the account says of sign-in.', []),
  of('SetSecurityPreference', 'Write', 'Say something of sign-in.', []),
  of('DecodeDiagnosticMessage', 'Read', 'Show why a call was refused.', []),
]

/** Calls about entities that there are none of. */
export const ramAbsentActions: readonly ActionInfo[] = [
  of('ListVirtualMFADevices', 'List', 'List MFA devices; there are none.', ['mfa']),
  of('CreateVirtualMFADevice', 'Write', 'Make an MFA device; refused.', ['mfa']),
  of('DeleteVirtualMFADevice', 'Write', 'Delete an MFA device; there are none.', ['mfa']),
  of('BindMFADevice', 'Write', 'Give a user an MFA device; refused.', ['user']),
  of('DisableVirtualMFA', 'Write', 'Take a user its MFA device; there are none.', ['user']),
  of('ChangePassword', 'Write', 'Change one’s password; refused.', []),
  of('ListSAMLProviders', 'List', 'List SAML providers; there are none.', ['saml-provider']),
  of('CreateSAMLProvider', 'Write', 'Make a SAML provider; refused.', ['saml-provider']),
  of('GetSAMLProvider', 'Read', 'Show a SAML provider; there are none.', ['saml-provider']),
  of('UpdateSAMLProvider', 'Write', 'Change a SAML provider; there are none.', ['saml-provider']),
  of('DeleteSAMLProvider', 'Write', 'Delete a SAML provider; there are none.', ['saml-provider']),
  of('ListOIDCProviders', 'List', 'List OIDC providers; there are none.', ['oidc-provider']),
  of('CreateOIDCProvider', 'Write', 'Make a OIDC provider; refused.', ['oidc-provider']),
  of('GetOIDCProvider', 'Read', 'Show a OIDC provider; there are none.', ['oidc-provider']),
  of('UpdateOIDCProvider', 'Write', 'Change a OIDC provider; there are none.', ['oidc-provider']),
  of('DeleteOIDCProvider', 'Write', 'Delete a OIDC provider; there are none.', ['oidc-provider']),
  of('AddClientIdToOIDCProvider', 'Write', 'Add a client to an OIDC provider; there are none.', [
    'oidc-provider',
  ]),
  of('RemoveClientIdFromOIDCProvider', 'Write', 'Take a client from an OIDC provider; there are none.', [
    'oidc-provider',
  ]),
  of('AddFingerprintToOIDCProvider', 'Write', 'Add a fingerprint to an OIDC provider; there are none.', [
    'oidc-provider',
  ]),
  of(
    'RemoveFingerprintFromOIDCProvider',
    'Write',
    'Take a fingerprint from an OIDC provider; there are none.',
    ['oidc-provider'],
  ),
  of('SetAccessKeyPolicy', 'Write', 'Give an access key a policy of its own; refused.', ['user']),
  of('GetAccessKeyPolicy', 'Read', 'Show the policy of an access key; there are none.', ['user']),
  of('DeleteAccessKeyPolicy', 'Write', 'Delete the policy of an access key; there are none.', ['user']),
]
