import type { ServiceInfo } from '../types.ts'
import { kmsCryptoActions } from './kms-crypto.ts'
import { kmsKeyActions } from './kms-key.ts'
import { kmsConditionKeys } from './kms-keys.ts'
import { kmsSecretActions } from './kms-secret.ts'
import { kmsServiceActions } from './kms-service.ts'
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
