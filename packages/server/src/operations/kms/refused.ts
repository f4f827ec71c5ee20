import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { accountCall } from './account-call.ts'
import { Nothing } from './fields.ts'

/**
 * Calls that the API has and this service has no meaning for (reference: alibaba-kms.md A.1): data keys that a managed
 * instance keeps, the instances themselves, and access points, client keys and networks in front of them. Who is allowed
 * to make one is told that it is not supported; nobody is told that it does not exist.
 */
export const REFUSED = [
  ['GetManagedDataKey', 'Show a data key that an instance keeps'],
  ['ListManagedDataKeyVersions', 'List the versions of a data key that an instance keeps'],
  ['ConnectKmsInstance', 'Put an instance into service'],
  ['GetKmsInstance', 'Show an instance'],
  ['UpdateKmsInstanceBindVpc', 'Change the networks of an instance'],
  ['ReleaseKmsInstance', 'Give an instance back'],
  ['CreateNetworkRule', 'Make a network rule of access points'],
  ['DeleteNetworkRule', 'Delete a network rule of access points'],
  ['DescribeNetworkRule', 'Show a network rule of access points'],
  ['ListNetworkRules', 'List the network rules of access points'],
  ['UpdateNetworkRule', 'Change a network rule of access points'],
  ['CreatePolicy', 'Make a policy of access points'],
  ['DeletePolicy', 'Delete a policy of access points'],
  ['DescribePolicy', 'Show a policy of access points'],
  ['ListPolicies', 'List the policies of access points'],
  ['UpdatePolicy', 'Change a policy of access points'],
  ['CreateApplicationAccessPoint', 'Make an access point'],
  ['DeleteApplicationAccessPoint', 'Delete an access point'],
  ['DescribeApplicationAccessPoint', 'Show an access point'],
  ['ListApplicationAccessPoints', 'List the access points'],
  ['UpdateApplicationAccessPoint', 'Change an access point'],
  ['CreateClientKey', 'Make a client key of an access point'],
  ['DeleteClientKey', 'Delete a client key of an access point'],
  ['GetClientKey', 'Show a client key of an access point'],
  ['ListClientKeys', 'List the client keys of an access point'],
] as const

/** Any input: what these calls take matters to nobody, and stands in no audit entry. */
const Anything = Type.Object({}, { additionalProperties: true })

export const refusedOperations = REFUSED.map(([action, summary]) =>
  accountCall({
    action,
    summary,
    input: Anything,
    output: Nothing,
    refuses: 'UnsupportedOperation',
    work() {
      throw refuse({ code: 'UnsupportedOperation' })
    },
    example: {},
  }),
)
