import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, OTHER, OWN, openKmsFixture, REGION } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

let count = 0
const fresh = () => {
  count += 1
  return `alias/test-${count}`
}
const arnOf = (name: string) => `acs:kms:${REGION}:${OWN.uid}:${name}`
const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource })

describe('aliases', () => {
  it('name a key in the calls that take one', async () => {
    const [KeyId, AliasName] = [await fixture.key(), fresh()]
    await fixture.ok('CreateAlias', { KeyId, AliasName })
    for (const name of [AliasName, arnOf(AliasName)]) {
      const { CiphertextBlob, KeyId: answered } = await fixture.ok('Encrypt', { KeyId: name, Plaintext: 'x' })
      expect(answered).toBe(KeyId)
      expect((await fixture.ok('Decrypt', { CiphertextBlob })).Plaintext).toBe('x')
      expect((await fixture.ok('DescribeKey', { KeyId: name })).KeyMetadata.KeyId).toBe(KeyId)
    }
  })

  it.each([
    ['EnableKey', {}],
    ['DisableKey', {}],
    ['ScheduleKeyDeletion', { PendingWindowInDays: 7 }],
    ['CancelKeyDeletion', {}],
    ['UpdateKeyDescription', { Description: '' }],
    ['SetDeletionProtection', { EnableDeletionProtection: true }],
    ['CreateAlias', { AliasName: 'alias/x' }],
    ['UpdateAlias', { AliasName: 'alias/x' }],
    ['ListAliasesByKeyId', {}],
    ['UpdateRotationPolicy', { EnableAutomaticRotation: false }],
    ['GetParametersForImport', { WrappingKeySpec: 'EC_SM2', WrappingAlgorithm: 'SM2PKE' }],
    ['ImportKeyMaterial', { ImportToken: 'AAAA', EncryptedKeyMaterial: 'AAAA' }],
    ['DeleteKeyMaterial', {}],
    ['UntagResource', { TagKeys: [] }],
    ['ListResourceTags', {}],
    [
      'SetKeyPolicy',
      {
        Policy: JSON.stringify({
          Version: '1',
          Statement: [{ Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt', Resource: '*' }],
        }),
      },
    ],
    ['GetKeyPolicy', {}],
  ])('are refused by %s', async (action, input) => {
    const AliasName = fresh()
    await fixture.ok('CreateAlias', { KeyId: await fixture.key(), AliasName })
    for (const KeyId of [AliasName, arnOf(AliasName), 'alias/nothing']) {
      expect(await fixture.problem(action, { KeyId, ...input })).toEqual({ code: 'UnsupportedAlias' })
    }
  })

  it.each([
    'orders',
    'alias/',
    'alias/acs/kms',
    'alias/a b',
    'alias/ä',
    `alias/${'n'.repeat(250)}`,
    'ALIAS/x',
  ])('cannot be called `%s`', async (AliasName) => {
    const problem = await fixture.problem('CreateAlias', { KeyId: await fixture.key(), AliasName })
    expect(problem).toMatchObject({ code: 'InvalidParameter', name: 'AliasName' })
  })

  it('are unique in an account, and another account may have the same', async () => {
    const [KeyId, AliasName] = [await fixture.key(), fresh()]
    await fixture.ok('CreateAlias', { KeyId, AliasName })
    expect(await fixture.problem('CreateAlias', { KeyId, AliasName })).toEqual({ code: 'AliasExists' })
    const theirs = (await fixture.ok('CreateKey', {}, fixture.stranger)).KeyMetadata.KeyId
    await fixture.ok('CreateAlias', { KeyId: theirs, AliasName }, fixture.stranger)
    expect((await fixture.ok('DescribeKey', { KeyId: AliasName }, fixture.stranger)).KeyMetadata.KeyId).toBe(
      theirs,
    )
    // Not decided by the wrong account's alias, and told of it as if it were missing.
    expect(await fixture.problem('DescribeKey', { KeyId: arnOf(AliasName) }, fixture.stranger)).toMatchObject(
      {
        code: 'AccessDenied',
        denial: { foreign: true },
      },
    )
    expect(
      await fixture.problem('DescribeKey', { KeyId: arnOf('alias/none') }, fixture.stranger),
    ).toMatchObject({
      code: 'AccessDenied',
      denial: { foreign: true },
    })
    expect(theirs).not.toBe(OTHER.uid)
  })

  it('move and end', async () => {
    const [one, two, AliasName] = [await fixture.key(), await fixture.key(), fresh()]
    await fixture.ok('CreateAlias', { KeyId: one, AliasName })
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId: AliasName, Plaintext: 'x' })
    await fixture.ok('UpdateAlias', { KeyId: two, AliasName })
    expect((await fixture.ok('Encrypt', { KeyId: AliasName, Plaintext: 'x' })).KeyId).toBe(two)
    expect((await fixture.ok('Decrypt', { CiphertextBlob })).KeyId).toBe(one)
    expect((await fixture.ok('ListAliasesByKeyId', { KeyId: two })).Aliases.Alias).toEqual([
      { AliasName, AliasArn: arnOf(AliasName), KeyId: two },
    ])
    expect((await fixture.ok('ListAliasesByKeyId', { KeyId: one })).TotalCount).toBe(0)
    await fixture.ok('DeleteAlias', { AliasName })
    expect(await fixture.problem('Encrypt', { KeyId: AliasName, Plaintext: 'x' })).toEqual({
      code: 'AliasNotFound',
    })
    expect(await fixture.problem('DeleteAlias', { AliasName })).toEqual({ code: 'AliasNotFound' })
    expect(await fixture.problem('UpdateAlias', { AliasName, KeyId: one })).toEqual({ code: 'AliasNotFound' })
    expect(await fixture.problem('UpdateAlias', { AliasName, KeyId: 'none' })).toEqual({
      code: 'KeyNotFound',
    })
  })

  it('are decided on alias and key; using one needs the key alone', async () => {
    const [KeyId, AliasName] = [await fixture.key(), fresh()]
    const keyArn = arnOf(`key/${KeyId}`)
    const change = ['kms:CreateAlias', 'kms:DeleteAlias']
    for (const statements of [[allow(change, arnOf(AliasName))], [allow(change, keyArn)]]) {
      const half = fixture.user('half', statements)
      expect(await fixture.problem('CreateAlias', { KeyId, AliasName }, half)).toMatchObject({
        code: 'AccessDenied',
      })
    }
    const whole = fixture.user('whole', [allow(change, arnOf(AliasName)), allow(change, keyArn)])
    await fixture.ok('CreateAlias', { KeyId, AliasName }, whole)
    const half = fixture.user('half', [allow(change, arnOf(AliasName))])
    expect(await fixture.problem('DeleteAlias', { AliasName }, half)).toMatchObject({ code: 'AccessDenied' })
    const user = fixture.user('user', [allow('kms:Encrypt', keyArn)])
    await fixture.ok('Encrypt', { KeyId: AliasName, Plaintext: 'x' }, user)
    const named = fixture.user('named', [allow('kms:Encrypt', arnOf(AliasName))])
    expect(await fixture.problem('Encrypt', { KeyId: AliasName, Plaintext: 'x' }, named)).toMatchObject({
      denial: { resource: arnOf(AliasName) },
    })
    expect(fixture.audited.at(-1)?.checks).toMatchObject([{ resource: keyArn }])
    // An alias that is missing is decided by its name.
    expect(await fixture.problem('Encrypt', { KeyId: 'alias/none', Plaintext: 'x' }, user)).toMatchObject({
      denial: { resource: arnOf('alias/none') },
    })
  })

  it('are listed by name, a page at a time, and pages beyond the end are empty', async () => {
    const who = fixture.stranger
    const KeyId = (await fixture.ok('CreateKey', {}, who)).KeyMetadata.KeyId
    const before = (await fixture.ok('ListAliases', {}, who)).TotalCount
    for (let i = 0; i < 12; i += 1)
      await fixture.ok('CreateAlias', { KeyId, AliasName: `alias/list-${10 + i}` }, who)
    const page = (input: object) => fixture.ok('ListAliasesByKeyId', { KeyId, ...input }, who)
    expect((await page({})).Aliases.Alias).toHaveLength(10)
    expect((await page({ PageNumber: 2 })).Aliases.Alias).toHaveLength(2)
    expect(await page({ PageNumber: 9, PageSize: 101 })).toMatchObject({ TotalCount: 12, PageSize: 100 })
    expect((await page({ PageNumber: 9 })).Aliases.Alias).toEqual([])
    expect((await page({ PageSize: 0 })).PageSize).toBe(1)
    const names = (await page({ PageSize: 100 })).Aliases.Alias.map(
      (one: { AliasName: string }) => one.AliasName,
    )
    expect(names).toEqual([...names].sort())
    expect((await fixture.ok('ListAliases', {}, who)).TotalCount).toBe(before + 12)
  })
})
