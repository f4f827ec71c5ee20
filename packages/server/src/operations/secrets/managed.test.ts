import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstValue, readExtendedConfig, type SecretType } from '../../secrets/types.ts'
import { type KmsFixture, openKmsFixture } from '../kms/testing/kms-fixture.ts'
import { knowTarget } from './testing/known-target.ts'
import { secretKit } from './testing/secret-kit.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

let count = 0
const { create, value } = secretKit(() => fixture)

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
    await knowTarget(fixture)
    const cases: [object, RegExp][] = [
      [
        { SecretType: 'Rds', ExtendedConfig: rds, SecretData: JSON.stringify({ Accounts: [account(1)] }) },
        /^\{"AccountName":"a1","AccountPassword":"p"\}$/,
      ],
    ]
    for (const [input, read] of cases) {
      const { SecretName } = await fixture.ok('CreateSecret', make(input))
      expect(SecretName).toMatch(/^managed-\d+$/)
      expect(await value(SecretName, { VersionId: 'ignored' })).toMatch(read)
      expect(
        await fixture.problem('PutSecretValue', { SecretName, SecretData: 'x', VersionId: 'v2' }),
      ).toEqual({
        code: 'OperationRejected',
      })
      expect(await fixture.problem('GetSecretValue', { SecretName, VersionStage: 'mine' })).toMatchObject({
        code: 'InvalidParameter',
      })
      await fixture.ok('RotateSecret', { SecretName, VersionId: 'v1' })
      const on = { SecretName, EnableAutomaticRotation: true }
      await fixture.ok('UpdateSecretRotationPolicy', { ...on, RotationInterval: '605800s' })
      expect(await fixture.ok('DescribeSecret', { SecretName })).toMatchObject({
        AutomaticRotation: 'Enabled',
        RotationInterval: '605800s',
        NextRotationDate: expect.stringMatching(/Z$/),
      })
      for (const RotationInterval of ['5h', '8761h', '1w', '07d']) {
        expect(
          await fixture.problem('UpdateSecretRotationPolicy', { ...on, RotationInterval }),
        ).toMatchObject({
          code: 'InvalidParameter',
        })
      }
      await fixture.ok('UpdateSecret', { SecretName, 'ExtendedConfig.CustomData': { owner: 'me' } })
      expect((await fixture.ok('DescribeSecret', { SecretName })).ExtendedConfig).toContain('"owner":"me"')
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
    expect(await fixture.problem('CreateSecret', Object.fromEntries(input))).toMatchObject({
      code: expect.stringMatching(/^(InvalidParameter|MissingParameter)$/),
    })
  })

  it('do not include Generic, which neither rotates nor has settings', async () => {
    const name = await create({ ExtendedConfig: { a: 'b' }, EnableAutomaticRotation: true })
    expect(await fixture.ok('DescribeSecret', { SecretName: name })).toMatchObject({
      ExtendedConfig: '',
      AutomaticRotation: 'Disabled',
    })
    const rejected = { code: 'OperationRejected' }
    expect(await fixture.problem('RotateSecret', { SecretName: name, VersionId: 'v2' })).toEqual(rejected)
    expect(
      await fixture.problem('UpdateSecretRotationPolicy', {
        SecretName: name,
        EnableAutomaticRotation: false,
      }),
    ).toEqual(rejected)
    expect(
      await fixture.problem('UpdateSecret', { SecretName: name, 'ExtendedConfig.CustomData': {} }),
    ).toMatchObject({ code: 'InvalidParameter' })
  })
})
