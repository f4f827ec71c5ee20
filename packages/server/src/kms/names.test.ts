import { describe, expect, it } from 'vitest'
import { readKeyReference } from './names.ts'

const own = '1234567890123456'
const read = (text: string) => readKeyReference(text, own, 'cn-hangzhou')

describe('KeyId', () => {
  it('names a key of the own account by id', () => {
    expect(read('k-1')).toEqual({
      kind: 'key',
      accountUid: own,
      name: 'k-1',
      arn: `acs:kms:cn-hangzhou:${own}:key/k-1`,
      here: true,
    })
  })

  it('names any account and region by ARN', () => {
    expect(read('acs:kms:cn-beijing:6543210987654321:key/k-1')).toMatchObject({
      accountUid: '6543210987654321',
      name: 'k-1',
      here: false,
    })
    expect(read('acs:kms:cn-hangzhou:6543210987654321:key/k-1')).toMatchObject({
      accountUid: '6543210987654321',
      here: true,
    })
  })

  it('names an alias with its prefix, whose ARN has one alias/', () => {
    expect(read('alias/orders')).toMatchObject({
      kind: 'alias',
      name: 'alias/orders',
      arn: `acs:kms:cn-hangzhou:${own}:alias/orders`,
    })
    expect(read(`acs:kms:cn-hangzhou:${own}:alias/orders`)).toMatchObject({
      kind: 'alias',
      name: 'alias/orders',
    })
  })

  it.each([
    '',
    'x'.repeat(513),
    'acs:kms',
    'acs:oss:cn-hangzhou:1:key/k',
    'acs:kms:cn-hangzhou::key/k',
    'acs:kms:cn-hangzhou:1:key/',
    'acs:kms:cn-hangzhou:1:secret/s',
  ])('refuses `%s`', (text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ problem: { code: 'InvalidParameter', name: 'KeyId' } }),
    )
  })
})
