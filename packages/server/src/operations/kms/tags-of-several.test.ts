import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RESOURCE_CALL } from './testing/key-kit.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const tagsOf = async (KeyId: string) => {
  const { Tags } = await fixture.ok('ListResourceTags', { KeyId })
  return Object.fromEntries(
    Tags.Tag.map((tag: { TagKey: string; TagValue: string }) => [tag.TagKey, tag.TagValue]),
  )
}
const many = (count: number, prefix = 't') =>
  Array.from({ length: count }, (_, i) => ({ TagKey: `${prefix}${i}`, TagValue: String(i) }))

describe('tags of several keys', () => {
  const call = (ResourceId: string[], rest: object = {}) => ({ ...RESOURCE_CALL, ResourceId, ...rest })

  it('are written on all of them or on none', async () => {
    const keys = [await fixture.key(), await fixture.key({ Tags: many(20) })]
    const [one] = keys as [string, string]
    expect(await fixture.problem('TagResources', call(keys, { Tag: [{ Key: 'new', Value: 'n' }] }))).toEqual({
      code: 'LimitExceeded',
      what: 'Tag',
    })
    expect(await tagsOf(one)).toEqual({})
    await fixture.ok('UntagResources', call(keys, { All: true }))
    await fixture.ok(
      'TagResources',
      call([...keys, one], { Tag: [{ Key: 'new', Value: 'n' }, { Key: 'old' }] }),
    )
    for (const key of keys) expect(await tagsOf(key)).toEqual({ new: 'n', old: '' })
    await fixture.ok('UntagResources', call([one], { TagKey: ['new'], All: true }))
    expect(await tagsOf(one)).toEqual({ old: '' })
    await fixture.ok('UntagResources', call([one]))
    expect(await tagsOf(one)).toEqual({ old: '' })
  })

  it('raise what the vendor raises', async () => {
    const key = await fixture.key()
    const raise = (input: object) => fixture.problem('TagResources', call([key], input))
    expect(await raise({ Tag: [{ Key: 'a' }, { Key: 'a' }] })).toEqual({ code: 'DuplicateTagKey' })
    expect(await raise({ Tag: [{ Key: 'acs:a' }] })).toEqual({ code: 'InvalidTagKey' })
    expect(await raise({ Tag: [{ Key: 'a', Value: ' ' }] })).toEqual({ code: 'InvalidTagValue' })
    const Tag = [{ Key: 'a' }]
    expect(await raise({ Tag, RegionId: 'cn-beijing' })).toEqual({
      code: 'InvalidParameter',
      name: 'RegionId',
    })
    expect(await fixture.problem('TagResources', call([key, 'none'], { Tag }))).toEqual({
      code: 'ResourceIdNotFound',
    })
    expect(await raise({ Tag, ResourceType: 'secret' })).toEqual({ code: 'ResourceIdNotFound' })
    expect(await tagsOf(key)).toEqual({})
    const who = fixture.user('some', [
      { Effect: 'Allow', Action: 'kms:TagResources', Resource: `acs:kms:*:*:key/${key}` },
    ])
    expect(
      await fixture.problem('TagResources', call([key, await fixture.key()], { Tag }), who),
    ).toMatchObject({
      code: 'AccessDenied',
    })
  })

  it('are listed by key, by tag, and 200 a page', async () => {
    const who = fixture.stranger
    const ids: string[] = []
    for (let i = 0; i < 12; i += 1) {
      const Tags = [...many(19), { TagKey: 'half', TagValue: i % 2 ? 'odd' : 'even' }]
      ids.push((await fixture.ok('CreateKey', { Tags }, who)).KeyMetadata.KeyId)
    }
    const list = (input: object) => fixture.ok('ListTagResources', { ...RESOURCE_CALL, ...input }, who)
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
    expect(await fixture.problem('ListTagResources', { ...RESOURCE_CALL, NextToken: '!!' })).toEqual({
      code: 'InvalidParameter',
      name: 'NextToken',
    })
  })
})
