import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RESOURCE_CALL } from './testing/key-kit.ts'
import { type KmsHouse, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

const tagsOf = async (KeyId: string) => {
  const { Tags } = await house.ok('ListResourceTags', { KeyId })
  return Object.fromEntries(
    Tags.Tag.map((tag: { TagKey: string; TagValue: string }) => [tag.TagKey, tag.TagValue]),
  )
}
const many = (count: number, prefix = 't') =>
  Array.from({ length: count }, (_, i) => ({ TagKey: `${prefix}${i}`, TagValue: String(i) }))

describe('tags of a key', () => {
  it('are added, overwritten and taken off', async () => {
    const KeyId = await house.key()
    await house.ok('TagResource', {
      KeyId,
      Tags: [
        { TagKey: 'a', TagValue: '1' },
        { TagKey: '__proto__', TagValue: 'p' },
      ],
    })
    await house.ok('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b' }] })
    expect(Object.entries(await tagsOf(KeyId)).sort()).toEqual([
      ['__proto__', 'p'],
      ['a', '2'],
      ['b', ''],
    ])
    const { Tags } = await house.ok('ListResourceTags', { KeyId })
    expect(Tags.Tag).toContainEqual({ KeyId, TagKey: '__proto__', TagValue: 'p' })
    await house.ok('UntagResource', { KeyId, TagKeys: ['a', 'never'] })
    expect(Object.keys(await tagsOf(KeyId))).toEqual(['__proto__', 'b'])
  })

  it.each([
    ['a key that begins with aliyun', [{ TagKey: 'aliyun-x', TagValue: '' }]],
    ['a key that begins with acs:', [{ TagKey: 'acs:x', TagValue: '' }]],
    ['an empty key', [{ TagKey: '', TagValue: '' }]],
    ['a long key', [{ TagKey: 'k'.repeat(129), TagValue: '' }]],
    ['a long value', [{ TagKey: 'k', TagValue: 'v'.repeat(129) }]],
    ['a blank', [{ TagKey: 'a b', TagValue: '' }]],
    ['one key twice', [{ TagKey: 'a' }, { TagKey: 'a' }]],
    ['twenty-one tags', many(21)],
  ])('cannot have %s', async (_what, Tags) => {
    const wrong = { code: 'InvalidParameter', name: 'Tags' }
    expect(await house.problem('TagResource', { KeyId: await house.key(), Tags })).toEqual(wrong)
    expect(await house.problem('CreateKey', { Tags })).toEqual(wrong)
  })

  it('are twenty at most, over all calls', async () => {
    const KeyId = await house.key({ Tags: many(20) })
    await house.ok('TagResource', { KeyId, Tags: many(5) })
    expect(await house.problem('TagResource', { KeyId, Tags: many(1, 'x') })).toEqual({
      code: 'LimitExceeded',
      what: 'Tag',
    })
  })

  it('say that secrets are not here yet, and that a call names one thing', async () => {
    const Tags = many(1)
    expect(await house.problem('TagResource', { SecretName: 's', Tags })).toMatchObject({
      code: 'UnsupportedOperation',
    })
    expect(await house.problem('TagResource', { CertificateId: 'c', Tags })).toMatchObject({
      code: 'UnsupportedOperation',
    })
    expect(await house.problem('TagResource', { Tags })).toMatchObject({ code: 'MissingParameter' })
    expect(await house.problem('TagResource', { KeyId: 'k', SecretName: 's', Tags })).toMatchObject({
      code: 'InvalidParameter',
    })
    const nobody = house.user('nobody')
    expect(await house.problem('TagResource', { SecretName: 's', Tags }, nobody)).toMatchObject({
      code: 'AccessDenied',
    })
  })

  it('decide at once', async () => {
    const KeyId = await house.key({ Tags: [{ TagKey: 'Project', TagValue: 'A' }] })
    const who = house.user('tagged', [
      {
        Effect: 'Allow',
        Action: 'kms:Encrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:tag/Project': 'A' } },
      },
    ])
    await house.ok('Encrypt', { KeyId, Plaintext: 'x' }, who)
    await house.ok('TagResource', { KeyId, Tags: [{ TagKey: 'Project', TagValue: 'B' }] })
    expect(await house.problem('Encrypt', { KeyId, Plaintext: 'x' }, who)).toMatchObject({
      code: 'AccessDenied',
    })
  })
})

describe('the global condition keys of tags', () => {
  const when = (Action: string, key: string, value: string) => [
    { Effect: 'Allow', Action, Resource: '*', Condition: { StringEquals: { [key]: value } } },
  ]
  const tag = [{ TagKey: 'Project', TagValue: 'A' }]

  it('tell what the key has', async () => {
    const KeyId = await house.key({ Tags: tag })
    const call = { KeyId, Plaintext: 'x' }
    await house.ok('Encrypt', call, house.user('u', when('kms:Encrypt', 'acs:ResourceTag/Project', 'A')))
    const other = house.user('u', when('kms:Encrypt', 'acs:ResourceTag/Project', 'B'))
    expect(await house.problem('Encrypt', call, other)).toMatchObject({ code: 'AccessDenied' })
  })

  it('tell what the request sets', async () => {
    const KeyId = await house.key()
    const calls: [string, object][] = [
      ['CreateKey', { Tags: tag }],
      ['TagResource', { KeyId, Tags: tag }],
      ['TagResources', { ...RESOURCE_CALL, ResourceId: [KeyId], Tag: [{ Key: 'Project', Value: 'A' }] }],
    ]
    for (const [action, input] of calls) {
      const user = (value: string) => house.user('u', when(`kms:${action}`, 'acs:RequestTag/Project', value))
      expect(await house.problem(action, input, user('B'))).toMatchObject({ code: 'AccessDenied' })
      await house.ok(action, input, user('A'))
    }
  })
})

describe('tags of several keys', () => {
  const call = (ResourceId: string[], rest: object = {}) => ({ ...RESOURCE_CALL, ResourceId, ...rest })

  it('are written on all of them or on none', async () => {
    const keys = [await house.key(), await house.key({ Tags: many(20) })]
    const [one] = keys as [string, string]
    expect(await house.problem('TagResources', call(keys, { Tag: [{ Key: 'new', Value: 'n' }] }))).toEqual({
      code: 'LimitExceeded',
      what: 'Tag',
    })
    expect(await tagsOf(one)).toEqual({})
    await house.ok('UntagResources', call(keys, { All: true }))
    await house.ok(
      'TagResources',
      call([...keys, one], { Tag: [{ Key: 'new', Value: 'n' }, { Key: 'old' }] }),
    )
    for (const key of keys) expect(await tagsOf(key)).toEqual({ new: 'n', old: '' })
    await house.ok('UntagResources', call([one], { TagKey: ['new'], All: true }))
    expect(await tagsOf(one)).toEqual({ old: '' })
    await house.ok('UntagResources', call([one]))
    expect(await tagsOf(one)).toEqual({ old: '' })
  })

  it('raise what the vendor raises', async () => {
    const key = await house.key()
    const raise = (input: object) => house.problem('TagResources', call([key], input))
    expect(await raise({ Tag: [{ Key: 'a' }, { Key: 'a' }] })).toEqual({ code: 'DuplicateTagKey' })
    expect(await raise({ Tag: [{ Key: 'acs:a' }] })).toEqual({ code: 'InvalidTagKey' })
    expect(await raise({ Tag: [{ Key: 'a', Value: ' ' }] })).toEqual({ code: 'InvalidTagValue' })
    const Tag = [{ Key: 'a' }]
    expect(await raise({ Tag, RegionId: 'cn-beijing' })).toEqual({
      code: 'InvalidParameter',
      name: 'RegionId',
    })
    expect(await house.problem('TagResources', call([key, 'none'], { Tag }))).toEqual({
      code: 'ResourceIdNotFound',
    })
    expect(await raise({ Tag, ResourceType: 'secret' })).toMatchObject({ code: 'UnsupportedOperation' })
    expect(await tagsOf(key)).toEqual({})
    const who = house.user('some', [
      { Effect: 'Allow', Action: 'kms:TagResources', Resource: `acs:kms:*:*:key/${key}` },
    ])
    expect(await house.problem('TagResources', call([key, await house.key()], { Tag }), who)).toMatchObject({
      code: 'AccessDenied',
    })
  })

  it('are listed by key, by tag, and 200 a page', async () => {
    const who = house.stranger
    const ids: string[] = []
    for (let i = 0; i < 12; i += 1) {
      const Tags = [...many(19), { TagKey: 'half', TagValue: i % 2 ? 'odd' : 'even' }]
      ids.push((await house.ok('CreateKey', { Tags }, who)).KeyMetadata.KeyId)
    }
    const list = (input: object) => house.ok('ListTagResources', { ...RESOURCE_CALL, ...input }, who)
    const first = await list({})
    expect(first.TagResources.TagResource).toHaveLength(200)
    const second = await list({ NextToken: first.NextToken })
    expect(second).toMatchObject({ NextToken: '', TagResources: { TagResource: { length: 40 } } })
    const seen = [...first.TagResources.TagResource, ...second.TagResources.TagResource]
    const places = seen.map(({ ResourceId, TagKey }) => `${ResourceId} ${TagKey}`)
    expect(new Set(places).size).toBe(240)
    const odd = await list({ Tag: [{ Key: 'half', Value: 'odd' }, { Key: 't0' }] })
    const found = new Set(odd.TagResources.TagResource.map((one: { ResourceId: string }) => one.ResourceId))
    expect([...found].sort()).toEqual(ids.filter((_, i) => i % 2).sort())
    expect((await list({ ResourceId: [ids[0]] })).TagResources.TagResource).toHaveLength(20)
    expect(await house.problem('ListTagResources', { ...RESOURCE_CALL, NextToken: '!!' })).toEqual({
      code: 'InvalidParameter',
      name: 'NextToken',
    })
  })
})

describe('filters of ListKeys', () => {
  it('join names by AND and values by OR', async () => {
    const later = (wishes: object) => {
      // Keys of one millisecond are listed by their ids.
      house.clock.advance(1)
      return house.key(wishes)
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
