import { expect, test } from 'vitest'
import { boundedMap } from './bounded.ts'

test('a bounded map keeps the newest entries and forgets the oldest', () => {
  const map = boundedMap<string, number>(3)
  for (const [key, value] of Object.entries({ a: 1, b: 2, c: 3 })) map.set(key, value)
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, 2, 3])
  map.set('d', 4)
  expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([undefined, 2, 3, 4])
  map.set('e', 5)
  expect(['b', 'c', 'd', 'e'].map((key) => map.get(key))).toEqual([undefined, 3, 4, 5])
})
