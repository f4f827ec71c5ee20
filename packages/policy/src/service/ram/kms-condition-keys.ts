import type { PolicyType } from '../../decide/types.ts'
import { conditionKey } from '../build.ts'
import type { ConditionKeyInfo } from '../types.ts'

/** What the seed calls a custom RAM policy: every policy that is not of a resource. */
const custom: readonly PolicyType[] = ['identity', 'session', 'control']
const customOrKey: readonly PolicyType[] = [...custom, 'key']
const customOrSecret: readonly PolicyType[] = [...custom, 'secret']
const all: readonly PolicyType[] = [...custom, 'key', 'secret']

/** Condition keys of KMS (seed: kms-condition-keys; reference: alibaba-kms F). */
export const kmsConditionKeys: readonly ConditionKeyInfo[] = [
  conditionKey('kms:tag', 'string', 'Tag of the key or secret; without a tag name, the value of any tag.', {
    suffix: { separator: '/', optional: true },
    policyTypes: all,
  }),
  conditionKey('kms:EncryptionAlgorithm', 'string', 'Algorithm of the encryption or decryption.', {
    holds: 'word',
    policyTypes: customOrKey,
    values: [
      'SYMMETRIC_DEFAULT',
      'RSAES_OAEP_SHA_1',
      'RSAES_OAEP_SHA_256',
      'ECIES_DH_SHA_1_XOR_HMAC',
      'SM2PKE',
    ],
  }),
  conditionKey('kms:EncryptionContext', 'string', 'Value of one pair of the encryption context.', {
    suffix: { separator: ':', optional: false },
    policyTypes: customOrKey,
  }),
  conditionKey('kms:EncryptionContextKeys', 'string', 'Names of the pairs of the encryption context.', {
    multiValued: true,
    policyTypes: ['key'],
  }),
  conditionKey('kms:ExpirationModel', 'string', 'Whether imported key material expires.', {
    holds: 'word',
    policyTypes: customOrKey,
    values: ['KEY_MATERIAL_DOES_NOT_EXPIRE', 'KEY_MATERIAL_EXPIRES'],
  }),
  conditionKey('kms:ValidTo', 'date', 'When imported key material expires, in Unix seconds.', {
    policyTypes: customOrKey,
    unixSeconds: true,
  }),
  conditionKey('kms:KeyOrigin', 'string', 'Where the key material comes from.', {
    holds: 'word',
    policyTypes: customOrKey,
    values: ['Aliyun_KMS', 'EXTERNAL', 'KmsInstance'],
  }),
  conditionKey('kms:KeySpec', 'string', 'Kind and size of the key.', {
    holds: 'word',
    policyTypes: customOrKey,
    values: [
      'Aliyun_AES_256',
      'Aliyun_AES_192',
      'Aliyun_AES_128',
      'Aliyun_SM4',
      'RSA_2048',
      'RSA_3072',
      'RSA_4096',
      'EC_P256',
      'EC_P256K',
      'EC_SM2',
      // No source names the keys for MACs: these names are ours.
      'HMAC_256',
      'HMAC_224',
      'HMAC_384',
      'HMAC_512',
      'HMAC_SM3',
    ],
  }),
  conditionKey('kms:KeyUsage', 'string', 'What the key is for.', {
    holds: 'word',
    policyTypes: customOrKey,
    values: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    sameValues: [
      ['ENCRYPT_DECRYPT', 'ENCRYPT/DECRYPT'],
      ['SIGN_VERIFY', 'SIGN/VERIFY'],
      // No source names the usage of keys for MACs: the spelling with a slash is ours.
      ['GENERATE_VERIFY_MAC', 'GENERATE/VERIFY_MAC'],
    ],
  }),
  conditionKey('kms:ScheduleKeyDeletionPendingWindowInDays', 'number', 'Days until a key is deleted.', {
    policyTypes: customOrKey,
  }),
  conditionKey('kms:SigningAlgorithm', 'string', 'Algorithm of the signature.', {
    holds: 'word',
    policyTypes: customOrKey,
    values: ['RSA_PSS_SHA_256', 'RSA_PKCS1_SHA_256', 'ECDSA_SHA_256', 'SM2DSA'],
  }),
  conditionKey('kms:WrappingAlgorithm', 'string', 'Algorithm that wraps key material for import.', {
    holds: 'word',
    policyTypes: customOrKey,
  }),
  conditionKey(
    'kms:WrappingKeySpec',
    'string',
    'Kind of the public key that wraps key material for import.',
    { holds: 'word', policyTypes: customOrKey, values: ['RSA_2048', 'EC_SM2'] },
  ),
  conditionKey('kms:SecretName', 'string', 'Name of the secret.', {
    holds: 'word',
    policyTypes: customOrSecret,
  }),
  conditionKey('kms:EncryptionKeyId', 'string', 'Id of the key that encrypts the secret.', {
    holds: 'word',
    policyTypes: customOrSecret,
  }),
  conditionKey('kms:SecretVersionId', 'string', 'Version of the secret named in the request.', {
    holds: 'word',
    policyTypes: customOrSecret,
  }),
  conditionKey('kms:SecretVersionStage', 'string', 'Stage of the secret named in the request.', {
    holds: 'word',
    policyTypes: customOrSecret,
    values: ['ACSCurrent', 'ACSPrevious'],
    openValues: true,
  }),
  conditionKey('kms:SecretType', 'string', 'Kind of the secret.', {
    holds: 'word',
    policyTypes: customOrSecret,
    values: ['Generic', 'Rds', 'RAMCredentials', 'ECS', 'Redis', 'PolarDB'],
  }),
  conditionKey('kms:ForceDeleteWithoutRecovery', 'boolean', 'Whether a secret is deleted beyond recovery.', {
    policyTypes: customOrSecret,
    values: ['true', 'false'],
  }),
  conditionKey('kms:RecoveryWindowInDays', 'number', 'Days for which a deleted secret can be restored.', {
    policyTypes: customOrSecret,
  }),
  conditionKey('kms:TlsVersion', 'string', 'TLS version of the connection; `0` without TLS.', {
    policyTypes: all,
    values: ['1.2', '1.3'],
    // Behind a proxy there may be older ones.
    openValues: true,
    everyCall: true,
  }),
]
