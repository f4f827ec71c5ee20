import type { Operation } from '../../pipeline/operation.ts'
import type { RestBinding } from './binding.ts'
import { bindRows, type RestRow } from './rows.ts'

// Organizations v1 (reference: huawei-iam.md I.3). No success but that of a DELETE is a 204: some clients take it for a failure.

const PAGE = ['limit', 'marker']
const TOP = '/v1/organizations'
const UNIT = `${TOP}/organizational-units/{organizational_unit_id}`
const ACCOUNT = `${TOP}/accounts/{account_id}`
const POLICY = `${TOP}/policies/{policy_id}`
const TAGS = `${TOP}/{resource_type}/{resource_id}/tags`
const TAGGED = `${TOP}/resources/{resource_id}`
const RECEIVED = '/v1/received-handshakes'

const ROWS: readonly RestRow[] = [
  ['POST', TOP, 'organizations:CreateOrganization', 201],
  ['GET', TOP, 'organizations:ShowOrganization'],
  ['DELETE', TOP, 'organizations:DeleteOrganization', 204],
  ['POST', `${TOP}/leave`, 'organizations:LeaveOrganization'],
  ['GET', `${TOP}/roots`, 'organizations:ListRoots', 200, PAGE],
  ['POST', `${TOP}/policies/enable`, 'organizations:EnablePolicyType', 202],
  ['POST', `${TOP}/policies/disable`, 'organizations:DisablePolicyType', 202],
  ['POST', `${TOP}/organizational-units`, 'organizations:CreateOrganizationalUnit', 201],
  [
    'GET',
    `${TOP}/organizational-units`,
    'organizations:ListOrganizationalUnits',
    200,
    [...PAGE, 'parent_id'],
  ],
  ['GET', UNIT, 'organizations:ShowOrganizationalUnit'],
  ['PATCH', UNIT, 'organizations:UpdateOrganizationalUnit'],
  ['DELETE', UNIT, 'organizations:DeleteOrganizationalUnit', 204],
  ['POST', `${TOP}/accounts`, 'organizations:CreateAccount', 202],
  ['POST', '/v2/organizations/accounts', 'organizations:CreateAccount', 202],
  [
    'GET',
    `${TOP}/accounts`,
    'organizations:ListAccounts',
    200,
    [...PAGE, 'parent_id', 'with_register_contact_info'],
  ],
  ['GET', ACCOUNT, 'organizations:ShowAccount', 200, ['with_register_contact_info']],
  ['PATCH', ACCOUNT, 'organizations:UpdateAccount'],
  ['POST', `${ACCOUNT}/move`, 'organizations:MoveAccount'],
  ['POST', `${ACCOUNT}/remove`, 'organizations:RemoveAccount'],
  ['POST', `${ACCOUNT}/close`, 'organizations:CloseAccount'],
  ['GET', `${TOP}/close-account-status`, 'organizations:ListCloseAccountStatuses', 200, ['states']],
  ['POST', `${TOP}/accounts/invite`, 'organizations:InviteAccount', 201],
  [
    'GET',
    `${TOP}/create-account-status`,
    'organizations:ListCreateAccountStatuses',
    200,
    [...PAGE, 'states'],
  ],
  ['GET', `${TOP}/create-account-status/{create_account_status_id}`, 'organizations:ShowCreateAccountStatus'],
  ['GET', `${TOP}/handshakes`, 'organizations:ListHandshakes', 200, [...PAGE, 'status']],
  ['GET', `${TOP}/handshakes/{handshake_id}`, 'organizations:ShowHandshake'],
  ['POST', `${TOP}/handshakes/{handshake_id}/cancel`, 'organizations:CancelHandshake'],
  ['GET', RECEIVED, 'organizations:ListReceivedHandshakes', 200, [...PAGE, 'status']],
  ['POST', `${RECEIVED}/{handshake_id}/accept`, 'organizations:AcceptHandshake'],
  ['POST', `${RECEIVED}/{handshake_id}/decline`, 'organizations:DeclineHandshake'],
  ['POST', `${TOP}/policies`, 'organizations:CreatePolicy', 201],
  [
    'GET',
    `${TOP}/policies`,
    'organizations:ListPolicies',
    200,
    [...PAGE, 'attached_entity_id', 'policy_type'],
  ],
  ['GET', POLICY, 'organizations:ShowPolicy'],
  ['PATCH', POLICY, 'organizations:UpdatePolicy'],
  ['DELETE', POLICY, 'organizations:DeletePolicy', 204],
  ['POST', `${POLICY}/attach`, 'organizations:AttachPolicy'],
  ['POST', `${POLICY}/detach`, 'organizations:DetachPolicy'],
  ['GET', `${POLICY}/attached-entities`, 'organizations:ListEntitiesForPolicy', 200, PAGE],
  ['GET', `${TOP}/entities`, 'organizations:ListEntities', 200, [...PAGE, 'parent_id', 'child_id']],
  [
    'GET',
    `${TOP}/entities/effective-policies`,
    'organizations:ShowEffectivePolicies',
    200,
    ['entity_id', 'policy_type'],
  ],
  ['GET', `${TOP}/quotas`, 'organizations:ListQuotas'],
  ['POST', `${TOP}/delegated-administrators/register`, 'organizations:RegisterDelegatedAdministrator'],
  ['POST', `${TOP}/delegated-administrators/deregister`, 'organizations:DeregisterDelegatedAdministrator'],
  [
    'GET',
    `${TOP}/delegated-administrators`,
    'organizations:ListDelegatedAdministrators',
    200,
    [...PAGE, 'service_principal'],
  ],
  ['GET', `${ACCOUNT}/delegated-services`, 'organizations:ListDelegatedServices', 200, PAGE],
  ['POST', `${TOP}/trusted-services/enable`, 'organizations:EnableTrustedService'],
  ['POST', `${TOP}/trusted-services/disable`, 'organizations:DisableTrustedService'],
  ['GET', `${TOP}/trusted-services`, 'organizations:ListTrustedServices', 200, PAGE],
  ['GET', `${TOP}/{resource_type}/tags`, 'organizations:ListResourceTags'],
  [
    'POST',
    `${TOP}/{resource_type}/resource-instances/filter`,
    'organizations:ListResourceInstances',
    200,
    ['limit', 'offset'],
  ],
  ['POST', `${TOP}/{resource_type}/resource-instances/count`, 'organizations:ShowResourceInstancesCount'],
  ['GET', TAGS, 'organizations:ListTagResources', 200, PAGE],
  ['POST', `${TAGS}/create`, 'organizations:CreateTagResource'],
  ['POST', `${TAGS}/delete`, 'organizations:DeleteTagResource'],
  ['GET', `${TAGGED}/tags`, 'organizations:ListTagsForResource', 200, PAGE],
  ['POST', `${TAGGED}/tag`, 'organizations:TagResource'],
  ['POST', `${TAGGED}/untag`, 'organizations:UntagResource'],
]

/** Binds the operations by their names. Raises Error for a row whose operation is not among them. */
export const bindOrganizations = (operations: readonly Operation[]): readonly RestBinding[] =>
  bindRows(ROWS, operations)
