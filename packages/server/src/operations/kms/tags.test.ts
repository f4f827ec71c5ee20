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

  it('say that certificates are not here, and that a call names one thing', async () => {
    const Tags = many(1)
    expect(await house.problem('TagResource', { SecretName: 's', Tags })).toEqual({
      code: 'SecretNotFound',
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
