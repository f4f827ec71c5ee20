import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, OTHER, OWN, openKmsFixture, REGION } from '../kms/testing/kms-fixture.ts'
import { secretKit } from './testing/secret-kit.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const { create } = secretKit(() => fixture)

describe('the key of a secret', () => {
  it('is the service\u2019s own, one an account, that nobody else uses or changes', async () => {
    const fresh = await openKmsFixture()
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
    const KeyId = await fixture.key()
    const name = await create({ EncryptionKeyId: KeyId })
    const on = (what: string) => `acs:kms:*:${OWN.uid}:${what}`
    const reads = { Effect: 'Allow', Action: 'kms:GetSecretValue', Resource: on('secret/*') }
    const half = fixture.user('half', [reads])
    expect(await fixture.problem('GetSecretValue', { SecretName: name }, half)).toMatchObject({
      code: 'AccessDenied',
      denial: { action: 'kms:Decrypt', resource: on('key/*').replace('*', REGION) },
    })
    const whole = fixture.user('whole', [
      reads,
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: on(`key/${KeyId}`) },
    ])
    expect((await fixture.ok('GetSecretValue', { SecretName: name }, whole)).SecretData).toBe('one')
    const deny = { Effect: 'Deny', Principal: { RAM: [whole.arn] }, Action: ['kms:Decrypt'], Resource: ['*'] }
    await fixture.ok('SetKeyPolicy', { KeyId, Policy: JSON.stringify({ Version: '1', Statement: [deny] }) })
    expect(await fixture.problem('GetSecretValue', { SecretName: name }, whole)).toMatchObject({
      code: 'AccessDenied',
      denial: { action: 'kms:Decrypt' },
    })
    const writes = fixture.user('writes', [
      { Effect: 'Allow', Action: ['kms:PutSecretValue', 'kms:CreateSecret'], Resource: '*' },
    ])
    const more = { SecretName: name, SecretData: 'two', VersionId: 'v2' }
    expect(await fixture.problem('PutSecretValue', more, writes)).toMatchObject({
      denial: { action: 'kms:GenerateDataKey' },
    })
    expect(
      await fixture.problem('CreateSecret', { ...more, SecretName: 'no', EncryptionKeyId: KeyId }, writes),
    ).toMatchObject({ denial: { action: 'kms:GenerateDataKey' } })
    await fixture.ok('CreateSecret', { ...more, SecretName: 'service-keyed' }, writes)
  })

  it('gives its state to the calls that need it', async () => {
    const KeyId = await fixture.key()
    const name = await create({ EncryptionKeyId: KeyId })
    const get = () => fixture.problem('GetSecretValue', { SecretName: name })
    const write = () =>
      fixture.problem('PutSecretValue', { SecretName: name, SecretData: 'x', VersionId: 'v2' })
    await fixture.ok('DisableKey', { KeyId })
    const disabled = { code: 'KeyStateRejects', state: 'Disabled' }
    expect([await get(), await write()]).toEqual([disabled, disabled])
    await fixture.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    const pending = { code: 'KeyStateRejects', state: 'PendingDeletion' }
    expect([await get(), await write()]).toEqual([pending, pending])
    fixture.days(8)
    await fixture.work()
    expect([await get(), await write()]).toEqual([{ code: 'KeyNotFound' }, { code: 'KeyNotFound' }])
    await fixture.ok('DeleteSecret', { SecretName: name, ForceDeleteWithoutRecovery: true })
  })

  it('is symmetric, and of the account', async () => {
    const input = { SecretName: 'never', SecretData: 'x', VersionId: 'v1' }
    const pair = await fixture.key({ KeySpec: 'EC_P256' })
    expect(await fixture.problem('CreateSecret', { ...input, EncryptionKeyId: pair })).toMatchObject({
      code: 'UnsupportedOperation',
    })
    const { KeyMetadata } = await fixture.ok('CreateKey', {}, fixture.stranger)
    expect(
      await fixture.problem('CreateSecret', { ...input, EncryptionKeyId: KeyMetadata.Arn }),
    ).toMatchObject({ code: 'AccessDenied' })
  })
})

describe('another account', () => {
  it('reads when both sides allow, and manages nothing', async () => {
    const name = await create()
    const arn = `acs:kms:${REGION}:${OWN.uid}:secret/${name}`
    const all = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    const bob = fixture.user('bob', [all], OTHER)
    const carol = fixture.user('carol', undefined, OTHER)
    const policy = {
      Effect: 'Allow',
      Principal: { RAM: [bob.arn, carol.arn] },
      Action: ['kms:*'],
      Resource: ['*'],
    }
    const get = { SecretName: arn }
    expect((await fixture.call(bob, 'GetSecretValue', get)).ok).toBe(false)
    await fixture.ok('SetSecretPolicy', {
      SecretName: name,
      Policy: JSON.stringify({ Version: '1', Statement: [policy] }),
    })
    expect((await fixture.ok('GetSecretValue', get, bob)).SecretData).toBe('one')
    expect((await fixture.ok('DescribeSecret', get, bob)).SecretName).toBe(name)
    expect((await fixture.ok('ListSecretVersionIds', get, bob)).TotalCount).toBe(1)
    expect((await fixture.call(carol, 'GetSecretValue', get)).ok).toBe(false)
    for (const [action, more] of [
      ['PutSecretValue', { SecretData: 'x', VersionId: 'v2' }],
      ['DeleteSecret', {}],
      ['UpdateSecret', { Description: 'x' }],
      ['GetSecretPolicy', {}],
    ] as const) {
      expect([action, await fixture.problem(action, { ...get, ...more }, bob)]).toMatchObject([
        action,
        { code: 'AccessDenied', denial: { foreign: true } },
      ])
    }
  })
})
