import { action } from '../build.ts'
import type { ActionInfo } from '../types.ts'
import { anyCall, anyTagged, ofKeyOrSecret } from './kms-shared.ts'

/** Actions on the service, its instances and tags (reference: alibaba-kms A.1; keys per action from the seed). */
export const kmsServiceActions: readonly ActionInfo[] = [
  action('kms:DescribeAccountKmsStatus', 'Read', 'Read whether the service is open for the account.', {
    conditionKeys: anyCall,
    operations: ['DescribeAccountKmsStatus'],
  }),
  action('kms:OpenKmsService', 'Write', 'Open the service for the account.', {
    conditionKeys: anyCall,
    operations: ['OpenKmsService'],
  }),
  action('kms:DescribeService', 'Read', 'Read what the service offers.', {
    conditionKeys: anyCall,
    operations: ['DescribeService'],
  }),
  action('kms:GetDefaultKmsInstance', 'Read', 'Read the default instance.', {
    conditionKeys: anyCall,
    operations: ['GetDefaultKmsInstance'],
  }),
  action('kms:GetKmsInstanceQuotaInfos', 'Read', 'Read the quotas of an instance.', {
    conditionKeys: anyCall,
    operations: ['GetKmsInstanceQuotaInfos'],
  }),
  action('kms:ListKmsInstances', 'List', 'List instances.', {
    conditionKeys: anyCall,
    operations: ['ListKmsInstances'],
  }),
  action('kms:TagResource', 'Write', 'Tag a key or secret.', {
    resources: ofKeyOrSecret,
    conditionKeys: anyTagged,
    operations: ['TagResource'],
  }),
  action('kms:UntagResource', 'Write', 'Remove tags of a key or secret.', {
    resources: ofKeyOrSecret,
    conditionKeys: anyTagged,
    operations: ['UntagResource'],
  }),
  action('kms:ListResourceTags', 'List', 'List the tags of a key or secret.', {
    resources: ofKeyOrSecret,
    conditionKeys: anyTagged,
    operations: ['ListResourceTags'],
  }),
  action('kms:TagResources', 'Write', 'Tag keys or secrets.', {
    resources: ofKeyOrSecret,
    conditionKeys: anyTagged,
    operations: ['TagResources'],
  }),
  action('kms:UntagResources', 'Write', 'Remove tags of keys or secrets.', {
    resources: ofKeyOrSecret,
    conditionKeys: anyTagged,
    operations: ['UntagResources'],
  }),
  action('kms:ListTagResources', 'List', 'List tags of keys or secrets.', {
    resources: ofKeyOrSecret,
    conditionKeys: anyTagged,
    operations: ['ListTagResources'],
  }),
]
