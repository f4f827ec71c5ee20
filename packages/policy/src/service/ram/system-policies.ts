import type { PolicyType } from '../../decide/types.ts'
import type { SystemPolicy } from '../types.ts'

function policy(
  name: string,
  description: string,
  actions: readonly string[],
  type: PolicyType = 'identity',
): SystemPolicy {
  const document = { Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }
  return Object.freeze<SystemPolicy>({ name, description, type, document: JSON.stringify(document) })
}

/** Built-in policies (reference: alibaba-ram D.3, G.1). Lists of actions are ours where the reference names none. */
export const ramSystemPolicies: readonly SystemPolicy[] = [
  policy(
    'FullAliyunAccess',
    'Everything; attached at every level when control policies are switched on.',
    ['*'],
    'control',
  ),
  policy('AdministratorAccess', 'Everything.', ['*']),
  policy('AliyunKMSFullAccess', 'All permissions on keys and secrets.', ['kms:*']),
  policy('AliyunKMSReadOnlyAccess', 'Read attributes of keys and secrets, but no value of a secret.', [
    'kms:Describe*',
    'kms:List*',
    'kms:GetPublicKey',
    'kms:GetKeyPolicy',
    'kms:GetSecretPolicy',
    'kms:GetDefaultKmsInstance',
    'kms:GetKmsInstanceQuotaInfos',
  ]),
  policy('AliyunKMSCryptoUserAccess', 'Use keys.', [
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncrypt*',
    'kms:GenerateDataKey*',
    'kms:GenerateAndExportDataKey',
    'kms:ExportDataKey',
    'kms:Asymmetric*',
    'kms:GenerateMac',
    'kms:VerifyMac',
    'kms:GetPublicKey',
    'kms:DescribeKey',
    'kms:DescribeKeyVersion',
    'kms:ListKeys',
    'kms:ListKeyVersions',
    'kms:ListAliases',
    'kms:ListAliasesByKeyId',
  ]),
  policy('AliyunKMSCryptoAdminAccess', 'Manage keys, but not use them.', [
    'kms:CreateKey',
    'kms:DescribeKey',
    'kms:EnableKey',
    'kms:DisableKey',
    'kms:GetPublicKey',
    'kms:ListKeys',
    'kms:*Alias',
    'kms:ListAliases*',
    'kms:*KeyVersion*',
    'kms:*KeyDescription',
    'kms:*KeyDeletion',
    'kms:*KeyMaterial',
    'kms:*KeyPolicy',
    'kms:UpdateRotationPolicy',
    'kms:SetDeletionProtection',
    'kms:GetParametersForImport',
    'kms:*Resource*',
  ]),
  policy('AliyunKMSSecretUserAccess', 'Read values and attributes of secrets.', [
    'kms:GetSecretValue',
    'kms:DescribeSecret',
    'kms:ListSecretVersionIds',
  ]),
  policy('AliyunKMSSecretAdminAccess', 'Manage secrets.', [
    'kms:*Secret*',
    'kms:GetRandomPassword',
    'kms:*Resource*',
  ]),
  policy('AliyunSTSAssumeRoleAccess', 'Assume roles.', ['sts:AssumeRole']),
]
