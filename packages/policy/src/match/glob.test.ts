import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { glob as plainly } from '../../test/reference-evaluator/values.ts'
import { compileGlob, globWork } from './glob.ts'

const matches = (pattern: string, text: string) => compileGlob(pattern).matches(text)

describe('patterns', () => {
  test.each<[pattern: string, text: string, expected: boolean]>([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', 'abc', true],
    ['a*', 'a', true],
    ['*a', 'ba', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'acb', false],
    ['*ab*ab*', 'ab', false],
    ['*ab*ab*', 'abab', true],
    ['a*ab', 'aab', true],
    ['?', '', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['a?c*', 'abc', true],
    ['a?c*', 'ac', false],
    ['*?b', 'b', false],
    ['*?b*', 'ab', true],
    ['?*?', 'a', false],
    ['😀?', '😀x', true],
    ['*\ue000?', '😀\ue000x', true],
    ['[a]', '[a]', true],
    ['[a]', 'a', false],
    ['a.c', 'abc', false],
    ['\\*', '\\anything', true],
  ])('%j and %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  test('a text is never read as a pattern', () => {
    expect(matches('a', '*')).toBe(false)
    expect(matches('a?', 'a*')).toBe(true)
  })
})

test.each<[pattern: string, kind: string, prefix: string, suffix: string]>([
  ['', 'exact', '', ''],
  ['abc', 'exact', 'abc', 'abc'],
  ['*', 'any', '', ''],
  ['***', 'any', '', ''],
  ['a*', 'prefix', 'a', ''],
  ['a**', 'prefix', 'a', ''],
  ['*a', 'suffix', '', 'a'],
  ['**ab', 'suffix', '', 'ab'],
  ['a*b', 'glob', 'a', 'b'],
  ['ab**c', 'glob', 'ab', 'c'],
  ['*a*', 'glob', '', ''],
  ['a*b*c', 'glob', 'a', 'c'],
  ['?', 'glob', '', ''],
  ['a?', 'glob', 'a', ''],
  ['?a', 'glob', '', 'a'],
  ['a?b', 'glob', 'a', 'b'],
  ['?*', 'glob', '', ''],
  ['*?', 'glob', '', ''],
  ['a?b*c', 'glob', 'a', 'c'],
  ['a*b?c', 'glob', 'a', 'c'],
  ['ab*?', 'glob', 'ab', ''],
  ['ab?*', 'glob', 'ab', ''],
])('what the index is built on: %j is %s', (source, kind, prefix, suffix) => {
  expect(compileGlob(source)).toMatchObject({ source, kind, prefix, suffix })
})

test('a part is looked for by the runtime where it is short, and else unit by unit', () => {
  const steps = (pattern: string, text: string) => {
    globWork.steps = 0
    compileGlob(pattern).matches(text)
    return globWork.steps
  }
  expect(steps('abc', 'abc')).toBe(0)
  expect(steps('*bc*', 'abc')).toBe(2 + 1)
  expect(steps('*bc*', 'xxxx')).toBe(2 + 4)
  expect(steps('a*bc*', 'axbc')).toBe(2 + 1)
  expect(steps(`*${'a'.repeat(16)}*`, `b${'a'.repeat(20)}`)).toBe(16 + 1)
  expect(steps(`*${'a'.repeat(17)}*`, `b${'a'.repeat(20)}`)).toBe(18)
  expect(steps(`*${'a'.repeat(40)}*`, `b${'a'.repeat(50)}`)).toBe(2 * 41)
})

test('characters beyond the basic plane are one for a question mark, whatever else a text holds', () => {
  expect(matches('?\ue000', '\u{1f511}\ue000')).toBe(true)
  expect(matches('?\ue000', '\u{1f511}\u{1f512}')).toBe(false)
  expect(matches('?\u{1f512}*\ue000', '\u{1f511}\u{1f512}\ue000')).toBe(true)
  expect(matches('\ue000?', '\u{1f511}\u{1f512}')).toBe(false)
  expect(matches('\u{1f511}?', '\u{1f511}\u{1f511}')).toBe(true)
  expect(matches('?', '\ud83d')).toBe(true)
  expect(matches('??', '\ud83d\ud83d')).toBe(true)
})

const alphabet = fc.constantFrom('a', 'b', 'aa', 'ab', '😀')
const text = fc.array(alphabet, { maxLength: 8 }).map((parts) => parts.join(''))
const pattern = fc
  .array(fc.oneof(alphabet, fc.constantFrom('*', '?', '**', '*?')), { maxLength: 8 })
  .map((parts) => parts.join(''))

test('matches what trying every length matches', () => {
  fc.assert(
    fc.property(pattern, text, (p, t) => matches(p, t) === plainly(p, t)),
    { numRuns: 3_000 },
  )
})

test('parts beyond the length of the runtime search match alike', () => {
  const long = fc
    .tuple(fc.constantFrom('a', 'ab', 'aab'), fc.integer({ min: 6, max: 30 }))
    .map(([s, n]) => s.repeat(n))
  fc.assert(
    fc.property(long, long, long, text, (a, b, c, open) => {
      const p = `*${a}${open.slice(0, 1) === 'a' ? '?' : ''}*${b}*`
      return matches(p, b + c + a + b) === plainly(p, b + c + a + b)
    }),
    { numRuns: 300 },
  )
})

test('a pattern without wildcards matches itself, and a glob matches itself', () => {
  fc.assert(fc.property(text, (t) => matches(t, t)))
  fc.assert(fc.property(pattern, (p) => matches(p, p)))
})

describe('hostile patterns take linear time', () => {
  const n = 20_000
  const hostile: readonly (readonly [name: string, pattern: string, text: string])[] = [
    ['many stars', `${'a*'.repeat(200)}b`, 'a'.repeat(n)],
    ['many stars behind one letter', `*${'a*'.repeat(500)}b*`, 'a'.repeat(n)],
    ['a long part that almost fits', `*${'a'.repeat(300)}b*`, 'a'.repeat(n)],
    ['a long part with open letters', `*${'a?'.repeat(150)}b*`, 'a'.repeat(n)],
    ['a short part that almost fits', '*aaaaaaab*', 'a'.repeat(n)],
    ['parts with open letters', `${'*?a'.repeat(200)}*b*`, 'a'.repeat(n)],
    ['stars and open letters', `${'*?'.repeat(500)}b`, 'a'.repeat(n)],
  ]
  test.each(hostile)('%s', (_name, p, t) => {
    const glob = compileGlob(p)
    globWork.steps = 0
    glob.matches(t)
    const once = globWork.steps
    globWork.steps = 0
    glob.matches(t + t)
    // Twice the text is at most about twice the work, and the work is a small multiple of the text.
    expect(globWork.steps).toBeLessThanOrEqual(2 * once + p.length)
    expect(once).toBeLessThanOrEqual(t.length * (2 + p.length / 31) + p.length)
  })
})

test('a pattern of many characters takes memory and time for each of them alone', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('')
  const before = process.memoryUsage().arrayBuffers
  const glob = compileGlob(`*?${many}*`)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
  expect(glob.matches(`x${many}y`)).toBe(true)
  expect(glob.matches(`${many}y`)).toBe(false)
  expect(glob.matches(`\u{1f511}${many}`)).toBe(true)
})
