import { expect, test } from 'vitest'
import { compileGlob } from './glob.ts'
import {
  accountAt,
  segmentedAction,
  segmentedResource,
  segmentsHit,
  wholeAction,
  wholeResource,
} from './name.ts'
import { resourceName } from './resource-name.ts'

test('an action of the ram language is one pattern, in any letter case', () => {
  expect(wholeAction('kms:Encrypt')).toMatchObject({ source: 'kms:Encrypt', exact: 'kms:encrypt' })
  expect(wholeAction('kms:*').exact).toBeUndefined()
  expect(['kms:encrypt', 'kms:x'].map(wholeAction('KMS:ENC*').hits)).toEqual([true, false])
  expect(wholeAction('*crypt').hits('kms:encrypt')).toBe(true)
})

test('an action of the iam language is matched part by part', () => {
  const hits = (pattern: string) =>
    ['kps:sshkeypair:get', 'kps::gettask', 'kps', 'kps:sshkeypair'].map((name) =>
      segmentedAction(pattern).hits(name),
    )
  expect(hits('*')).toEqual([true, true, true, true])
  expect(hits('kps')).toEqual([false, false, true, false])
  expect(hits('kps:*')).toEqual([false, false, false, true])
  expect(hits('KPS:*:*')).toEqual([true, true, false, false])
  expect(hits('kps::*')).toEqual([false, true, false, false])
  expect(hits('kps:SSHKeyPair:get')).toEqual([true, false, false, false])
  expect(segmentedAction('KPS::getTask')).toMatchObject({ source: 'KPS::getTask', exact: 'kps::gettask' })
  expect(segmentedAction('kps:*:get').exact).toBeUndefined()
  expect(segmentedAction('*').exact).toBeUndefined()
})

test('as many parts have to be there as the pattern has', () => {
  const globs = ['a', '*'].map(compileGlob)
  expect(segmentsHit(globs, ['a', 'b'])).toBe(true)
  expect(segmentsHit(globs, ['a', 'b', 'c'])).toBe(false)
  expect(segmentsHit(globs, ['a'])).toBe(false)
  expect(segmentsHit(globs, ['b', 'b'])).toBe(false)
})

test('a resource of the ram language is one pattern, cut where it has five parts', () => {
  const pattern = wholeResource('acs:kms:*:1:key/*')
  expect([pattern.head?.source, pattern.tail?.source, pattern.whole]).toEqual([
    'acs:kms:*:1',
    'key/*',
    undefined,
  ])
  expect(wholeResource('acs:*')).toEqual({
    source: 'acs:*',
    whole: expect.objectContaining({ source: 'acs:*' }),
    hits: expect.any(Function),
  })
  expect(wholeResource('a:b:c:d:e:f').head).toBeUndefined()
  expect(wholeResource('a:b:c:d:e:f').whole!.source).toBe('a:b:c:d:e:f')
  const hits = (name: string) => pattern.hits(resourceName(name))
  expect(['acs:kms:x:1:key/a', 'acs:kms:x:y:1:key/a', 'acs:kms:x:1:key', 'acs:kms'].map(hits)).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('a resource of the iam language is matched part by part, its service in any letter case', () => {
  const pattern = segmentedResource('KPS:*:d:SSHKeyPair:a*')
  expect([pattern.head?.source, pattern.tail?.source, pattern.whole]).toEqual([
    'kps:*:d:SSHKeyPair',
    'a*',
    undefined,
  ])
  const hits = (name: string) => pattern.hits(resourceName(name))
  expect(
    [
      'kps:x:d:SSHKeyPair:ab',
      'Kps::d:SSHKeyPair:a:b',
      'kps:x:D:SSHKeyPair:ab',
      'kps:x:d:SSHKeyPair:b',
      'kps',
    ].map(hits),
  ).toEqual([true, true, false, false, false])
  expect(segmentedResource('*').hits(resourceName('*'))).toBe(true)
  expect(segmentedResource('*').hits(resourceName('a:b:c:d:e'))).toBe(true)
})

test('a name stands in an account, or in none', () => {
  expect(
    ['a:b::1:x', 'a:b:::x', 'a:b::*:x', 'a:b::system:x', 'a:b'].map((name) => accountAt(name, 3)),
  ).toEqual(['1', undefined, undefined, undefined, undefined])
})
