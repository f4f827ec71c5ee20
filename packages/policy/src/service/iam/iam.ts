import { conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

/** Identity and Access Management itself: its keys, and none of its actions (reference: huawei-iam D.8, F). */
export const iam: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'iam',
  title: 'Identity and Access Management',
  actions: [],
  resourceTypes: [],
  conditionKeys: [
    conditionKey('iam:PolicyURN', 'string', 'Policy that is attached or detached.', { everyCall: true }),
    conditionKey('iam:ServicePrincipal', 'string', 'Service that a service-linked agency is for.', {
      everyCall: true,
      holds: 'word',
    }),
    conditionKey('iam:ResourceIsRootUser', 'boolean', 'Whether the user is the root user of its account.', {
      everyCall: true,
    }),
  ],
  missing: 'actions',
})

/** Organizations: its key, and none of its actions. */
export const organizations: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'organizations',
  title: 'Organizations',
  actions: [],
  resourceTypes: [],
  conditionKeys: [
    conditionKey('organizations:ServicePrincipal', 'string', 'Service that is trusted or delegated to.', {
      everyCall: true,
      holds: 'word',
    }),
  ],
  missing: 'actions',
})
