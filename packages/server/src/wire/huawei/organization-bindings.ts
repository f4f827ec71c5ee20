import type { Operation } from '../../pipeline/operation.ts'
import type { RestBinding } from './binding.ts'

// Organizations v1 (reference: huawei-iam.md I.3). No success but that of a DELETE is a 204: some clients take it for a failure.

type Row = readonly [
  method: RestBinding['method'],
  path: string,
  call: string,
  status?: RestBinding['status'],
  query?: readonly string[],
]

const PAGE = ['limit', 'marker']
const TOP = '/v1/organizations'
const UNIT = `${TOP}/organizational-units/{organizational_unit_id}`
const ACCOUNT = `${TOP}/accounts/{account_id}`
const POLICY = `${TOP}/policies/{policy_id}`
const TAGS = `${TOP}/{resource_type}/{resource_id}/tags`
const TAGGED = `${TOP}/resources/{resource_id}`
const RECEIVED = '/v1/received-handshakes'

const ROWS: readonly Row[] = [
  ['POST', TOP, 'CreateOrganization', 201],
  ['GET', TOP, 'ShowOrganization'],
  ['DELETE', TOP, 'DeleteOrganization', 204],
  ['POST', `${TOP}/leave`, 'LeaveOrganization'],
  ['GET', `${TOP}/roots`, 'ListRoots', 200, PAGE],
  ['POST', `${TOP}/policies/enable`, 'EnablePolicyType', 202],
  ['POST', `${TOP}/policies/disable`, 'DisablePolicyType', 202],
  ['POST', `${TOP}/organizational-units`, 'CreateOrganizationalUnit', 201],
  ['GET', `${TOP}/organizational-units`, 'ListOrganizationalUnits', 200, [...PAGE, 'parent_id']],
  ['GET', UNIT, 'ShowOrganizationalUnit'],
  ['PATCH', UNIT, 'UpdateOrganizationalUnit'],
  ['DELETE', UNIT, 'DeleteOrganizationalUnit', 204],
  ['POST', `${TOP}/accounts`, 'CreateAccount', 202],
  ['POST', '/v2/organizations/accounts', 'CreateAccount', 202],
  ['GET', `${TOP}/accounts`, 'ListAccounts', 200, [...PAGE, 'parent_id', 'with_register_contact_info']],
  ['GET', ACCOUNT, 'ShowAccount', 200, ['with_register_contact_info']],
  ['PATCH', ACCOUNT, 'UpdateAccount'],
  ['POST', `${ACCOUNT}/move`, 'MoveAccount'],
  ['POST', `${ACCOUNT}/remove`, 'RemoveAccount'],
  ['POST', `${TOP}/accounts/invite`, 'InviteAccount', 201],
  ['GET', `${TOP}/create-account-status`, 'ListCreateAccountStatuses', 200, [...PAGE, 'states']],
  ['GET', `${TOP}/create-account-status/{create_account_status_id}`, 'ShowCreateAccountStatus'],
  ['GET', `${TOP}/handshakes`, 'ListHandshakes', 200, [...PAGE, 'status']],
  ['GET', `${TOP}/handshakes/{handshake_id}`, 'ShowHandshake'],
  ['POST', `${TOP}/handshakes/{handshake_id}/cancel`, 'CancelHandshake'],
  ['GET', RECEIVED, 'ListReceivedHandshakes', 200, [...PAGE, 'status']],
  ['POST', `${RECEIVED}/{handshake_id}/accept`, 'AcceptHandshake'],
  ['POST', `${RECEIVED}/{handshake_id}/decline`, 'DeclineHandshake'],
  ['POST', `${TOP}/policies`, 'CreatePolicy', 201],
  ['GET', `${TOP}/policies`, 'ListPolicies', 200, [...PAGE, 'attached_entity_id', 'policy_type']],
  ['GET', POLICY, 'ShowPolicy'],
  ['PATCH', POLICY, 'UpdatePolicy'],
  ['DELETE', POLICY, 'DeletePolicy', 204],
  ['POST', `${POLICY}/attach`, 'AttachPolicy'],
  ['POST', `${POLICY}/detach`, 'DetachPolicy'],
  ['GET', `${POLICY}/attached-entities`, 'ListEntitiesForPolicy', 200, PAGE],
  ['GET', `${TOP}/entities`, 'ListEntities', 200, [...PAGE, 'parent_id', 'child_id']],
  ['GET', `${TOP}/entities/effective-policies`, 'ShowEffectivePolicies', 200, ['entity_id', 'policy_type']],
  ['GET', `${TOP}/quotas`, 'ListQuotas'],
  ['POST', `${TOP}/delegated-administrators/register`, 'RegisterDelegatedAdministrator'],
  ['POST', `${TOP}/delegated-administrators/deregister`, 'DeregisterDelegatedAdministrator'],
  [
    'GET',
    `${TOP}/delegated-administrators`,
    'ListDelegatedAdministrators',
    200,
    [...PAGE, 'service_principal'],
  ],
  ['GET', `${ACCOUNT}/delegated-services`, 'ListDelegatedServices', 200, PAGE],
  ['POST', `${TOP}/trusted-services/enable`, 'EnableTrustedService'],
  ['POST', `${TOP}/trusted-services/disable`, 'DisableTrustedService'],
  ['GET', `${TOP}/trusted-services`, 'ListTrustedServices', 200, PAGE],
  ['GET', TAGS, 'ListTagResources', 200, PAGE],
  ['POST', `${TAGS}/create`, 'CreateTagResource'],
  ['POST', `${TAGS}/delete`, 'DeleteTagResource'],
  ['GET', `${TAGGED}/tags`, 'ListTagsForResource', 200, PAGE],
  ['POST', `${TAGGED}/tag`, 'TagResource'],
  ['POST', `${TAGGED}/untag`, 'UntagResource'],
]

/** Raises Error for a route whose operation is not among those given. */
export function bindOrganizations(given: readonly Operation[]): readonly RestBinding[] {
  const operations = new Map(given.map((one) => [one.name, one]))
  return ROWS.map(([method, path, call, status = 200, query]) => {
    const operation = operations.get(`organizations:${call}`)
    if (!operation) throw new Error(`there is no operation ${call}`)
    return Object.freeze<RestBinding>({
      wire: 'huawei',
      operation,
      method,
      path,
      status,
      ...(query && { query }),
    })
  })
}
