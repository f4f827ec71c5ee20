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
    expect(await raise({ Tag, ResourceType: 'secret' })).toEqual({ code: 'ResourceIdNotFound' })
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
