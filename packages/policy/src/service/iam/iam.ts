import { conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'
import { iamActions } from './iam-actions.ts'

/** Identity and Access Management itself, in version 5 (reference: huawei-iam D.8, F). */
export const iam: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'iam',
  title: 'Identity and Access Management',
  actions: iamActions,
  resourceTypes: ['user', 'group', 'agency', 'policy'].map((name) => ({
    name,
    template: `iam::{account}:${name}:{${name}Name}`,
  })),
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
