import { conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'
import { ramAbsentActions, ramIdentityActions, ramPolicyActions } from './ram-actions.ts'

/** Resource Access Management itself (reference: alibaba-ram A.6, C.2, G.1). */
export const ram: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'ram',
  title: 'Resource Access Management',
  actions: [...ramIdentityActions, ...ramPolicyActions, ...ramAbsentActions],
  resourceTypes: ['user', 'group', 'role', 'policy', 'mfa', 'saml-provider', 'oidc-provider'].map((name) => ({
    name,
    template: `acs:ram:*:{account}:${name}/{${name.replace('-p', 'P')}Name}`,
  })),
  conditionKeys: [
    conditionKey('ram:ServiceName', 'string', 'Service that a service-linked role is for.', {
      everyCall: true,
      holds: 'word',
    }),
  ],
  missing: 'actions',
})
