import { action, conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

/** Security Token Service and sign-in keys, as trust policies use them (reference: alibaba-ram C.2, G.2). */
export const sts: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'sts',
  title: 'Security Token Service',
  actions: [
    action('sts:AssumeRole', 'Write', 'Open a session of a role.', {
      crossAccount: true,
      decided: 'assumption',
      resources: [{ type: 'role', required: true }],
      conditionKeys: ['sts:ExternalId', 'saml:recipient', 'oidc:iss', 'oidc:aud', 'oidc:sub'],
      operations: ['AssumeRole'],
    }),
  ],
  free: ['sts:GetCallerIdentity'],
  resourceTypes: [{ name: 'role', template: 'acs:ram:*:{account}:role/{roleName}' }],
  conditionKeys: [
    conditionKey('sts:ExternalId', 'string', 'External id of the request.'),
    conditionKey('saml:recipient', 'string', 'Recipient of a SAML assertion.'),
    conditionKey('oidc:iss', 'string', 'Issuer of an OIDC token.'),
    conditionKey('oidc:aud', 'string', 'Audience of an OIDC token.', { multiValued: true }),
    conditionKey('oidc:sub', 'string', 'Subject of an OIDC token.'),
  ],
  missing: 'actions',
})
