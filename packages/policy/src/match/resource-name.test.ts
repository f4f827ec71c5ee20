import { expect, test } from 'vitest'
import { resourceName } from './resource-name.ts'

const units = (name: ReturnType<typeof resourceName>) =>
  String.fromCharCode(...name.units.subarray(name.end - name.text.length, name.end))
const tailUnits = (name: ReturnType<typeof resourceName>) =>
  String.fromCharCode(...name.units.subarray(name.end - name.tail.length, name.end))

test.each([
  ['', undefined, '', false],
  ['*', undefined, '*', false],
  ['a:b:c:d', undefined, 'a:b:c:d', false],
  ['a:b:c:d:', 'a:b:c:d', '', false],
  ['a:b:c:d:e/f', 'a:b:c:d', 'e/f', false],
  [':::::', ':::', ':', true],
  ['a:b:c:d:e:f', 'a:b:c:d', 'e:f', true],
  ['a:b:c:d:\u{1f511}', 'a:b:c:d', '\u{1f511}', false],
])('%j is cut at its fourth colon', (text, head, tail, colonInTail) => {
  const name = resourceName(text)
  expect([name.text, name.head?.text, name.tail, name.colonInTail]).toEqual([text, head, tail, colonInTail])
  expect([units(name), tailUnits(name)]).toEqual([text, tail])
})

test('names that come again are the same, and share their head', () => {
  expect(resourceName('a:b:c:d:x')).toBe(resourceName('a:b:c:d:x'))
  expect(resourceName('a:b:c:d:x').head).toBe(resourceName('a:b:c:d:y').head)
  expect(resourceName('a:b:c:e:x').head!.number).not.toBe(resourceName('a:b:c:d:x').head!.number)
})

test('names beyond what is remembered are read all the same, and those that are in use stay whole', () => {
  const first = resourceName('a:b:c:d:first')
  const long = resourceName(`a:b:c:d:${'x'.repeat(70_000)}`)
  expect(units(long)).toBe(long.text)
  expect(resourceName(long.text)).not.toBe(long)
  const far = `b:${'x'.repeat(200)}:c:d:e`
  expect(resourceName(far).head).not.toBe(resourceName(far).head)
  // Long enough that two do not share a row with a third.
  const names = Array.from({ length: 17_000 }, (_, i) =>
    resourceName(`a:b:c:head-${i}:${'y'.repeat(90)}${i}`),
  )
  for (const name of [first, ...names]) {
    expect(units(name)).toBe(name.text)
    expect(tailUnits(name)).toBe(name.tail)
  }
  expect(resourceName('a:b:c:d:first')).not.toBe(first)
  expect(resourceName(names.at(-1)!.text)).toBe(names.at(-1))
  expect(resourceName('a:b:c:d:first').head).not.toBe(first.head)
  expect(resourceName('another:b:c:d:e').head!.number).toBeLessThan(1000)
})
