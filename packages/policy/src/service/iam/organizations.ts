import { action, conditionKey } from '../build.ts'
import type { ActionInfo, ServiceInfo } from '../types.ts'

/** The organization, its accounts and its policies (reference: huawei-iam D.8). */
const actions: readonly ActionInfo[] = [
  action('organizations:organizations:create', 'Write', 'Make the organization.', {
    operations: ['POST /v1/organizations'],
  }),
  action('organizations:organizations:get', 'Read', 'Show the organization.', {
    operations: ['GET /v1/organizations'],
  }),
  action('organizations:organizations:delete', 'Write', 'Delete the organization.', {
    operations: ['DELETE /v1/organizations'],
  }),
  action('organizations:organizations:leave', 'Write', 'Leave the organization.', {
    operations: ['POST /v1/organizations/leave'],
  }),
  action('organizations:roots:list', 'List', 'Show the root.', {
    operations: ['GET /v1/organizations/roots'],
  }),
  action('organizations:policies:enable', 'Write', 'Switch a kind of policy on.', {
    resources: [{ type: 'root', required: true }],
    operations: ['POST /v1/organizations/policies/enable'],
  }),
  action('organizations:policies:disable', 'Write', 'Switch a kind of policy off.', {
    resources: [{ type: 'root', required: true }],
    operations: ['POST /v1/organizations/policies/disable'],
  }),
  action('organizations:ous:create', 'Write', 'Make an organizational unit.', {
    resources: [
      { type: 'ou', required: false },
      { type: 'root', required: false },
    ],
    operations: ['POST /v1/organizations/organizational-units'],
  }),
  action('organizations:ous:list', 'List', 'List organizational units.', {
    operations: ['GET /v1/organizations/organizational-units'],
  }),
  action('organizations:ous:get', 'Read', 'Show an organizational unit.', {
    resources: [{ type: 'ou', required: true }],
    operations: ['GET /v1/organizations/organizational-units/{organizational_unit_id}'],
  }),
  action('organizations:ous:update', 'Write', 'Rename an organizational unit.', {
    resources: [{ type: 'ou', required: true }],
    operations: ['PATCH /v1/organizations/organizational-units/{organizational_unit_id}'],
  }),
  action('organizations:ous:delete', 'Write', 'Delete an organizational unit.', {
    resources: [{ type: 'ou', required: true }],
    operations: ['DELETE /v1/organizations/organizational-units/{organizational_unit_id}'],
  }),
  action('organizations:accounts:create', 'Write', 'Make an account as a member.', {
    operations: ['POST /v1/organizations/accounts', 'POST /v2/organizations/accounts'],
  }),
  action('organizations:accounts:list', 'List', 'List accounts.', {
    operations: ['GET /v1/organizations/accounts'],
  }),
  action('organizations:createAccountStatuses:list', 'List', 'List how the making of accounts went.', {
    operations: ['GET /v1/organizations/create-account-status'],
  }),
  action('organizations:createAccountStatuses:get', 'Read', 'Tell how the making of an account went.', {
    operations: ['GET /v1/organizations/create-account-status/{create_account_status_id}'],
  }),
  action('organizations:accounts:get', 'Read', 'Show an account.', {
    resources: [{ type: 'account', required: true }],
    operations: ['GET /v1/organizations/accounts/{account_id}'],
  }),
  action('organizations:accounts:update', 'Write', 'Change what is said of an account.', {
    resources: [{ type: 'account', required: true }],
    operations: ['PATCH /v1/organizations/accounts/{account_id}'],
  }),
  action('organizations:accounts:move', 'Write', 'Move an account to another unit.', {
    resources: [{ type: 'account', required: true }],
    operations: ['POST /v1/organizations/accounts/{account_id}/move'],
  }),
  action('organizations:accounts:remove', 'Write', 'Take an account out of the organization.', {
    resources: [{ type: 'account', required: true }],
    operations: ['POST /v1/organizations/accounts/{account_id}/remove'],
  }),
  action('organizations:accounts:close', 'Write', 'Close an account that was made in the organization.', {
    resources: [{ type: 'account', required: true }],
    operations: ['POST /v1/organizations/accounts/{account_id}/close'],
  }),
  action('organizations:closeAccountStatuses:list', 'List', 'List the accounts that were closed.', {
    operations: ['GET /v1/organizations/close-account-status'],
  }),
  action('organizations:accounts:invite', 'Write', 'Invite an account.', {
    operations: ['POST /v1/organizations/accounts/invite'],
  }),
  action('organizations:handshakes:get', 'Read', 'Show an invitation.', {
    resources: [{ type: 'handshake', required: true }],
    operations: ['GET /v1/organizations/handshakes/{handshake_id}'],
  }),
  action('organizations:handshakes:cancel', 'Write', 'Take back an invitation.', {
    resources: [{ type: 'handshake', required: true }],
    operations: ['POST /v1/organizations/handshakes/{handshake_id}/cancel'],
  }),
  action('organizations:handshakes:accept', 'Write', 'Accept an invitation.', {
    resources: [{ type: 'handshake', required: true }],
    operations: ['POST /v1/received-handshakes/{handshake_id}/accept'],
  }),
  action('organizations:handshakes:decline', 'Write', 'Decline an invitation.', {
    resources: [{ type: 'handshake', required: true }],
    operations: ['POST /v1/received-handshakes/{handshake_id}/decline'],
  }),
  action('organizations:handshakes:list', 'List', 'List invitations.', {
    operations: ['GET /v1/organizations/handshakes'],
  }),
  action('organizations:receivedHandshakes:list', 'List', 'List the invitations of the account.', {
    operations: ['GET /v1/received-handshakes'],
  }),
  action('organizations:policies:create', 'Write', 'Make a service control policy.', {
    operations: ['POST /v1/organizations/policies'],
  }),
  action('organizations:policies:get', 'Read', 'Show a service control policy.', {
    resources: [{ type: 'policy', required: true }],
    operations: ['GET /v1/organizations/policies/{policy_id}'],
  }),
  action('organizations:policies:update', 'Write', 'Change a service control policy.', {
    resources: [{ type: 'policy', required: true }],
    operations: ['PATCH /v1/organizations/policies/{policy_id}'],
  }),
  action('organizations:policies:delete', 'Write', 'Delete a service control policy.', {
    resources: [{ type: 'policy', required: true }],
    operations: ['DELETE /v1/organizations/policies/{policy_id}'],
  }),
  action('organizations:policies:list', 'List', 'List service control policies.', {
    operations: ['GET /v1/organizations/policies'],
  }),
  action('organizations:policies:attach', 'Write', 'Attach a service control policy.', {
    resources: [
      { type: 'policy', required: true },
      { type: 'account', required: false },
      { type: 'ou', required: false },
      { type: 'root', required: false },
    ],
    operations: ['POST /v1/organizations/policies/{policy_id}/attach'],
  }),
  action('organizations:policies:detach', 'Write', 'Detach a service control policy.', {
    resources: [
      { type: 'policy', required: true },
      { type: 'account', required: false },
      { type: 'ou', required: false },
      { type: 'root', required: false },
    ],
    operations: ['POST /v1/organizations/policies/{policy_id}/detach'],
  }),
  action('organizations:attachedEntities:list', 'List', 'List what a policy is attached to.', {
    resources: [{ type: 'policy', required: true }],
    operations: ['GET /v1/organizations/policies/{policy_id}/attached-entities'],
  }),
  action('organizations:entities:list', 'List', 'List entities, or the parent of one.', {
    operations: ['GET /v1/organizations/entities'],
  }),
  action('organizations:effectivePolicies:get', 'Read', 'Show the policy in force for an entity.', {
    operations: ['GET /v1/organizations/entities/effective-policies'],
  }),
  action('organizations:quotas:list', 'List', 'List limits.', {
    operations: ['GET /v1/organizations/quotas'],
  }),
  action(
    'organizations:delegatedAdministrators:register',
    'Write',
    'Make an account a delegated administrator.',
    {
      resources: [{ type: 'account', required: true }],
      conditionKeys: ['organizations:ServicePrincipal'],
      operations: ['POST /v1/organizations/delegated-administrators/register'],
    },
  ),
  action(
    'organizations:delegatedAdministrators:deregister',
    'Write',
    'Make an account a delegated administrator no more.',
    {
      resources: [{ type: 'account', required: true }],
      conditionKeys: ['organizations:ServicePrincipal'],
      operations: ['POST /v1/organizations/delegated-administrators/deregister'],
    },
  ),
  action('organizations:delegatedAdministrators:list', 'List', 'List delegated administrators.', {
    operations: ['GET /v1/organizations/delegated-administrators'],
  }),
  action('organizations:delegatedServices:list', 'List', 'List the services that an account administers.', {
    resources: [{ type: 'account', required: true }],
    operations: ['GET /v1/organizations/accounts/{account_id}/delegated-services'],
  }),
  action('organizations:trustedServices:enable', 'Write', 'Trust a service.', {
    conditionKeys: ['organizations:ServicePrincipal'],
    operations: ['POST /v1/organizations/trusted-services/enable'],
  }),
  action('organizations:trustedServices:disable', 'Write', 'Trust a service no more.', {
    conditionKeys: ['organizations:ServicePrincipal'],
    operations: ['POST /v1/organizations/trusted-services/disable'],
  }),
  action('organizations:trustedServices:list', 'List', 'List trusted services.', {
    operations: ['GET /v1/organizations/trusted-services'],
  }),
  action('organizations:resources:tag', 'Write', 'Set tags.', {
    resources: [
      { type: 'account', required: false },
      { type: 'ou', required: false },
      { type: 'root', required: false },
      { type: 'policy', required: false },
    ],
    operations: [
      'POST /v1/organizations/{resource_type}/{resource_id}/tags/create',
      'POST /v1/organizations/resources/{resource_id}/tag',
    ],
  }),
  action('organizations:resources:untag', 'Write', 'Take tags off.', {
    resources: [
      { type: 'account', required: false },
      { type: 'ou', required: false },
      { type: 'root', required: false },
      { type: 'policy', required: false },
    ],
    operations: [
      'POST /v1/organizations/{resource_type}/{resource_id}/tags/delete',
      'POST /v1/organizations/resources/{resource_id}/untag',
    ],
  }),
  action('organizations:resources:list', 'List', 'List what is tagged, and the tags of a type.', {
    operations: [
      'GET /v1/organizations/{resource_type}/tags',
      'POST /v1/organizations/{resource_type}/resource-instances/filter',
      'POST /v1/organizations/{resource_type}/resource-instances/count',
    ],
  }),
  action('organizations:tags:list', 'List', 'List tags.', {
    resources: [
      { type: 'account', required: false },
      { type: 'ou', required: false },
      { type: 'root', required: false },
      { type: 'policy', required: false },
    ],
    operations: [
      'GET /v1/organizations/{resource_type}/{resource_id}/tags',
      'GET /v1/organizations/resources/{resource_id}/tags',
    ],
  }),
]

/** Organizations, as far as service control policies and their accounts need it. */
export const organizations: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'organizations',
  title: 'Organizations',
  actions,
  resourceTypes: ['root', 'ou', 'account', 'policy', 'handshake'].map((name) => ({
    name,
    template: `organizations::{managementAccount}:${name}:{organizationId}/{${name}Id}`,
  })),
  conditionKeys: [
    conditionKey('organizations:ServicePrincipal', 'string', 'Service that is trusted or delegated to.', {
      everyCall: true,
      holds: 'word',
    }),
  ],
  missing: 'actions',
})
