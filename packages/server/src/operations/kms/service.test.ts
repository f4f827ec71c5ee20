import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keySpecs } from '../../crypto/algorithms/index.ts'
import { BUILT_IN_INSTANCE } from '../../kms/instance.ts'
import { ACCOUNT_LIMITS } from '../../kms/limits.ts'
import { REFUSED } from './refused.ts'
import { type KmsFixture, OWN, openKmsFixture, REGION } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

describe('the service and its instance', () => {
  it('is open, in one region', async () => {
    const regions = { Regions: { Region: [{ RegionId: REGION }] } }
    expect(await fixture.ok('DescribeRegions')).toEqual(regions)
    expect(await fixture.ok('DescribeRegions', {}, fixture.user('nobody'))).toEqual(regions)
    expect(await fixture.ok('DescribeAccountKmsStatus')).toEqual({ AccountStatus: 'Enabled' })
    expect(await fixture.problem('OpenKmsService')).toEqual({ code: 'ServiceOpened' })
    expect(await fixture.problem('OpenKmsService', {}, fixture.user('nobody'))).toMatchObject({
      code: 'AccessDenied',
    })
  })

  it('offers the key specs that keys can be made of', async () => {
    const { KeySpecs } = await fixture.ok('DescribeService')
    const names = KeySpecs.KeySpec.map((spec: { Name: string }) => spec.Name)
    expect(names).toEqual(keySpecs().map(({ name }) => name))
    expect(KeySpecs.KeySpec[0]).toEqual({
      Name: 'Aliyun_AES_256',
      SupportedProtectionLevels: { SupportedProtectionLevel: ['SOFTWARE'] },
      Usages: { Usage: ['ENCRYPT/DECRYPT'] },
    })
  })

  it('has one instance', async () => {
    const { DefaultKmsInstanceId } = await fixture.ok('GetDefaultKmsInstance')
    expect(DefaultKmsInstanceId).toBe(BUILT_IN_INSTANCE)
    expect(await fixture.ok('ListKmsInstances')).toMatchObject({
      KmsInstances: {
        KmsInstance: [
          {
            KmsInstanceId: BUILT_IN_INSTANCE,
            KmsInstanceArn: `acs:kms:${REGION}:${OWN.uid}:keystore/${BUILT_IN_INSTANCE}`,
          },
        ],
      },
      TotalCount: 1,
    })
    expect((await fixture.ok('ListKmsInstances', { PageNumber: 2 })).KmsInstances.KmsInstance).toEqual([])
    expect(await fixture.problem('GetKmsInstanceQuotaInfos', { KmsInstanceId: 'kst-other' })).toEqual({
      code: 'InstanceNotFound',
    })
  })

  it.each(REFUSED.map(([action]) => action))(
    'decides %s before it refuses it, whatever it says',
    async (action) => {
      const said = { DataKeyName: 'x', Anything: 'else' }
      expect(await fixture.problem(action, said, fixture.user('nobody'))).toMatchObject({
        code: 'AccessDenied',
        denial: { action: `kms:${action}`, resource: '*' },
      })
      expect(await fixture.problem(action, said)).toEqual({ code: 'UnsupportedOperation' })
      expect(fixture.audited.at(-1)).toMatchObject({ outcome: 'UnsupportedOperation', input: {} })
    },
  )

  it('tells what an account has used, and stops at its limits', async () => {
    const quota = async () => {
      const { KmsInstanceQuotaInfos } = await fixture.ok('GetKmsInstanceQuotaInfos', { ResourceType: 'key' })
      expect(KmsInstanceQuotaInfos).toHaveLength(1)
      return KmsInstanceQuotaInfos[0]
    }
    const before = await quota()
    const KeyId = await fixture.key()
    expect(await quota()).toEqual({ ...before, UsedQuantity: before.UsedQuantity + 1 })
    const like = await fixture.store.read
      .selectFrom('kms_keys')
      .selectAll()
      .where('id', '=', KeyId)
      .executeTakeFirstOrThrow()
    let left = ACCOUNT_LIMITS.keys - before.UsedQuantity - 2
    while (left > 0) {
      const rows = Array.from({ length: Math.min(left, 1000) }, (_, i) => ({
        ...like,
        id: `filler-${left - i}`,
      }))
      await fixture.store.write((tx) => tx.insertInto('kms_keys').values(rows).execute())
      left -= rows.length
    }
    await fixture.key()
    expect(await fixture.problem('CreateKey')).toEqual({ code: 'LimitExceeded', what: 'Key' })
    // Another account is not affected.
    await fixture.ok('CreateKey', {}, fixture.stranger)
  })
})
