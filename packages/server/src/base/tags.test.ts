import { expect, it } from 'vitest'
import { hasOneOf, hasTag, NO_TAGS, readTags, tagsOf, withoutTags, withTags, writeTags } from './tags.ts'

it('reads both spellings of a request; a tag without a value has an empty one, and the last of a key counts', () => {
  expect([...tagsOf([{ Key: 'a', Value: '1' }, { TagKey: 'b' }, { TagKey: 'a', TagValue: '2' }])]).toEqual([
    ['a', '2'],
    ['b', ''],
  ])
})

it('stores equal tags as equal texts, also under the names that objects have of their own', () => {
  const tags = tagsOf([
    { Key: 'constructor', Value: 'x' },
    { Key: '__proto__', Value: 'y' },
  ])
  const text = writeTags(tags)
  expect(text).toBe('{"__proto__":"y","constructor":"x"}')
  expect(writeTags(readTags(text))).toBe(text)
  expect(readTags(text).get('__proto__')).toBe('y')
  expect(hasTag(NO_TAGS, 'constructor')).toBe(false)
})

it('adds, replaces and takes away', () => {
  const tags = withTags(new Map([['a', '1']]), tagsOf([{ Key: 'a', Value: '2' }, { Key: 'b' }]))
  expect(Object.fromEntries(tags)).toEqual({ a: '2', b: '' })
  expect([...withoutTags(tags, ['a', 'unknown'])]).toEqual([['b', '']])
})

it('finds one tag that has both a wanted key and a wanted value', () => {
  const tags = readTags('{"a":"1","b":"2"}')
  const of = (...values: string[]) => new Set(values)
  expect(hasOneOf(tags, of('a', 'c'), of('1'))).toBe(true)
  expect(hasOneOf(tags, of('a'), of('2'))).toBe(false)
  expect(hasOneOf(tags, undefined, of('2'))).toBe(true)
  expect(hasOneOf(NO_TAGS, undefined, undefined)).toBe(true)
})
