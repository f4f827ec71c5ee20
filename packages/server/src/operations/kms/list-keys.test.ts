import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

describe('filters of ListKeys', () => {
  it('join names by AND and values by OR', async () => {
    const later = (options: object) => {
      // Keys of one millisecond are listed by their ids.
      fixture.clock.advance(1)
      return fixture.key(options)
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
    await fixture.ok('DisableKey', { KeyId: off })
    await fixture.ok('CreateAlias', { KeyId: sm4, AliasName: 'alias/filtered' })
    const list = async (...Filters: { Key: string; Values: string[] }[]) => {
      const wide = [{ Key: 'TagKey', Values: ['f'] }, ...Filters]
      const { Keys } = await fixture.ok('ListKeys', { Filters: wide, PageSize: 100 })
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
    expect(await list(by('Creator', fixture.root.account.uid))).toHaveLength(3)
    expect(await list(by('ProtectionLevel', 'HSM'))).toEqual([])
    expect(await fixture.problem('ListKeys', { Filters: [by('Colour', 'red')] })).toEqual({
      code: 'InvalidParameter',
      name: 'Filters',
    })
  })
})
