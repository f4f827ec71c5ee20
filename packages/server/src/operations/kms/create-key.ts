import { Type } from 'typebox'
import { DEFAULT_KEY_SPEC, namesIn, usagesOf } from '../../crypto/algorithms/index.ts'
import { assertPossible, insertKey, type NewKey, newKey, prepareKey } from '../../kms/create.ts'
import { readKey } from '../../kms/keys.ts'
import { assertBelowLimit } from '../../kms/limits.ts'
import { keyContainerArn } from '../../kms/names.ts'
import { defaultKeyPolicy, judgeKeyPolicy, policyWarnings } from '../../kms/policy.ts'
import { readRotationPolicy } from '../../kms/rotation.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { Description, Input } from './fields.ts'
import { describedFacts } from './key-checks.ts'
import { CreatedKeyMetadata, createdKeyMetadata } from './key-metadata.ts'
import { readTagList, Tags } from './tag-key.ts'

/**
 * Makes a key (reference: alibaba-kms.md A.2 CreateKey). Decided by identity, session and control policies alone: a
 * policy supplied with the call counts from the next call (design, section 5). Where a level of protection is asked for
 * it is kept as it was said: all material is sealed under the one root key. `KeyStorageMechanism` says where hardware
 * would keep the key; there is none.
 */
export const createKey = writeOperation({
  name: 'kms:CreateKey',
  summary: 'Create a key',
  effect: 'write',
  input: Input({
    Description: Type.Optional(Description),
    KeySpec: Type.Optional(Type.Enum(namesIn(({ name }) => [name]))),
    KeyUsage: Type.Optional(Type.Enum(namesIn((spec) => Object.keys(usagesOf(spec))))),
    Origin: Type.Optional(Type.Enum(['Aliyun_KMS', 'EXTERNAL'])),
    ProtectionLevel: Type.Optional(Type.Enum(['SOFTWARE', 'HSM'])),
    KeyStorageMechanism: Type.Optional(Type.Enum(['HsmInternal', 'HsmEncryptedDatabase'])),
    DKMSInstanceId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    EnableAutomaticRotation: Type.Optional(Type.Boolean()),
    RotationInterval: Type.Optional(Type.String({ maxLength: 32 })),
    Policy: Type.Optional(Type.String({ minLength: 1 })),
    Tags: Type.Optional(Tags),
  }),
  output: Type.Object({ KeyMetadata: CreatedKeyMetadata }),
  resolve(scope, input): NewKey {
    const { account, arn } = scope.caller
    if (input.Policy !== undefined) judgeKeyPolicy(input.Policy)
    const tags = readTagList(input.Tags ?? [])
    return newKey(
      { accountUid: account.uid, region: scope.regions.alibaba, creator: arn },
      {
        description: input.Description,
        spec: input.KeySpec,
        usage: input.KeyUsage,
        origin: input.Origin,
        protectionLevel: input.ProtectionLevel,
        instanceId: input.DKMSInstanceId,
        policyText:
          input.Policy ?? defaultKeyPolicy(account.uid, 'key', scope.cloudDefaultPolicy ? '*' : 'root'),
        tags,
        rotation: readRotationPolicy(input.EnableAutomaticRotation ?? false, input.RotationInterval),
      },
    )
  },
  checks: (_scope, _input, key) => [
    {
      language: 'ram',
      action: 'kms:CreateKey',
      resource: keyContainerArn(key.region, key.accountUid),
      owner: key.accountUid,
      facts: describedFacts(key),
      requestTags: key.tags,
    },
  ],
  decided: () => [],
  // What was remembered as absent goes too: the new id is nobody's yet.
  touches: (_scope, _input, key) => [{ account: key.accountUid, kind: 'keys', items: [] }],
  async prepare(scope, { Policy }, key) {
    assertPossible(key)
    await assertBelowLimit(scope.store.read, 'keys', key.accountUid, key.region)
    const material = key.origin === 'EXTERNAL' ? null : await scope.asymmetric.generate(key.kind)
    const warnings = Policy === undefined ? [] : policyWarnings(Policy, key.accountUid)
    return { row: prepareKey(scope.keyring, key.accountUid, material), warnings }
  },
  async work(tx, scope, _input, key, { row: prepared, warnings }) {
    const row = await insertKey(tx, key, prepared, scope.clock.now())
    for (const warning of warnings) scope.warn(warning)
    const made = readKey(row)
    return { KeyMetadata: createdKeyMetadata(made, made.state) }
  },
  example: { Description: 'orders', KeySpec: DEFAULT_KEY_SPEC },
})
