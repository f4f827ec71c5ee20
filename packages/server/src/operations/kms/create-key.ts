import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { insertKey, type NewKey, prepareSymmetricKey } from '../../kms/create.ts'
import { keyArn, keyContainerArn } from '../../kms/names.ts'
import { defaultKeyPolicy, judgeKeyPolicy } from '../../kms/policy.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { kms } from './binding.ts'
import { Input } from './fields.ts'
import { KeyMetadata, keyMetadata } from './key-metadata.ts'
import { keyFacts } from './key-target.ts'

/** Specs of the reference (alibaba-kms.md B.1). */
const KEY_SPECS = [
  'Aliyun_AES_256',
  'Aliyun_AES_128',
  'Aliyun_AES_192',
  'Aliyun_SM4',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_P256',
  'EC_P256K',
  'EC_SM2',
]

/**
 * Makes a key (reference: alibaba-kms.md A.2 CreateKey). Decided by identity, session and control policies alone: a
 * policy supplied with the call counts from the next call (design, section 5).
 */
export const createKey = writeOperation({
  name: 'kms:CreateKey',
  summary: 'Create a key',
  effect: 'write',
  binding: kms('CreateKey'),
  input: Input({
    Description: Type.Optional(Type.String({ maxLength: 8192 })),
    KeySpec: Type.Optional(Type.Enum(KEY_SPECS)),
    KeyUsage: Type.Optional(Type.Enum(['ENCRYPT/DECRYPT', 'SIGN/VERIFY'])),
    Origin: Type.Optional(Type.Enum(['Aliyun_KMS', 'EXTERNAL'])),
    ProtectionLevel: Type.Optional(Type.Enum(['SOFTWARE', 'HSM'])),
    Policy: Type.Optional(Type.String()),
  }),
  output: Type.Object({ KeyMetadata }),
  resolve(scope, input): NewKey {
    const { account, arn } = scope.caller
    if (input.Policy !== undefined) judgeKeyPolicy(input.Policy)
    return {
      accountUid: account.uid,
      region: scope.regions.alibaba,
      creator: arn,
      description: input.Description ?? '',
      spec: input.KeySpec ?? 'Aliyun_AES_256',
      usage: input.KeyUsage ?? 'ENCRYPT/DECRYPT',
      origin: input.Origin ?? 'Aliyun_KMS',
      protectionLevel: input.ProtectionLevel ?? 'SOFTWARE',
      policyText: input.Policy ?? defaultKeyPolicy(account.uid),
    }
  },
  checks: (_scope, _input, key) => [
    {
      language: 'ram',
      action: 'kms:CreateKey',
      resource: keyContainerArn(key.region, key.accountUid),
      owner: key.accountUid,
      facts: keyFacts(key),
    },
  ],
  decided: () => [],
  touches: (_scope, _input, key) => [key.accountUid],
  prepare(scope, _input, key) {
    if (key.spec !== 'Aliyun_AES_256' || key.usage !== 'ENCRYPT/DECRYPT' || key.origin !== 'Aliyun_KMS') {
      throw refuse({ code: 'UnsupportedOperation' })
    }
    return prepareSymmetricKey(scope.rootKey, key.accountUid, 32)
  },
  async work(tx, scope, _input, key, prepared) {
    const now = scope.clock.now()
    await insertKey(tx, key, prepared, now)
    return {
      KeyMetadata: keyMetadata({
        ...key,
        id: prepared.keyId,
        arn: keyArn(key.region, key.accountUid, prepared.keyId),
        state: 'Enabled',
        primaryVersionId: prepared.versionId,
        createdAt: now,
        deleteAt: undefined,
      }),
    }
  },
  example: () => ({ Description: 'orders', KeySpec: 'Aliyun_AES_256' }),
})
