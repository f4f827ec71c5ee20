import { action } from '../build.ts'
import type { ActionInfo } from '../types.ts'
import { anyCall, anyKey, ofAliasAndKey, ofAliases, ofKey, ofKeys, taggedKey } from './kms-shared.ts'

/** Actions that manage keys, versions, material, aliases and key policies (reference: alibaba-kms A.1; keys per action from the seed). */
export const kmsKeyActions: readonly ActionInfo[] = [
  action('kms:CreateKey', 'Write', 'Create a key.', {
    decided: 'alone',
    resources: ofKeys,
    conditionKeys: anyKey,
    operations: ['CreateKey'],
  }),
  action('kms:ListKeys', 'List', 'List keys.', {
    resources: ofKeys,
    conditionKeys: anyCall,
    operations: ['ListKeys'],
  }),
  action('kms:DescribeKey', 'Read', 'Read the attributes of a key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['DescribeKey'],
  }),
  action('kms:UpdateKeyDescription', 'Write', 'Change the description of a key.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['UpdateKeyDescription'],
  }),
  action('kms:EnableKey', 'Write', 'Enable a key.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['EnableKey'],
  }),
  action('kms:DisableKey', 'Write', 'Disable a key.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['DisableKey'],
  }),
  action('kms:ScheduleKeyDeletion', 'Write', 'Schedule the deletion of a key.', {
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:ScheduleKeyDeletionPendingWindowInDays'],
    operations: ['ScheduleKeyDeletion'],
  }),
  action('kms:CancelKeyDeletion', 'Write', 'Cancel the deletion of a key.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['CancelKeyDeletion'],
  }),
  action('kms:SetDeletionProtection', 'Write', 'Protect a key against deletion, or lift the protection.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['SetDeletionProtection'],
  }),
  action('kms:GetPublicKey', 'Read', 'Read the public key of a key version.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['GetPublicKey'],
  }),
  action('kms:CreateAlias', 'Write', 'Give a key an alias.', {
    resources: ofAliasAndKey,
    conditionKeys: anyKey,
    operations: ['CreateAlias'],
  }),
  action('kms:UpdateAlias', 'Write', 'Move an alias to another key.', {
    resources: ofAliasAndKey,
    conditionKeys: anyKey,
    operations: ['UpdateAlias'],
  }),
  action('kms:DeleteAlias', 'Write', 'Remove an alias.', {
    resources: ofAliasAndKey,
    conditionKeys: anyKey,
    operations: ['DeleteAlias'],
  }),
  action('kms:ListAliases', 'List', 'List aliases.', {
    resources: ofAliases,
    conditionKeys: anyCall,
    operations: ['ListAliases'],
  }),
  action('kms:ListAliasesByKeyId', 'List', 'List the aliases of a key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: anyKey,
    operations: ['ListAliasesByKeyId'],
  }),
  action('kms:CreateKeyVersion', 'Write', 'Create a version of a key.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['CreateKeyVersion'],
  }),
  action('kms:DescribeKeyVersion', 'Read', 'Read the attributes of a key version.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['DescribeKeyVersion'],
  }),
  action('kms:ListKeyVersions', 'List', 'List the versions of a key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['ListKeyVersions'],
  }),
  action('kms:UpdateRotationPolicy', 'Write', 'Change how a key rotates.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['UpdateRotationPolicy'],
  }),
  action('kms:GetParametersForImport', 'Read', 'Get what an import of key material needs.', {
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:WrappingAlgorithm', 'kms:WrappingKeySpec'],
    operations: ['GetParametersForImport'],
  }),
  action('kms:ImportKeyMaterial', 'Write', 'Import key material.', {
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:ExpirationModel', 'kms:ValidTo'],
    operations: ['ImportKeyMaterial'],
  }),
  action('kms:DeleteKeyMaterial', 'Write', 'Delete imported key material.', {
    resources: ofKey,
    conditionKeys: taggedKey,
    operations: ['DeleteKeyMaterial'],
  }),
  action('kms:SetKeyPolicy', 'Write', 'Set the policy of a key.', {
    resources: ofKey,
    conditionKeys: anyKey,
    operations: ['SetKeyPolicy'],
  }),
  action('kms:GetKeyPolicy', 'Read', 'Read the policy of a key.', {
    resources: ofKey,
    conditionKeys: anyKey,
    operations: ['GetKeyPolicy'],
  }),
]
