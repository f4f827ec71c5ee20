import type { Operation } from '../../pipeline/operation.ts'
import type { RestBinding } from './binding.ts'
import { bindRows, type RestRow } from './rows.ts'

// IAM v5 and STS, and what clients ask of the versions before (reference: huawei-iam.md I.1, I.2). Success: a POST that makes
// something 201, a DELETE 204, all others 200: some clients take 204 of these for a failure.

const PAGE = ['limit', 'marker']
const USER = '/v5/users/{user_id}'
const GROUP = '/v5/groups/{group_id}'
const POLICY = '/v5/policies/{policy_id}'
const AGENCY = '/v5/agencies/{agency_id}'
const KEY = `${USER}/access-keys/{access_key_id}`
const VERSION = `${POLICY}/versions/{version_id}`
const TAGS = '/v5/{resource_type}/{resource_id}/tags'

const ROWS: readonly RestRow[] = [
  ['POST', '/v5/users', 'iam:CreateUser', 201],
  ['GET', '/v5/users', 'iam:ListUsers', 200, [...PAGE, 'group_id']],
  ['GET', USER, 'iam:ShowUser'],
  ['PUT', USER, 'iam:UpdateUser'],
  ['DELETE', USER, 'iam:DeleteUser', 204],
  ['GET', `${USER}/last-login`, 'iam:ShowUserLastLogin'],
  ['POST', `${USER}/login-profile`, 'iam:CreateLoginProfile', 201],
  ['GET', `${USER}/login-profile`, 'iam:ShowLoginProfile'],
  ['PUT', `${USER}/login-profile`, 'iam:UpdateLoginProfile'],
  ['DELETE', `${USER}/login-profile`, 'iam:DeleteLoginProfile', 204],
  ['POST', `${USER}/access-keys`, 'iam:CreateAccessKey', 201],
  ['GET', `${USER}/access-keys`, 'iam:ListAccessKeys', 200, PAGE],
  ['PUT', KEY, 'iam:UpdateAccessKey'],
  ['DELETE', KEY, 'iam:DeleteAccessKey', 204],
  ['GET', `${KEY}/last-used`, 'iam:ShowAccessKeyLastUsed'],
  ['GET', `${USER}/attached-policies`, 'iam:ListAttachedUserPolicies', 200, PAGE],
  ['POST', '/v5/groups', 'iam:CreateGroup', 201],
  ['GET', '/v5/groups', 'iam:ListGroups', 200, [...PAGE, 'user_id']],
  ['GET', GROUP, 'iam:ShowGroup'],
  ['PUT', GROUP, 'iam:UpdateGroup'],
  ['DELETE', GROUP, 'iam:DeleteGroup', 204],
  ['POST', `${GROUP}/add-user`, 'iam:AddUserToGroup'],
  ['POST', `${GROUP}/remove-user`, 'iam:RemoveUserFromGroup'],
  ['GET', `${GROUP}/attached-policies`, 'iam:ListAttachedGroupPolicies', 200, PAGE],
  ['POST', '/v5/policies', 'iam:CreatePolicy', 201],
  ['GET', '/v5/policies', 'iam:ListPolicies', 200, [...PAGE, 'policy_type', 'path_prefix', 'only_attached']],
  ['GET', POLICY, 'iam:GetPolicy'],
  ['DELETE', POLICY, 'iam:DeletePolicy', 204],
  ['POST', `${POLICY}/versions`, 'iam:CreatePolicyVersion', 201],
  ['GET', `${POLICY}/versions`, 'iam:ListPolicyVersions', 200, PAGE],
  ['GET', VERSION, 'iam:GetPolicyVersion'],
  ['DELETE', VERSION, 'iam:DeletePolicyVersion', 204],
  ['POST', `${VERSION}/set-default`, 'iam:SetDefaultPolicyVersion'],
  ...(['User', 'Group', 'Agency'] as const).flatMap((kind): RestRow[] => [
    ['POST', `${POLICY}/attach-${kind.toLowerCase()}`, `iam:Attach${kind}Policy`],
    ['POST', `${POLICY}/detach-${kind.toLowerCase()}`, `iam:Detach${kind}Policy`],
  ]),
  ['GET', `${POLICY}/attached-entities`, 'iam:ListEntitiesForPolicy', 200, [...PAGE, 'entity_type']],
  ['POST', '/v5/agencies', 'iam:CreateAgency', 201],
  ['GET', '/v5/agencies', 'iam:ListAgencies', 200, [...PAGE, 'path_prefix']],
  ['GET', AGENCY, 'iam:GetAgency'],
  ['PUT', AGENCY, 'iam:UpdateAgency'],
  ['DELETE', AGENCY, 'iam:DeleteAgency', 204],
  ['PUT', `${AGENCY}/trust-policy`, 'iam:UpdateTrustPolicy'],
  ['GET', `${AGENCY}/attached-policies`, 'iam:ListAttachedAgencyPolicies', 200, PAGE],
  ['PUT', '/v5/service-linked-agencies', 'iam:CreateServiceLinkedAgency', 201],
  ['DELETE', '/v5/service-linked-agencies/{agency_id}', 'iam:DeleteServiceLinkedAgency', 202],
  [
    'GET',
    '/v5/service-linked-agencies/deletion-task/{deletion_task_id}',
    'iam:GetServiceLinkedAgencyDeletionStatus',
  ],
  ['POST', `${TAGS}/create`, 'iam:TagResource'],
  ['DELETE', `${TAGS}/delete`, 'iam:DeleteResourceTags'],
  ['GET', TAGS, 'iam:ListResourceTags'],
  ['GET', '/v5/account-summary', 'iam:GetAccountSummary'],
  ['GET', '/v5/authorization-schemas/services/{service_code}', 'iam:GetAuthorizationSchema'],
  [
    'GET',
    '/v5/authorization-schemas/registered-services',
    'iam:ListRegisteredServicesForAuthSchema',
    200,
    PAGE,
  ],
  ['POST', '/v5/agencies/assume', 'sts:AssumeAgency'],
  ['GET', '/v5/caller-identity', 'sts:CallerIdentity'],
  ['POST', '/v5/decode-authorization-message', 'sts:DecodeAuthorizationMessage'],
  [
    'GET',
    '/v3/projects',
    'iam:ListProjects',
    200,
    ['name', 'domain_id', 'parent_id', 'enabled', 'is_domain', 'page', 'per_page'],
  ],
  ['GET', '/v3/auth/domains', 'iam:ListAuthDomains', 200, ['name', 'page', 'per_page']],
  ['POST', '/v3.0/OS-CREDENTIAL/securitytokens', 'sts:CreateTemporaryAccessKeyByAgency', 201],
]

/** Binds the operations by their names. Raises Error for a row whose operation is not among them. */
export const bindIdentity = (operations: readonly Operation[]): readonly RestBinding[] =>
  bindRows(ROWS, operations)
