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

describe('tags of a key', () => {
  it('are added, overwritten and taken off', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('TagResource', {
      KeyId,
      Tags: [
        { TagKey: 'a', TagValue: '1' },
        { TagKey: '__proto__', TagValue: 'p' },
      ],
    })
    await fixture.ok('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b' }] })
    expect(Object.entries(await tagsOf(KeyId)).sort()).toEqual([
      ['__proto__', 'p'],
      ['a', '2'],
      ['b', ''],
    ])
    const { Tags } = await fixture.ok('ListResourceTags', { KeyId })
    expect(Tags.Tag).toContainEqual({ KeyId, TagKey: '__proto__', TagValue: 'p' })
    await fixture.ok('UntagResource', { KeyId, TagKeys: ['a', 'never'] })
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
    expect(await fixture.problem('TagResource', { KeyId: await fixture.key(), Tags })).toEqual(wrong)
    expect(await fixture.problem('CreateKey', { Tags })).toEqual(wrong)
  })

  it('are twenty at most, over all calls', async () => {
    const KeyId = await fixture.key({ Tags: many(20) })
    await fixture.ok('TagResource', { KeyId, Tags: many(5) })
    expect(await fixture.problem('TagResource', { KeyId, Tags: many(1, 'x') })).toEqual({
      code: 'LimitExceeded',
      what: 'Tag',
    })
  })

  it('say that certificates are not here, and that a call names one thing', async () => {
    const Tags = many(1)
    expect(await fixture.problem('TagResource', { SecretName: 's', Tags })).toEqual({
      code: 'SecretNotFound',
    })
    expect(await fixture.problem('TagResource', { CertificateId: 'c', Tags })).toMatchObject({
      code: 'UnsupportedOperation',
    })
    expect(await fixture.problem('TagResource', { Tags })).toMatchObject({ code: 'MissingParameter' })
    expect(await fixture.problem('TagResource', { KeyId: 'k', SecretName: 's', Tags })).toMatchObject({
      code: 'InvalidParameter',
    })
    const nobody = fixture.user('nobody')
    expect(await fixture.problem('TagResource', { SecretName: 's', Tags }, nobody)).toMatchObject({
      code: 'AccessDenied',
    })
  })

  it('decide at once', async () => {
    const KeyId = await fixture.key({ Tags: [{ TagKey: 'Project', TagValue: 'A' }] })
    const who = fixture.user('tagged', [
      {
        Effect: 'Allow',
        Action: 'kms:Encrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:tag/Project': 'A' } },
      },
    ])
    await fixture.ok('Encrypt', { KeyId, Plaintext: 'x' }, who)
    await fixture.ok('TagResource', { KeyId, Tags: [{ TagKey: 'Project', TagValue: 'B' }] })
    expect(await fixture.problem('Encrypt', { KeyId, Plaintext: 'x' }, who)).toMatchObject({
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
    const KeyId = await fixture.key({ Tags: tag })
    const call = { KeyId, Plaintext: 'x' }
    await fixture.ok('Encrypt', call, fixture.user('u', when('kms:Encrypt', 'acs:ResourceTag/Project', 'A')))
    const other = fixture.user('u', when('kms:Encrypt', 'acs:ResourceTag/Project', 'B'))
    expect(await fixture.problem('Encrypt', call, other)).toMatchObject({ code: 'AccessDenied' })
  })

  it('tell what the request sets', async () => {
    const KeyId = await fixture.key()
    const calls: [string, object][] = [
      ['CreateKey', { Tags: tag }],
      ['TagResource', { KeyId, Tags: tag }],
      ['TagResources', { ...RESOURCE_CALL, ResourceId: [KeyId], Tag: [{ Key: 'Project', Value: 'A' }] }],
    ]
    for (const [action, input] of calls) {
      const user = (value: string) =>
        fixture.user('u', when(`kms:${action}`, 'acs:RequestTag/Project', value))
      expect(await fixture.problem(action, input, user('B'))).toMatchObject({ code: 'AccessDenied' })
      await fixture.ok(action, input, user('A'))
    }
  })
})
