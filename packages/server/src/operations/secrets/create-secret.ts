import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { writeTags } from '../../base/tags.ts'
import { assertInstance } from '../../kms/instance.ts'
import { defaultKeyPolicy, judgeKeyPolicy, policyWarnings } from '../../kms/policy.ts'
import { nextRotation } from '../../kms/rotation.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { assertBelowLimit } from '../../secrets/limits.ts'
import { newSecretName, secretArn, secretContainerArn } from '../../secrets/names.ts'
import { insertRotation, newRotationId } from '../../secrets/rotation/journal.ts'
import { readSecretRotation } from '../../secrets/rotation-policy.ts'
import { findSecretRow, insertSecret, type SecretRow } from '../../secrets/secrets.ts'
import { isManaged, readExtendedConfig, SECRET_TYPES, type SecretType } from '../../secrets/types.ts'
import { CURRENT, PREVIOUS, putVersion } from '../../secrets/versions.ts'
import { Description, Input } from '../kms/fields.ts'
import { readTagList, Tags } from '../kms/tag-key.ts'
import { assertValue, RotationInterval, SecretData, SecretDataType, SecretName, VersionId } from './fields.ts'
import { firstValues } from './managed-value.ts'
import { assertRamUser, KEY_ACTIONS, resolveRamUser, roleChecks } from './ram-user.ts'
import { RotationOut, rotationFields } from './shown.ts'
import { assertUsable, decidedValueKey, keyChecks, prepareValue, resolveNewKey } from './value-key.ts'

const { LastRotationDate: _, ...CreatedRotation } = RotationOut

/**
 * Makes a secret with its first version (reference: alibaba-kms.md A.2 CreateSecret, D). Decided by identity, session and
 * control policies alone, and by the policies of the key that it names: a policy supplied with the call counts from the
 * next call (design, section 5).
 */
export const createSecret = writeOperation({
  name: 'kms:CreateSecret',
  summary: 'Create a secret with its first version',
  effect: 'write',
  input: Input({
    SecretName,
    SecretData,
    VersionId,
    SecretDataType,
    SecretType: Type.Optional(Type.Enum([...SECRET_TYPES])),
    EncryptionKeyId: Type.Optional(Type.String({ maxLength: 512 })),
    DKMSInstanceId: Type.Optional(Type.String({ maxLength: 128 })),
    Description: Type.Optional(Description),
    // A structure of its own for each type; clients also send `ExtendedConfig.CustomData` by itself, as JSON text.
    ExtendedConfig: Type.Optional(
      Type.Object({ CustomData: Type.Optional(Type.Record(Type.String(), Type.Unknown())) }),
    ),
    EnableAutomaticRotation: Type.Optional(Type.Boolean()),
    RotationInterval,
    Policy: Type.Optional(Type.String({ minLength: 1 })),
    Tags: Type.Optional(Tags),
  }),
  output: Type.Object({
    Arn: Type.String(),
    SecretName: Type.String(),
    SecretType: Type.String(),
    VersionId: Type.String(),
    DKMSInstanceId: Type.String(),
    ExtendedConfig: Type.String(),
    ...CreatedRotation,
  }),
  async resolve(scope, input) {
    assertValue(input.SecretData)
    const type: SecretType = input.SecretType ?? 'Generic'
    if (isManaged(type) && input.SecretDataType === 'binary') {
      throw refuse({ code: 'InvalidParameter', name: 'SecretDataType' })
    }
    const config = readExtendedConfig(type, input.ExtendedConfig)
    const name = newSecretName(input.SecretName, type, config?.UserName as string | undefined)
    if (input.Policy !== undefined) judgeKeyPolicy(input.Policy, undefined, 'secret')
    const tags = readTagList(input.Tags ?? [])
    // Of a Generic secret rotation means nothing, as its settings do.
    const rotates = isManaged(type) && (input.EnableAutomaticRotation ?? false)
    const rotation = readSecretRotation(rotates, input.RotationInterval)
    const key = await resolveNewKey(scope, input.EncryptionKeyId || undefined)
    const user =
      type === 'RAMCredentials'
        ? await resolveRamUser(scope, scope.caller.account.uid, String(config?.UserName))
        : undefined
    return { type, config, name, tags, rotation, key, user }
  },
  checks(scope, input, { key, name, tags, type, user }) {
    const { uid } = scope.caller.account
    const resource = secretContainerArn(scope.regions.alibaba, uid)
    const asked = { 'kms:SecretName': name, 'kms:SecretType': type }
    const named = input.EncryptionKeyId ? { 'kms:EncryptionKeyId': input.EncryptionKeyId } : {}
    return [
      {
        language: 'ram',
        action: 'kms:CreateSecret',
        resource,
        owner: uid,
        facts: { ...asked, 'kms:EncryptionKeyId': key.keyId },
        requestTags: tags,
        asMissing: { resource, owner: uid, facts: { ...asked, ...named } },
      },
      ...keyChecks('GenerateDataKey', key),
      ...roleChecks(user, KEY_ACTIONS),
    ]
  },
  state(_scope, _input, { user }) {
    if (user) assertRamUser(user)
  },
  decided: ({ key }) => decidedValueKey(key),
  touches: ({ caller }, _input, { key, name }) => [
    { account: caller.account.uid, kind: 'secrets', items: [name] },
    // The service's own key comes with the first secret.
    ...(key.keyId === undefined ? ([{ account: caller.account.uid, kind: 'keys' }] as const) : []),
  ],
  async prepare(scope, input, { config, key, name, rotation, tags, type, user }) {
    const { account, arn: creator } = scope.caller
    const region = scope.regions.alibaba
    if (input.DKMSInstanceId) assertInstance(input.DKMSInstanceId)
    assertUsable(scope, 'GenerateDataKey', key)
    await assertBelowLimit(scope.store.read, account.uid, region)
    const now = scope.clock.now()
    const id = randomUUID()
    const owner = { accountUid: account.uid, secretId: id }
    const dataType = input.SecretDataType ?? 'text'
    const first = config
      ? await firstValues(scope, { accountUid: account.uid, type, config }, input.SecretData, user)
      : { current: input.SecretData, previous: undefined, pending: false }
    const current = { versionId: input.VersionId, dataType, value: first.current }
    const value = await prepareValue(scope, key, owner, current)
    const previous =
      first.previous === undefined
        ? undefined
        : await prepareValue(scope, key, owner, {
            versionId: randomUUID(),
            dataType,
            value: first.previous,
          })
    const row: Omit<SecretRow, 'kms_key_id'> = {
      id,
      account_uid: account.uid,
      region,
      name,
      type,
      description: input.Description ?? '',
      creator,
      policy:
        input.Policy ?? defaultKeyPolicy(account.uid, 'secret', scope.cloudDefaultPolicy ? '*' : 'root'),
      tags: writeTags(tags),
      extended_config: config ? JSON.stringify(config) : null,
      service_key: key.target ? 0 : 1,
      instance_id: input.DKMSInstanceId || null,
      created_at: now,
      updated_at: now,
      delete_at: null,
      automatic_rotation: rotation.on ? 1 : 0,
      rotation_interval_s: rotation.intervalS,
      last_rotation_at: null,
      next_rotation_at: nextRotation(rotation, now),
      rotation_error: null,
      rotations_since: null,
      rotations_count: null,
      version: 1,
    }
    const warnings = input.Policy === undefined ? [] : policyWarnings(input.Policy, account.uid, 'secret')
    return { row, value, previous, warnings, rotationId: first.pending ? newRotationId() : undefined, scope }
  },
  async work(tx, scope, input, { config, name, type }, { row, value, previous, rotationId, warnings }) {
    await assertFree(tx, row)
    const { keyId, version } = await value.finish(tx)
    await insertSecret(tx, { ...row, kms_key_id: keyId })
    const owner = { id: row.id, accountUid: row.account_uid }
    if (previous) {
      const { version: other } = await previous.finish(tx)
      await putVersion(tx, owner, other, [PREVIOUS], row.created_at)
    }
    await putVersion(tx, owner, version, [CURRENT], row.created_at)
    if (rotationId !== undefined) {
      await insertRotation(
        tx,
        rotationId,
        {
          secretId: row.id,
          accountUid: row.account_uid,
          versionId: input.VersionId,
          cause: 'create',
          state: 'setting',
          newRow: value.rowId,
        },
        row.created_at,
      )
    }
    for (const warning of warnings) scope.warn(warning)
    // A secret that is new was never rotated, and the call has no member for when it was.
    const { LastRotationDate: _, ...rotation } = rotationFields({
      automaticRotation: row.automatic_rotation === 1,
      rotationIntervalS: row.rotation_interval_s ?? undefined,
      lastRotationAt: undefined,
      nextRotationAt: row.next_rotation_at ?? undefined,
      rotationError: undefined,
    })
    return {
      Arn: secretArn(row.region, row.account_uid, name),
      SecretName: name,
      SecretType: type,
      VersionId: input.VersionId,
      DKMSInstanceId: row.instance_id ?? '',
      ExtendedConfig: config ? JSON.stringify(config) : '',
      ...rotation,
    }
  },
  // A value that was made here is being set: who asked is answered once it is.
  async committed({ rotationId, scope }) {
    if (rotationId !== undefined) await scope.secretRotations?.settled(rotationId)
  },
  example: {
    SecretName: '{secrets.newName}',
    EncryptionKeyId: '{secrets.secretKeyId}',
    SecretData: '{"user":"shop","password":"example-password"}',
    VersionId: 'v1',
  },
})

/** A name is free again once its last holder is gone for good, not when its window ends. */
async function assertFree(
  tx: Parameters<typeof findSecretRow>[0],
  { account_uid, name, region }: Pick<SecretRow, 'account_uid' | 'name' | 'region'>,
): Promise<void> {
  const there = await findSecretRow(tx, account_uid, region, name)
  if (there) throw refuse({ code: there.delete_at === null ? 'SecretExists' : 'SecretInDeletion' })
}
