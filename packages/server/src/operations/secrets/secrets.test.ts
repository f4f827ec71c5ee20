import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dueSecretWork } from '../../secrets/due.ts'
import { openDoor } from '../../secrets/engines/testing/open-door.ts'
import { sealPassword } from '../../secrets/targets/password.ts'
import { putTarget } from '../../secrets/targets/targets.ts'
import { firstValue, readExtendedConfig, type SecretType } from '../../secrets/types.ts'
import { type KmsHouse, OTHER, OWN, openKmsHouse, REGION } from '../kms/testing/kms-house.ts'
import { secretDestroyer } from './due-acts.ts'

let house: KmsHouse
let count = 0
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

/** Registers the target `rm-1`, which lets everyone in. */
async function knowTarget({ keyring, store }: KmsHouse): Promise<void> {
  const { port } = await openDoor()
  const facts = {
    engine: 'postgresql',
    address: '127.0.0.1',
    port,
    database: '',
    tls: 'off',
    ca: '',
    administrator: 'keyward',
    accounts: ['a', 'a1', 'a2', 'a3'],
  } as const
  const id = 'target'
  const sealedPassword = sealPassword(keyring, { id, account_uid: OWN.uid }, 'p')
  await store.write((tx) => putTarget(tx, OWN.uid, 'rm-1', { id, facts, sealedPassword }, 0))
}

const create = async (options: object = {}) => {
  count += 1
  const SecretName = `secret-${count}`
  await house.ok('CreateSecret', { SecretName, SecretData: 'one', VersionId: 'v1', ...options })
  return SecretName
}
const put = (SecretName: string, VersionId: string, more: object = {}) =>
  house.ok('PutSecretValue', { SecretName, VersionId, SecretData: `value of ${VersionId}`, ...more })
const value = async (SecretName: string, more: object = {}) =>
  (await house.ok('GetSecretValue', { SecretName, ...more })).SecretData
const stages = async (SecretName: string) => {
  const input = { SecretName, IncludeDeprecated: true, PageSize: 100 }
  const { VersionIds } = await house.ok('ListSecretVersionIds', input)
  const shown = VersionIds.VersionId.map(
    (one: { VersionId: string; VersionStages: { VersionStage: string[] } }) => [
      one.VersionId,
      one.VersionStages.VersionStage,
    ],
  )
  return Object.fromEntries(shown)
}

describe('versions and stages', () => {
  it('move as values are put', async () => {
    const name = await create()
    expect(await put(name, 'v2')).toEqual({
      SecretName: name,
      VersionId: 'v2',
      VersionStages: { VersionStage: ['ACSCurrent'] },
    })
    expect(await stages(name)).toEqual({ v1: ['ACSPrevious'], v2: ['ACSCurrent'] })
    await put(name, 'v3', { VersionStages: ['next'] })
    expect(await stages(name)).toEqual({ v1: ['ACSPrevious'], v2: ['ACSCurrent'], v3: ['next'] })
    await put(name, 'v4', { VersionStages: ['ACSCurrent', 'next'] })
    expect(await stages(name)).toEqual({ v1: [], v2: ['ACSPrevious'], v3: [], v4: ['ACSCurrent', 'next'] })
    expect(await value(name)).toBe('value of v4')
    expect(await value(name, { VersionStage: 'ACSPrevious' })).toBe('value of v2')
    expect(await value(name, { VersionId: 'v1' })).toBe('one')
    expect(await value(name, { VersionId: 'v4', VersionStage: 'next' })).toBe('value of v4')
    const other = { SecretName: name, VersionId: 'v4', VersionStage: 'ACSPrevious' }
    expect(await house.problem('GetSecretValue', other)).toEqual({ code: 'SecretNotFound' })
    expect(await house.problem('GetSecretValue', { SecretName: name, VersionStage: 'none' })).toEqual({
      code: 'SecretNotFound',
    })
  })

  it('take the same version again, and no other value under its name', async () => {
    const name = await create()
    const again = { SecretName: name, VersionId: 'v1', SecretData: 'one' }
    expect(await house.ok('PutSecretValue', again)).toMatchObject({
      VersionStages: { VersionStage: ['ACSCurrent'] },
    })
    expect(await house.problem('PutSecretValue', { ...again, SecretData: 'two' })).toEqual({
      code: 'SecretExists',
    })
    expect(await value(name)).toBe('one')
  })

  it('let the oldest version without a stage go', async () => {
    const name = await create()
    const move = { SecretName: name, VersionStage: 'kept', MoveToVersion: 'v1' }
    await house.ok('UpdateSecretVersionStage', move)
    for (let n = 2; n <= 12; n += 1) await put(name, `v${n}`)
    const found = await stages(name)
    expect(Object.keys(found)).toHaveLength(10)
    expect(found).toMatchObject({ v1: ['kept'], v11: ['ACSPrevious'], v12: ['ACSCurrent'] })
    expect(found).not.toHaveProperty('v2')
    expect(found).not.toHaveProperty('v3')
  })

  it('have room for eight stages, and always for ACSPrevious', async () => {
    const name = await create()
    for (let n = 1; n <= 7; n += 1) {
      const move = { SecretName: name, VersionStage: `stage-${n}`, MoveToVersion: 'v1' }
      await house.ok('UpdateSecretVersionStage', move)
    }
    const ninth = { SecretName: name, VersionStage: 'stage-8', MoveToVersion: 'v1' }
    expect(await house.problem('UpdateSecretVersionStage', ninth)).toMatchObject({ code: 'LimitExceeded' })
    await put(name, 'v2')
    expect((await stages(name)).v1).toContain('ACSPrevious')
  })

  it('move by hand', async () => {
    const name = await create()
    await put(name, 'v2')
    const move = (more: object) => house.ok('UpdateSecretVersionStage', { SecretName: name, ...more })
    await move({ VersionStage: 'ACSCurrent', MoveToVersion: 'v1' })
    expect(await stages(name)).toEqual({ v1: ['ACSCurrent'], v2: ['ACSPrevious'] })
    await move({ VersionStage: 'ACSCurrent', MoveToVersion: 'v1' })
    expect(await stages(name)).toEqual({ v1: ['ACSCurrent'], v2: ['ACSPrevious'] })
    await move({ VersionStage: 'mine', MoveToVersion: 'v2' })
    await move({ VersionStage: 'mine', RemoveFromVersion: 'v2', MoveToVersion: 'v1' })
    await move({ VersionStage: 'mine', RemoveFromVersion: 'v1' })
    expect(await stages(name)).toEqual({ v1: ['ACSCurrent'], v2: ['ACSPrevious'] })
    const refused = (more: object) => house.problem('UpdateSecretVersionStage', { SecretName: name, ...more })
    expect(await refused({ VersionStage: 'mine' })).toMatchObject({ code: 'InvalidParameter' })
    expect(await refused({ VersionStage: 'ACSCurrent', RemoveFromVersion: 'v1' })).toMatchObject({
      code: 'StageMismatch',
    })
    expect(
      await refused({ VersionStage: 'ACSCurrent', RemoveFromVersion: 'v2', MoveToVersion: 'v1' }),
    ).toMatchObject({ code: 'StageMismatch' })
    expect(await refused({ VersionStage: 'mine', MoveToVersion: 'v9' })).toEqual({ code: 'SecretNotFound' })
  })
})

describe('names', () => {
  it.each([
    ['Generic', 'acs/x'],
    ['Generic', 'acs/ecs/x'],
    ['Generic', 'a:b'],
    ['Generic', '中'.repeat(65)],
    ['Generic', 'x'.repeat(193)],
    ['ECS', 'x'],
    ['Rds', 'acs/x'],
    ['Redis', 'acs/x'],
    ['RAMCredentials', 'acs/ram/user/x'],
  ])('of a %s secret cannot be %s', async (SecretType, SecretName) => {
    const configs: Record<string, object> = {
      ECS: { SecretSubType: 'Password', RegionId: 'r', InstanceId: 'i' },
      Rds: { SecretSubType: 'SingleUser', DBInstanceId: 'i' },
      RAMCredentials: { SecretSubType: 'RamUserAccessKey', UserName: 'alice' },
      Redis: {
        SecretSubType: 'DoubleUsers',
        RegionId: 'r',
        InstanceId: 'i',
        AccountName: 'a',
        CloneAccountName: 'a_clone',
        AccountPrivilege: 'RoleReadWrite',
      },
    }
    const input = { SecretName, SecretType, SecretData: 'x', VersionId: 'v1' }
    const ExtendedConfig = configs[SecretType]
    expect(
      await house.problem('CreateSecret', { ...input, ...(ExtendedConfig && { ExtendedConfig }) }),
    ).toEqual({ code: 'InvalidParameter', name: 'SecretName' })
  })

  it.each(['x'.repeat(192), '中'.repeat(64), 'a/b+c=d.e@f-g_h', '/x', '密/码'])(
    'can be %s',
    async (SecretName) => {
      await create({ SecretName })
      expect(await value(SecretName)).toBe('one')
      expect(await value(`acs:kms:${REGION}:${OWN.uid}:secret/${SecretName}`)).toBe('one')
    },
  )
})

describe('deletion', () => {
  it('waits, lets only what shows it go on, and is taken back', async () => {
    const name = await create()
    await house.ok('DeleteSecret', { SecretName: name, RecoveryWindowInDays: 7 })
    for (const action of ['GetSecretValue', 'UpdateSecret', 'DeleteSecret']) {
      expect([action, await house.problem(action, { SecretName: name })]).toEqual([
        action,
        { code: 'SecretInDeletion' },
      ])
    }
    const again = { SecretName: name, SecretData: 'x', VersionId: 'v1' }
    expect(await house.problem('PutSecretValue', again)).toEqual({ code: 'SecretInDeletion' })
    expect(await house.problem('CreateSecret', again)).toEqual({ code: 'SecretInDeletion' })
    expect((await house.ok('DescribeSecret', { SecretName: name })).PlannedDeleteTime).not.toBe('')
    await house.ok('RestoreSecret', { SecretName: name })
    expect(await house.problem('RestoreSecret', { SecretName: name })).toEqual({
      code: 'SecretNotInDeletion',
    })
    expect(await value(name)).toBe('one')
    expect(await house.problem('CreateSecret', again)).toEqual({ code: 'SecretExists' })
  })

  it('ends with the window, whether the work of the clock came or not', async () => {
    const name = await create()
    await house.ok('DeleteSecret', { SecretName: name, RecoveryWindowInDays: 7 })
    house.days(7)
    expect(await house.problem('DescribeSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
    expect(await house.problem('RestoreSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
    const there = { SecretName: name, SecretData: 'x', VersionId: 'v1' }
    expect(await house.problem('CreateSecret', there)).toEqual({ code: 'SecretInDeletion' })
    const { clock, store } = house
    expect(await dueSecretWork({ clock, store, destroy: secretDestroyer(house.act)() })).toBe(1)
    expect(house.audited.at(-1)).toMatchObject({
      operation: 'keyward:DestroySecret',
      caller: 'keyward',
      outcome: 'Success',
      checks: [{ resource: `acs:kms:${REGION}:${OWN.uid}:secret/${name}`, decision: 'Allow' }],
    })
    await house.ok('CreateSecret', there)
  })

  it('happens at once when it is forced, also in the window', async () => {
    for (const before of [false, true]) {
      const name = await create()
      if (before) await house.ok('DeleteSecret', { SecretName: name })
      const forced = { SecretName: name, ForceDeleteWithoutRecovery: true }
      expect(await house.problem('DeleteSecret', { ...forced, RecoveryWindowInDays: 7 })).toMatchObject({
        code: 'InvalidParameter',
      })
      await house.ok('DeleteSecret', forced)
      expect(await house.problem('DescribeSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
      await house.ok('CreateSecret', { SecretName: name, SecretData: 'new', VersionId: 'v1' })
      expect(await value(name)).toBe('new')
    }
  })
})

describe('the key of a secret', () => {
  it('is the service\u2019s own, one an account, that nobody else uses or changes', async () => {
    const fresh = await openKmsHouse()
    try {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
      const made = (SecretName: string) =>
        fresh.ok('CreateSecret', { SecretName, SecretData: `of ${SecretName}`, VersionId: 'v1' })
      await Promise.all(names.map(made))
      const described = await Promise.all(
        names.map((SecretName) => fresh.ok('DescribeSecret', { SecretName })),
      )
      const [KeyId, ...others] = new Set(described.map((one) => one.EncryptionKeyId))
      expect(others).toEqual([])
      for (const SecretName of names) {
        expect((await fresh.ok('GetSecretValue', { SecretName })).SecretData).toBe(`of ${SecretName}`)
      }
      expect((await fresh.ok('ListKeys')).TotalCount).toBe(1)
      const Filters = (value: string) => ({ Filters: [{ Key: 'CreatorType', Values: [value] }] })
      expect((await fresh.ok('ListKeys', Filters('Service'))).TotalCount).toBe(1)
      expect((await fresh.ok('ListKeys', Filters('User'))).TotalCount).toBe(0)
      await fresh.ok('DescribeKey', { KeyId })
      const asked: [string, object][] = [
        ['Encrypt', { Plaintext: 'x' }],
        ['GenerateDataKey', {}],
        ['DisableKey', {}],
        ['ScheduleKeyDeletion', { PendingWindowInDays: 7 }],
        ['SetKeyPolicy', { Policy: (await fresh.ok('GetKeyPolicy', { KeyId })).Policy }],
        ['CreateAlias', { AliasName: 'alias/x' }],
        ['TagResource', { Tags: [{ TagKey: 'a' }] }],
        ['CreateKeyVersion', {}],
        ['UpdateKeyDescription', { Description: 'x' }],
      ]
      for (const [action, more] of asked) {
        expect([action, await fresh.problem(action, { KeyId, ...more })]).toEqual([
          action,
          { code: 'UnsupportedOperation', detail: 'The service made this key for itself.' },
        ])
      }
      await fresh.ok('CreateSecret', {
        ...{ SecretData: 'x', VersionId: 'v1' },
        SecretName: 'named',
        EncryptionKeyId: KeyId,
      })
    } finally {
      await fresh.close()
    }
  })

  it('of the caller\u2019s must be one that the caller may use, by its policy too', async () => {
    const KeyId = await house.key()
    const name = await create({ EncryptionKeyId: KeyId })
    const on = (what: string) => `acs:kms:*:${OWN.uid}:${what}`
    const reads = { Effect: 'Allow', Action: 'kms:GetSecretValue', Resource: on('secret/*') }
    const half = house.user('half', [reads])
    expect(await house.problem('GetSecretValue', { SecretName: name }, half)).toMatchObject({
      code: 'AccessDenied',
      denial: { action: 'kms:Decrypt', resource: on('key/*').replace('*', REGION) },
    })
    const whole = house.user('whole', [
      reads,
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: on(`key/${KeyId}`) },
    ])
    expect((await house.ok('GetSecretValue', { SecretName: name }, whole)).SecretData).toBe('one')
    const deny = { Effect: 'Deny', Principal: { RAM: [whole.arn] }, Action: ['kms:Decrypt'], Resource: ['*'] }
    await house.ok('SetKeyPolicy', { KeyId, Policy: JSON.stringify({ Version: '1', Statement: [deny] }) })
    expect(await house.problem('GetSecretValue', { SecretName: name }, whole)).toMatchObject({
      code: 'AccessDenied',
      denial: { action: 'kms:Decrypt' },
    })
    const writes = house.user('writes', [
      { Effect: 'Allow', Action: ['kms:PutSecretValue', 'kms:CreateSecret'], Resource: '*' },
    ])
    const more = { SecretName: name, SecretData: 'two', VersionId: 'v2' }
    expect(await house.problem('PutSecretValue', more, writes)).toMatchObject({
      denial: { action: 'kms:GenerateDataKey' },
    })
    expect(
      await house.problem('CreateSecret', { ...more, SecretName: 'no', EncryptionKeyId: KeyId }, writes),
    ).toMatchObject({ denial: { action: 'kms:GenerateDataKey' } })
    await house.ok('CreateSecret', { ...more, SecretName: 'service-keyed' }, writes)
  })

  it('gives its state to the calls that need it', async () => {
    const KeyId = await house.key()
    const name = await create({ EncryptionKeyId: KeyId })
    const get = () => house.problem('GetSecretValue', { SecretName: name })
    const write = () =>
      house.problem('PutSecretValue', { SecretName: name, SecretData: 'x', VersionId: 'v2' })
    await house.ok('DisableKey', { KeyId })
    const disabled = { code: 'KeyStateRejects', state: 'Disabled' }
    expect([await get(), await write()]).toEqual([disabled, disabled])
    await house.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    const pending = { code: 'KeyStateRejects', state: 'PendingDeletion' }
    expect([await get(), await write()]).toEqual([pending, pending])
    house.days(8)
    await house.work()
    expect([await get(), await write()]).toEqual([{ code: 'KeyNotFound' }, { code: 'KeyNotFound' }])
    await house.ok('DeleteSecret', { SecretName: name, ForceDeleteWithoutRecovery: true })
  })

  it('is symmetric, and of the account', async () => {
    const input = { SecretName: 'never', SecretData: 'x', VersionId: 'v1' }
    const pair = await house.key({ KeySpec: 'EC_P256' })
    expect(await house.problem('CreateSecret', { ...input, EncryptionKeyId: pair })).toMatchObject({
      code: 'UnsupportedOperation',
    })
    const { KeyMetadata } = await house.ok('CreateKey', {}, house.stranger)
    expect(await house.problem('CreateSecret', { ...input, EncryptionKeyId: KeyMetadata.Arn })).toMatchObject(
      { code: 'AccessDenied' },
    )
  })
})

describe('another account', () => {
  it('reads when both sides allow, and manages nothing', async () => {
    const name = await create()
    const arn = `acs:kms:${REGION}:${OWN.uid}:secret/${name}`
    const all = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    const bob = house.user('bob', [all], OTHER)
    const carol = house.user('carol', undefined, OTHER)
    const policy = {
      Effect: 'Allow',
      Principal: { RAM: [bob.arn, carol.arn] },
      Action: ['kms:*'],
      Resource: ['*'],
    }
    const get = { SecretName: arn }
    expect((await house.call(bob, 'GetSecretValue', get)).ok).toBe(false)
    await house.ok('SetSecretPolicy', {
      SecretName: name,
      Policy: JSON.stringify({ Version: '1', Statement: [policy] }),
    })
    expect((await house.ok('GetSecretValue', get, bob)).SecretData).toBe('one')
    expect((await house.ok('DescribeSecret', get, bob)).SecretName).toBe(name)
    expect((await house.ok('ListSecretVersionIds', get, bob)).TotalCount).toBe(1)
    expect((await house.call(carol, 'GetSecretValue', get)).ok).toBe(false)
    for (const [action, more] of [
      ['PutSecretValue', { SecretData: 'x', VersionId: 'v2' }],
      ['DeleteSecret', {}],
      ['UpdateSecret', { Description: 'x' }],
      ['GetSecretPolicy', {}],
    ] as const) {
      expect([action, await house.problem(action, { ...get, ...more }, bob)]).toMatchObject([
        action,
        { code: 'AccessDenied', denial: { foreign: true } },
      ])
    }
  })
})

describe('values', () => {
  it('of every kind come back as they were', async () => {
    const data = [
      'x'.repeat(30_720),
      '\u0000\u0001\u007f',
      '𝔘nicode \u{10ffff} \ufeff ü 中 \u200d',
      '中'.repeat(10_240),
      Buffer.from(Array.from({ length: 256 }, (_, n) => n)).toString('base64'),
    ]
    for (const SecretData of data) {
      const name = await create({ SecretData, SecretDataType: 'binary' })
      expect(await house.ok('GetSecretValue', { SecretName: name })).toMatchObject({
        SecretData,
        SecretDataType: 'binary',
      })
    }
  })

  it.each(['x'.repeat(30_721), '中'.repeat(10_241), '\ud800'])(
    'of other kinds are refused',
    async (SecretData) => {
      const input = { SecretName: 'never', SecretData, VersionId: 'v1' }
      expect(await house.problem('CreateSecret', input)).toMatchObject({
        code: 'InvalidParameter',
        name: 'SecretData',
      })
    },
  )

  it('come in batches, with what went wrong beside them', async () => {
    const KeyId = await house.key()
    const [good, keyed] = [await create(), await create({ EncryptionKeyId: KeyId })]
    await house.ok('DisableKey', { KeyId })
    const SecretsList = [good, keyed, 'none'].map((SecretName) => ({ SecretName }))
    expect(await house.ok('BatchGetSecretValue', { SecretsList })).toMatchObject({
      SecretValues: [{ SecretName: good, SecretData: 'one' }],
      Errors: [
        { SecretName: keyed, Problem: { code: 'KeyStateRejects', state: 'Disabled' } },
        { SecretName: 'none', Problem: { code: 'SecretNotFound' } },
      ],
    })
  })
})

describe('tags', () => {
  const RESOURCES = { RegionId: REGION, ResourceType: 'secret' }
  const tagsOf = async (SecretName: string) => {
    const { Tags } = await house.ok('DescribeSecret', { SecretName, FetchTags: true })
    const tags = Tags.Tag as { TagKey: string; TagValue: string }[]
    return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]))
  }

  it('come with the secret, are written by every call and listed', async () => {
    const name = await create({ Tags: [{ TagKey: 'Project', TagValue: 'A' }] })
    const other = await create()
    await house.ok('TagResource', { SecretName: name, Tags: [{ TagKey: 'Stage', TagValue: 'test' }] })
    expect(await tagsOf(name)).toEqual({ Project: 'A', Stage: 'test' })
    const both = { ...RESOURCES, ResourceId: [name, other] }
    await house.ok('TagResources', { ...both, Tag: [{ Key: 'Team', Value: 'x' }] })
    const listed = await house.ok('ListTagResources', { ...RESOURCES, Tag: [{ Key: 'Team' }] })
    expect(listed.TagResources.TagResource).toContainEqual({
      ResourceId: name,
      ResourceType: 'secret',
      TagKey: 'Project',
      TagValue: 'A',
    })
    expect(listed.TagResources.TagResource).toHaveLength(4)
    const named = await house.ok('ListTagResources', { ...RESOURCES, ResourceId: [other] })
    expect(named.TagResources.TagResource).toHaveLength(1)
    await house.ok('UntagResource', { SecretName: name, TagKeys: ['Project', 'none'] })
    await house.ok('UntagResources', { ...RESOURCES, ResourceId: [other], All: true })
    expect([await tagsOf(name), await tagsOf(other)]).toEqual([{ Stage: 'test', Team: 'x' }, {}])
    const missing = { ...RESOURCES, ResourceId: [name, 'none'], Tag: [{ Key: 'a' }] }
    expect(await house.problem('TagResources', missing)).toEqual({ code: 'ResourceIdNotFound' })
    expect(await house.problem('ListTagResources', { ...RESOURCES, ResourceId: ['none'] })).toEqual({
      code: 'ResourceIdNotFound',
    })
    const shown = await house.ok('ListSecrets', {
      FetchTags: true,
      Filters: [{ Key: 'TagKey', Values: ['Stage'] }],
    })
    expect(shown.SecretList.Secret).toMatchObject([
      { SecretName: name, Tags: { Tag: [{ TagKey: 'Stage' }, { TagKey: 'Team' }] } },
    ])
  })

  it('cannot be changed by who may not touch the name or the type', async () => {
    const name = await create()
    const allow = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    const deny = (key: string, value: string) => ({
      Effect: 'Deny',
      Action: 'kms:*Tag*',
      Resource: '*',
      Condition: { StringEquals: { [key]: value } },
    })
    const held = [
      house.user('held-by-name', [allow, deny('kms:SecretName', name)]),
      house.user('held-by-type', [allow, deny('kms:SecretType', 'Generic')]),
    ]
    const free = house.user('free', [allow, deny('kms:SecretName', 'other'), deny('kms:SecretType', 'Rds')])
    const many = { ...RESOURCES, ResourceId: [name] }
    const calls: [string, object][] = [
      ['TagResource', { SecretName: name, Tags: [{ TagKey: 'a' }] }],
      ['UntagResource', { SecretName: name, TagKeys: ['a'] }],
      ['TagResources', { ...many, Tag: [{ Key: 'a' }] }],
      ['UntagResources', { ...many, All: true }],
      ['ListTagResources', many],
    ]
    for (const [action, input] of calls) {
      for (const who of held) {
        expect([action, await house.problem(action, input, who)]).toMatchObject([
          action,
          { code: 'AccessDenied' },
        ])
      }
      await house.ok(action, input, free)
    }
  })
})

describe('lists', () => {
  it('filter by every name', async () => {
    const fresh = await openKmsHouse()
    await knowTarget(fresh)
    try {
      const make = (SecretName: string, more: object = {}) =>
        fresh.ok('CreateSecret', { SecretName, SecretData: 'x', VersionId: 'v1', ...more })
      await make('shop/a', { Description: 'first of the shop' })
      await make('shop/b', { Tags: [{ TagKey: 'k', TagValue: 'v' }], DKMSInstanceId: 'kst-keyward' })
      await make('ops/c', {
        SecretType: 'Rds',
        SecretData: '{"Accounts":[{"AccountName":"a","AccountPassword":"p"}]}',
        ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: 'rm-1' },
      })
      const found = async (...Filters: { Key: string; Values: string[] }[]) => {
        const { SecretList, TotalCount } = await fresh.ok('ListSecrets', { Filters })
        const names = SecretList.Secret.map((one: { SecretName: string }) => one.SecretName)
        expect(TotalCount).toBe(names.length)
        return names
      }
      const by = (Key: string, ...Values: string[]) => ({ Key, Values })
      expect(await found()).toEqual(['shop/a', 'shop/b', 'ops/c'])
      expect(await found(by('SecretName', 'shop/'))).toEqual(['shop/a', 'shop/b'])
      expect(await found(by('SecretName', 'shop/a', 'ops/'))).toEqual(['shop/a', 'ops/c'])
      expect(await found(by('SecretName', 'shop/'), by('Description', 'first'))).toEqual(['shop/a'])
      expect(await found(by('SecretType', 'RDS'))).toEqual(['ops/c'])
      expect(await found(by('TagKey', 'k'), by('TagValue', 'v'))).toEqual(['shop/b'])
      expect(await found(by('DKMSInstanceId', 'kst-keyward'))).toEqual(['shop/b'])
      expect(await found(by('Creator', OWN.uid))).toHaveLength(3)
      expect(await found(by('Creator', 'someone'))).toEqual([])
      expect(await fresh.problem('ListSecrets', { Filters: [by('Colour', 'red')] })).toMatchObject({
        code: 'InvalidParameter',
        name: 'Filters',
      })
      const second = await fresh.ok('ListSecrets', { PageNumber: 2, PageSize: 2 })
      expect(second).toMatchObject({ TotalCount: 3, SecretList: { Secret: [{ SecretName: 'ops/c' }] } })
    } finally {
      await fresh.close()
    }
  })
})

describe('managed types', () => {
  const rds = { SecretSubType: 'SingleUser', DBInstanceId: 'rm-1' }
  const account = (n: number) => ({ AccountName: `a${n}`, AccountPassword: 'p' })
  const make = (input: object) => {
    count += 1
    return { SecretName: `managed-${count}`, VersionId: 'v1', ...input }
  }

  it('have the value in the form in which it is read', () => {
    const cases: [{ SecretType: SecretType; ExtendedConfig: object; SecretData: string }, RegExp][] = [
      [
        { SecretType: 'Rds', ExtendedConfig: rds, SecretData: JSON.stringify({ Accounts: [account(1)] }) },
        /^\{"AccountName":"a1","AccountPassword":"p"\}$/,
      ],
      [
        {
          SecretType: 'RAMCredentials',
          ExtendedConfig: { SecretSubType: 'RamUserAccessKey', UserName: 'alice' },
          SecretData: '{"AccessKeys":[{"AccessKeyId":"id","AccessKeySecret":"s"}]}',
        },
        /^\{"AccessKeyId":"id","AccessKeySecret":"s","GenerateTimestamp":"19.*"\}$/,
      ],
      [
        {
          SecretType: 'ECS',
          ExtendedConfig: { SecretSubType: 'Password', RegionId: 'r', InstanceId: 'i-1' },
          SecretData: '{"UserName":"root","Password":"p"}',
        },
        /^\{"UserName":"root","Password":"p"\}$/,
      ],
      [
        {
          SecretType: 'Redis',
          SecretData: '$Auto',
          ExtendedConfig: {
            SecretSubType: 'DoubleUsers',
            RegionId: 'r',
            InstanceId: 'r-1',
            AccountName: 'cache',
            CloneAccountName: 'cache_clone',
            AccountPrivilege: 'RoleReadWrite',
          },
        },
        /^\{"AccountName":"cache","AccountPassword":".{32,64}"\}$/,
      ],
    ]
    for (const [{ ExtendedConfig, SecretData, SecretType }, read] of cases) {
      const config = readExtendedConfig(SecretType, ExtendedConfig)
      expect(firstValue(SecretType, SecretData, config, 0)).toMatch(read)
    }
  })

  it('store it, and are not put nor staged by hand', async () => {
    await knowTarget(house)
    const cases: [object, RegExp][] = [
      [
        { SecretType: 'Rds', ExtendedConfig: rds, SecretData: JSON.stringify({ Accounts: [account(1)] }) },
        /^\{"AccountName":"a1","AccountPassword":"p"\}$/,
      ],
    ]
    for (const [input, read] of cases) {
      const { SecretName } = await house.ok('CreateSecret', make(input))
      expect(SecretName).toMatch(/^managed-\d+$/)
      expect(await value(SecretName, { VersionId: 'ignored' })).toMatch(read)
      expect(await house.problem('PutSecretValue', { SecretName, SecretData: 'x', VersionId: 'v2' })).toEqual(
        {
          code: 'OperationRejected',
        },
      )
      expect(await house.problem('GetSecretValue', { SecretName, VersionStage: 'mine' })).toMatchObject({
        code: 'InvalidParameter',
      })
      await house.ok('RotateSecret', { SecretName, VersionId: 'v1' })
      const on = { SecretName, EnableAutomaticRotation: true }
      await house.ok('UpdateSecretRotationPolicy', { ...on, RotationInterval: '605800s' })
      expect(await house.ok('DescribeSecret', { SecretName })).toMatchObject({
        AutomaticRotation: 'Enabled',
        RotationInterval: '605800s',
        NextRotationDate: expect.stringMatching(/Z$/),
      })
      for (const RotationInterval of ['5h', '8761h', '1w', '07d']) {
        expect(await house.problem('UpdateSecretRotationPolicy', { ...on, RotationInterval })).toMatchObject({
          code: 'InvalidParameter',
        })
      }
      await house.ok('UpdateSecret', { SecretName, 'ExtendedConfig.CustomData': { owner: 'me' } })
      expect((await house.ok('DescribeSecret', { SecretName })).ExtendedConfig).toContain('"owner":"me"')
    }
  })

  it.each<[string, object]>([
    ['without settings', { SecretType: 'Rds', ExtendedConfig: undefined }],
    ['without an instance', { SecretType: 'Rds', ExtendedConfig: { SecretSubType: 'SingleUser' } }],
    ['of an unknown sub-type', { SecretType: 'Rds', ExtendedConfig: { ...rds, SecretSubType: 'Many' } }],
    ['with two accounts for one', { SecretData: JSON.stringify({ Accounts: [account(1), account(2)] }) }],
    ['with another form', { SecretData: 'password' }],
    ['that is binary', { SecretDataType: 'binary' }],
    ['with long settings', { ExtendedConfig: { ...rds, CustomData: { a: 'x'.repeat(1024) } } }],
    [
      'with much data',
      { ExtendedConfig: { ...rds, CustomData: Object.fromEntries([...'abcdefghijk'].map((c) => [c, c])) } },
    ],
    ['that rotates without an interval', { EnableAutomaticRotation: true }],
  ])('refuse a secret %s', async (_, special) => {
    const usual = {
      SecretType: 'Rds',
      ExtendedConfig: rds,
      SecretData: JSON.stringify({ Accounts: [account(1)] }),
    }
    const input = Object.entries(make({ ...usual, ...special })).filter(([, value]) => value !== undefined)
    expect(await house.problem('CreateSecret', Object.fromEntries(input))).toMatchObject({
      code: expect.stringMatching(/^(InvalidParameter|MissingParameter)$/),
    })
  })

  it('do not include Generic, which neither rotates nor has settings', async () => {
    const name = await create({ ExtendedConfig: { a: 'b' }, EnableAutomaticRotation: true })
    expect(await house.ok('DescribeSecret', { SecretName: name })).toMatchObject({
      ExtendedConfig: '',
      AutomaticRotation: 'Disabled',
    })
    const rejected = { code: 'OperationRejected' }
    expect(await house.problem('RotateSecret', { SecretName: name, VersionId: 'v2' })).toEqual(rejected)
    expect(
      await house.problem('UpdateSecretRotationPolicy', { SecretName: name, EnableAutomaticRotation: false }),
    ).toEqual(rejected)
    expect(
      await house.problem('UpdateSecret', { SecretName: name, 'ExtendedConfig.CustomData': {} }),
    ).toMatchObject({ code: 'InvalidParameter' })
  })
})
