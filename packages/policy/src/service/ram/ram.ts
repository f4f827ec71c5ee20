import { conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'
import { ramIdentityActions, ramPolicyActions } from './ram-actions.ts'

/** Resource Access Management itself (reference: alibaba-ram A.6, C.2, G.1). */
export const ram: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'ram',
  title: 'Resource Access Management',
  actions: [...ramIdentityActions, ...ramPolicyActions],
  resourceTypes: ['user', 'group', 'role', 'policy'].map((name) => ({
    name,
    template: `acs:ram:*:{account}:${name}/{${name}Name}`,
  })),
  conditionKeys: [
    conditionKey('ram:ServiceName', 'string', 'Service that a service-linked role is for.', {
      everyCall: true,
      holds: 'word',
    }),
  ],
  missing: 'actions',
})
