import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, OWN, openKmsFixture, REGION } from '../kms/testing/kms-fixture.ts'
import { knowTarget } from './testing/known-target.ts'
import { secretKit } from './testing/secret-kit.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const { create } = secretKit(() => fixture)

describe('tags', () => {
  const RESOURCES = { RegionId: REGION, ResourceType: 'secret' }
  const tagsOf = async (SecretName: string) => {
    const { Tags } = await fixture.ok('DescribeSecret', { SecretName, FetchTags: true })
    const tags = Tags.Tag as { TagKey: string; TagValue: string }[]
    return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]))
  }

  it('come with the secret, are written by every call and listed', async () => {
    const name = await create({ Tags: [{ TagKey: 'Project', TagValue: 'A' }] })
    const other = await create()
    await fixture.ok('TagResource', { SecretName: name, Tags: [{ TagKey: 'Stage', TagValue: 'test' }] })
    expect(await tagsOf(name)).toEqual({ Project: 'A', Stage: 'test' })
    const both = { ...RESOURCES, ResourceId: [name, other] }
    await fixture.ok('TagResources', { ...both, Tag: [{ Key: 'Team', Value: 'x' }] })
    const listed = await fixture.ok('ListTagResources', { ...RESOURCES, Tag: [{ Key: 'Team' }] })
    expect(listed.TagResources.TagResource).toContainEqual({
      ResourceId: name,
      ResourceType: 'secret',
      TagKey: 'Project',
      TagValue: 'A',
    })
    expect(listed.TagResources.TagResource).toHaveLength(4)
    const named = await fixture.ok('ListTagResources', { ...RESOURCES, ResourceId: [other] })
    expect(named.TagResources.TagResource).toHaveLength(1)
    await fixture.ok('UntagResource', { SecretName: name, TagKeys: ['Project', 'none'] })
    await fixture.ok('UntagResources', { ...RESOURCES, ResourceId: [other], All: true })
    expect([await tagsOf(name), await tagsOf(other)]).toEqual([{ Stage: 'test', Team: 'x' }, {}])
    const missing = { ...RESOURCES, ResourceId: [name, 'none'], Tag: [{ Key: 'a' }] }
    expect(await fixture.problem('TagResources', missing)).toEqual({ code: 'ResourceIdNotFound' })
    expect(await fixture.problem('ListTagResources', { ...RESOURCES, ResourceId: ['none'] })).toEqual({
      code: 'ResourceIdNotFound',
    })
    const shown = await fixture.ok('ListSecrets', {
      FetchTags: true,
      Filters: [{ Key: 'TagKey', Values: ['Stage'] }],
    })
    expect(shown.SecretList.Secret).toMatchObject([
      { SecretName: name, Tags: { Tag: [{ TagKey: 'Stage' }, { TagKey: 'Team' }] } },
    ])
  })

  it('cannot be changed by who may not touch the name or the type', async () => {
    const name = await create()
    const allow = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    const deny = (key: string, value: string) => ({
      Effect: 'Deny',
      Action: 'kms:*Tag*',
      Resource: '*',
      Condition: { StringEquals: { [key]: value } },
    })
    const held = [
      fixture.user('held-by-name', [allow, deny('kms:SecretName', name)]),
      fixture.user('held-by-type', [allow, deny('kms:SecretType', 'Generic')]),
    ]
    const free = fixture.user('free', [allow, deny('kms:SecretName', 'other'), deny('kms:SecretType', 'Rds')])
    const many = { ...RESOURCES, ResourceId: [name] }
    const calls: [string, object][] = [
      ['TagResource', { SecretName: name, Tags: [{ TagKey: 'a' }] }],
      ['UntagResource', { SecretName: name, TagKeys: ['a'] }],
      ['TagResources', { ...many, Tag: [{ Key: 'a' }] }],
      ['UntagResources', { ...many, All: true }],
      ['ListTagResources', many],
    ]
    for (const [action, input] of calls) {
      for (const who of held) {
        expect([action, await fixture.problem(action, input, who)]).toMatchObject([
          action,
          { code: 'AccessDenied' },
        ])
      }
      await fixture.ok(action, input, free)
    }
  })
})

describe('lists', () => {
  it('filter by every name', async () => {
    const fresh = await openKmsFixture()
    await knowTarget(fresh)
    try {
      const make = (SecretName: string, more: object = {}) =>
        fresh.ok('CreateSecret', { SecretName, SecretData: 'x', VersionId: 'v1', ...more })
      await make('shop/a', { Description: 'first of the shop' })
      await make('shop/b', { Tags: [{ TagKey: 'k', TagValue: 'v' }], DKMSInstanceId: 'kst-keyward' })
      await make('ops/c', {
        SecretType: 'Rds',
        SecretData: '{"Accounts":[{"AccountName":"a","AccountPassword":"p"}]}',
        ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: 'rm-1' },
      })
      const found = async (...Filters: { Key: string; Values: string[] }[]) => {
        const { SecretList, TotalCount } = await fresh.ok('ListSecrets', { Filters })
        const names = SecretList.Secret.map((one: { SecretName: string }) => one.SecretName)
        expect(TotalCount).toBe(names.length)
        return names
      }
      const by = (Key: string, ...Values: string[]) => ({ Key, Values })
      expect(await found()).toEqual(['shop/a', 'shop/b', 'ops/c'])
      expect(await found(by('SecretName', 'shop/'))).toEqual(['shop/a', 'shop/b'])
      expect(await found(by('SecretName', 'shop/a', 'ops/'))).toEqual(['shop/a', 'ops/c'])
      expect(await found(by('SecretName', 'shop/'), by('Description', 'first'))).toEqual(['shop/a'])
      expect(await found(by('SecretType', 'RDS'))).toEqual(['ops/c'])
      expect(await found(by('TagKey', 'k'), by('TagValue', 'v'))).toEqual(['shop/b'])
      expect(await found(by('DKMSInstanceId', 'kst-keyward'))).toEqual(['shop/b'])
      expect(await found(by('Creator', OWN.uid))).toHaveLength(3)
      expect(await found(by('Creator', 'someone'))).toEqual([])
      expect(await fresh.problem('ListSecrets', { Filters: [by('Colour', 'red')] })).toMatchObject({
        code: 'InvalidParameter',
        name: 'Filters',
      })
      const second = await fresh.ok('ListSecrets', { PageNumber: 2, PageSize: 2 })
      expect(second).toMatchObject({ TotalCount: 3, SecretList: { Secret: [{ SecretName: 'ops/c' }] } })
    } finally {
      await fresh.close()
    }
  })
})
