import { action } from '../build.ts'
import type { ActionInfo } from '../types.ts'
import { anyCall, anyKey, context, ofKey, taggedKey } from './kms-shared.ts'

/** Actions that use keys (reference: alibaba-kms A.1; keys per action from the seed). */
export const kmsCryptoActions: readonly ActionInfo[] = [
  action('kms:Encrypt', 'Read', 'Encrypt with a key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    operations: ['Encrypt'],
  }),
  action('kms:Decrypt', 'Read', 'Decrypt with a key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    operations: ['Decrypt'],
  }),
  action('kms:GenerateDataKey', 'Read', 'Generate a data key, in plain and encrypted.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    operations: ['GenerateDataKey'],
  }),
  action('kms:GenerateDataKeyWithoutPlaintext', 'Read', 'Generate a data key, encrypted only.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    operations: ['GenerateDataKeyWithoutPlaintext'],
  }),
  action('kms:ExportDataKey', 'Read', 'Encrypt a data key for another holder.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    operations: ['ExportDataKey'],
  }),
  action('kms:GenerateAndExportDataKey', 'Read', 'Generate a data key and encrypt it for another holder.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    operations: ['GenerateAndExportDataKey'],
  }),
  action('kms:AsymmetricSign', 'Read', 'Sign a digest.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:SigningAlgorithm'],
    operations: ['AsymmetricSign'],
  }),
  action('kms:AsymmetricVerify', 'Read', 'Verify a signature.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:SigningAlgorithm'],
    operations: ['AsymmetricVerify'],
  }),
  action('kms:AsymmetricEncrypt', 'Read', 'Encrypt with a public key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:EncryptionAlgorithm'],
    operations: ['AsymmetricEncrypt'],
  }),
  action('kms:AsymmetricDecrypt', 'Read', 'Decrypt with a private key.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, 'kms:EncryptionAlgorithm'],
    operations: ['AsymmetricDecrypt'],
  }),
  action('kms:GenerateMac', 'Read', 'Compute a message authentication code.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: anyKey,
    operations: ['GenerateMac'],
  }),
  action('kms:VerifyMac', 'Read', 'Verify a message authentication code.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: anyKey,
    operations: ['VerifyMac'],
  }),
  action('kms:GetManagedDataKey', 'Read', 'Get a managed data key.', {
    conditionKeys: anyCall,
    operations: ['GetManagedDataKey'],
  }),
  action('kms:ListManagedDataKeyVersions', 'List', 'List versions of a managed data key.', {
    conditionKeys: anyCall,
    operations: ['ListManagedDataKeyVersions'],
  }),
  action('kms:ReEncryptFrom', 'Read', 'Re-encrypt: the source side.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    aliases: ['kms:ReEncrypt'],
    operations: ['ReEncrypt'],
  }),
  action('kms:ReEncryptTo', 'Read', 'Re-encrypt: the target side.', {
    crossAccount: true,
    resources: ofKey,
    conditionKeys: [...taggedKey, ...context, 'kms:EncryptionAlgorithm'],
    aliases: ['kms:ReEncrypt'],
    operations: ['ReEncrypt'],
  }),
]
