import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsHouse, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

describe('filters of ListKeys', () => {
  it('join names by AND and values by OR', async () => {
    const later = (options: object) => {
      // Keys of one millisecond are listed by their ids.
      house.clock.advance(1)
      return house.key(options)
    }
    const [aes, sm4, off] = [
      await later({
        Tags: [
          { TagKey: 'f', TagValue: 'x' },
          { TagKey: 'g', TagValue: 'y' },
        ],
      }),
      await later({ KeySpec: 'Aliyun_SM4', Tags: [{ TagKey: 'f', TagValue: 'y' }] }),
      await later({ DKMSInstanceId: 'kst-keyward', Tags: [{ TagKey: 'f', TagValue: 'x' }] }),
    ]
    await house.ok('DisableKey', { KeyId: off })
    await house.ok('CreateAlias', { KeyId: sm4, AliasName: 'alias/filtered' })
    const list = async (...Filters: { Key: string; Values: string[] }[]) => {
      const wide = [{ Key: 'TagKey', Values: ['f'] }, ...Filters]
      const { Keys } = await house.ok('ListKeys', { Filters: wide, PageSize: 100 })
      return Keys.Key.map((key: { KeyId: string }) => key.KeyId)
    }
    const by = (Key: string, ...Values: string[]) => ({ Key, Values })
    expect(await list()).toEqual([aes, sm4, off])
    expect(await list(by('KeyState', 'Disabled'))).toEqual([off])
    expect(await list(by('KeySpec', 'Aliyun_SM4', 'RSA_2048'))).toEqual([sm4])
    expect(await list(by('KeySpec', 'Aliyun_SM4'), by('KeySpec', 'Aliyun_AES_256'))).toEqual([aes, sm4, off])
    expect(await list(by('KeyUsage', 'SIGN/VERIFY'))).toEqual([])
    expect(await list(by('KeyUsage', 'ENCRYPT/DECRYPT'), by('KeyState', 'Enabled'))).toEqual([aes, sm4])
    expect(await list(by('TagValue', 'y'))).toEqual([sm4])
    expect(await list(by('DKMSInstanceId', 'kst-keyward'))).toEqual([off])
    expect(await list(by('keyId', aes, off))).toEqual([aes, off])
    expect(await list(by('AliasName', 'alias/filtered'))).toEqual([sm4])
    expect(await list(by('CreatorType', 'Service'))).toEqual([])
    expect(await list(by('Creator', house.root.account.uid))).toHaveLength(3)
    expect(await list(by('ProtectionLevel', 'HSM'))).toEqual([])
    expect(await house.problem('ListKeys', { Filters: [by('Colour', 'red')] })).toEqual({
      code: 'InvalidParameter',
      name: 'Filters',
    })
  })
})
