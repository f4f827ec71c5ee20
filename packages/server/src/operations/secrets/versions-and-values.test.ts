import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, OWN, openKmsFixture, REGION } from '../kms/testing/kms-fixture.ts'
import { secretKit } from './testing/secret-kit.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const { create, put, stages, value } = secretKit(() => fixture)

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
    expect(await fixture.problem('GetSecretValue', other)).toEqual({ code: 'SecretNotFound' })
    expect(await fixture.problem('GetSecretValue', { SecretName: name, VersionStage: 'none' })).toEqual({
      code: 'SecretNotFound',
    })
  })

  it('take the same version again, and no other value under its name', async () => {
    const name = await create()
    const again = { SecretName: name, VersionId: 'v1', SecretData: 'one' }
    expect(await fixture.ok('PutSecretValue', again)).toMatchObject({
      VersionStages: { VersionStage: ['ACSCurrent'] },
    })
    expect(await fixture.problem('PutSecretValue', { ...again, SecretData: 'two' })).toEqual({
      code: 'SecretExists',
    })
    expect(await value(name)).toBe('one')
  })

  it('let the oldest version without a stage go', async () => {
    const name = await create()
    const move = { SecretName: name, VersionStage: 'kept', MoveToVersion: 'v1' }
    await fixture.ok('UpdateSecretVersionStage', move)
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
      await fixture.ok('UpdateSecretVersionStage', move)
    }
    const ninth = { SecretName: name, VersionStage: 'stage-8', MoveToVersion: 'v1' }
    expect(await fixture.problem('UpdateSecretVersionStage', ninth)).toMatchObject({ code: 'LimitExceeded' })
    await put(name, 'v2')
    expect((await stages(name)).v1).toContain('ACSPrevious')
  })

  it('move by hand', async () => {
    const name = await create()
    await put(name, 'v2')
    const move = (more: object) => fixture.ok('UpdateSecretVersionStage', { SecretName: name, ...more })
    await move({ VersionStage: 'ACSCurrent', MoveToVersion: 'v1' })
    expect(await stages(name)).toEqual({ v1: ['ACSCurrent'], v2: ['ACSPrevious'] })
    await move({ VersionStage: 'ACSCurrent', MoveToVersion: 'v1' })
    expect(await stages(name)).toEqual({ v1: ['ACSCurrent'], v2: ['ACSPrevious'] })
    await move({ VersionStage: 'mine', MoveToVersion: 'v2' })
    await move({ VersionStage: 'mine', RemoveFromVersion: 'v2', MoveToVersion: 'v1' })
    await move({ VersionStage: 'mine', RemoveFromVersion: 'v1' })
    expect(await stages(name)).toEqual({ v1: ['ACSCurrent'], v2: ['ACSPrevious'] })
    const refused = (more: object) =>
      fixture.problem('UpdateSecretVersionStage', { SecretName: name, ...more })
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
      await fixture.problem('CreateSecret', { ...input, ...(ExtendedConfig && { ExtendedConfig }) }),
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
      expect(await fixture.ok('GetSecretValue', { SecretName: name })).toMatchObject({
        SecretData,
        SecretDataType: 'binary',
      })
    }
  })

  it.each(['x'.repeat(30_721), '中'.repeat(10_241), '\ud800'])(
    'of other kinds are refused',
    async (SecretData) => {
      const input = { SecretName: 'never', SecretData, VersionId: 'v1' }
      expect(await fixture.problem('CreateSecret', input)).toMatchObject({
        code: 'InvalidParameter',
        name: 'SecretData',
      })
    },
  )

  it('come in batches, with what went wrong beside them', async () => {
    const KeyId = await fixture.key()
    const [good, keyed] = [await create(), await create({ EncryptionKeyId: KeyId })]
    await fixture.ok('DisableKey', { KeyId })
    const SecretsList = [good, keyed, 'none'].map((SecretName) => ({ SecretName }))
    expect(await fixture.ok('BatchGetSecretValue', { SecretsList })).toMatchObject({
      SecretValues: [{ SecretName: good, SecretData: 'one' }],
      Errors: [
        { SecretName: keyed, Problem: { code: 'KeyStateRejects', state: 'Disabled' } },
        { SecretName: 'none', Problem: { code: 'SecretNotFound' } },
      ],
    })
  })

  it('come in batches of twenty at most, each decided by itself', async () => {
    const KeyId = await fixture.key()
    const [plain, keyed, denied] = [await create(), await create({ EncryptionKeyId: KeyId }), await create()]
    const on = (name: string) => `acs:kms:*:${OWN.uid}:secret/${name}`
    const reads = fixture.user('reads-some', [
      { Effect: 'Allow', Action: 'kms:GetSecretValue', Resource: [on(plain), on(keyed), on('gone')] },
    ])
    const SecretsList = [denied, plain, 'gone', keyed].map((SecretName) => ({ SecretName }))
    const got = await fixture.ok('BatchGetSecretValue', { SecretsList }, reads)
    expect(got.SecretValues).toMatchObject([{ SecretName: plain, SecretData: 'one' }])
    expect(got.SecretValues).toHaveLength(1)
    expect(got.Errors).toMatchObject([
      { SecretName: denied, Problem: { code: 'AccessDenied', denial: { action: 'kms:GetSecretValue' } } },
      { SecretName: 'gone', Problem: { code: 'SecretNotFound' } },
      { SecretName: keyed, Problem: { code: 'AccessDenied', denial: { action: 'kms:Decrypt' } } },
    ])
    // One that is missing is told to nobody who may not read it.
    const none = [denied, 'other'].map((SecretName) => ({ SecretName }))
    expect(await fixture.problem('BatchGetSecretValue', { SecretsList: none }, reads)).toMatchObject({
      code: 'AccessDenied',
    })
    const many = (count: number) => ({ SecretsList: Array(count).fill({ SecretName: plain }) })
    expect((await fixture.ok('BatchGetSecretValue', many(20), reads)).SecretValues).toHaveLength(20)
    for (const count of [0, 21]) {
      expect(await fixture.problem('BatchGetSecretValue', many(count), reads)).toMatchObject({
        code: 'InvalidParameter',
        name: 'SecretsList',
      })
    }
  })
})
