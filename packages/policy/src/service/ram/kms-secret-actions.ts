import { action } from '../build.ts'
import type { ActionInfo } from '../types.ts'
import { anyCall, anySecret, ofSecret, ofSecrets, taggedSecret } from './kms-shared.ts'

/** Actions on secrets and secret policies (reference: alibaba-kms A.1; keys per action from the seed). */
export const kmsSecretActions: readonly ActionInfo[] = [
  action('kms:SetSecretPolicy', 'Write', 'Set the policy of a secret.', {
    resources: ofSecret,
    conditionKeys: anySecret,
    operations: ['SetSecretPolicy'],
  }),
  action('kms:GetSecretPolicy', 'Read', 'Read the policy of a secret.', {
    resources: ofSecret,
    conditionKeys: anySecret,
    operations: ['GetSecretPolicy'],
  }),
  action('kms:CreateSecret', 'Write', 'Create a secret.', {
    decided: 'alone',
    resources: ofSecrets,
    conditionKeys: [...anySecret, 'kms:EncryptionKeyId'],
    dependencies: ['kms:GenerateDataKey'],
    operations: ['CreateSecret'],
  }),
  action('kms:ListSecrets', 'List', 'List secrets.', {
    resources: ofSecrets,
    conditionKeys: anyCall,
    operations: ['ListSecrets'],
  }),
  action('kms:DescribeSecret', 'Read', 'Read the attributes of a secret.', {
    crossAccount: true,
    resources: ofSecret,
    conditionKeys: taggedSecret,
    operations: ['DescribeSecret'],
  }),
  action('kms:DeleteSecret', 'Write', 'Delete a secret.', {
    resources: ofSecret,
    conditionKeys: [...taggedSecret, 'kms:ForceDeleteWithoutRecovery', 'kms:RecoveryWindowInDays'],
    operations: ['DeleteSecret'],
  }),
  action('kms:UpdateSecret', 'Write', 'Change the attributes of a secret.', {
    resources: ofSecret,
    conditionKeys: taggedSecret,
    operations: ['UpdateSecret'],
  }),
  action('kms:RestoreSecret', 'Write', 'Restore a deleted secret.', {
    resources: ofSecret,
    conditionKeys: taggedSecret,
    operations: ['RestoreSecret'],
  }),
  action('kms:ListSecretVersionIds', 'List', 'List the versions of a secret.', {
    crossAccount: true,
    resources: ofSecret,
    conditionKeys: taggedSecret,
    operations: ['ListSecretVersionIds'],
  }),
  action('kms:UpdateSecretVersionStage', 'Write', 'Move a stage between versions of a secret.', {
    resources: ofSecret,
    conditionKeys: [...taggedSecret, 'kms:SecretVersionStage'],
    operations: ['UpdateSecretVersionStage'],
  }),
  action('kms:RotateSecret', 'Write', 'Rotate a secret.', {
    resources: ofSecret,
    conditionKeys: taggedSecret,
    operations: ['RotateSecret'],
  }),
  action('kms:UpdateSecretRotationPolicy', 'Write', 'Change how a secret rotates.', {
    resources: ofSecret,
    conditionKeys: taggedSecret,
    operations: ['UpdateSecretRotationPolicy'],
  }),
  action('kms:GetSecretValue', 'Read', 'Read the value of a secret.', {
    crossAccount: true,
    resources: ofSecret,
    conditionKeys: [...taggedSecret, 'kms:EncryptionKeyId', 'kms:SecretVersionId', 'kms:SecretVersionStage'],
    dependencies: ['kms:Decrypt'],
    operations: ['GetSecretValue', 'BatchGetSecretValue'],
  }),
  action('kms:PutSecretValue', 'Write', 'Store a new version of a secret.', {
    resources: ofSecret,
    conditionKeys: [...taggedSecret, 'kms:EncryptionKeyId', 'kms:SecretVersionId'],
    dependencies: ['kms:GenerateDataKey'],
    operations: ['PutSecretValue'],
  }),
  action('kms:GetRandomPassword', 'Read', 'Get a random password.', {
    conditionKeys: anyCall,
    operations: ['GetRandomPassword'],
  }),
]
