import type { ServiceInfo } from '../types.ts'
import { kmsConditionKeys } from './kms-condition-keys.ts'
import { kmsCryptoActions } from './kms-crypto-actions.ts'
import { kmsKeyActions } from './kms-key-actions.ts'
import { kmsSecretActions } from './kms-secret-actions.ts'
import { kmsServiceActions } from './kms-service-actions.ts'
import { kmsResourceTypes } from './kms-shared.ts'

/** Key Management Service of the ram language. */
export const kms: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'kms',
  title: 'Key Management Service',
  actions: [...kmsServiceActions, ...kmsKeyActions, ...kmsCryptoActions, ...kmsSecretActions],
  free: ['kms:DescribeRegions'],
  resourceTypes: kmsResourceTypes,
  conditionKeys: kmsConditionKeys,
})
