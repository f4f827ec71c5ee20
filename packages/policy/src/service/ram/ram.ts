import { conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

/** Resource Access Management itself: policies name its actions, of which none is here (reference: alibaba-ram C.2). */
export const ram: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'ram',
  title: 'Resource Access Management',
  actions: [],
  resourceTypes: [],
  conditionKeys: [
    conditionKey('ram:ServiceName', 'string', 'Service that a service-linked role is for.', {
      everyCall: true,
      holds: 'word',
    }),
  ],
  missing: 'actions',
})
