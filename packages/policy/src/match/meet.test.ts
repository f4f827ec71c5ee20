import fc from 'fast-check'
import { expect, test } from 'vitest'
import { glob } from '../../test/reference-evaluator/values.ts'
import { patternsMeet } from './meet.ts'

test.each<[a: string, b: string, meet: boolean]>([
  ['', '', true],
  ['*', '', true],
  ['', 'a', false],
  ['a', '?', true],
  ['a*', '*b', true],
  ['a*', 'b*', false],
  ['*', '*', true],
  ['acs:kms:*:*:key/a*', 'acs:kms:*:*:key/*', true],
  ['secret/*', 'key/*', false],
  ['acs:kms:*:*:secret/*', 'acs:kms:*:*:key/*', true],
  ['acs:kms*', 'acs:kms:*:*:key/*', true],
])('%j and %j', (a, b, meet) => {
  expect(patternsMeet(a, b)).toBe(meet)
  expect(patternsMeet(b, a)).toBe(meet)
})

/** Every text of up to five letters out of two. */
const texts = Array.from({ length: 6 }, (_, n) =>
  Array.from({ length: 2 ** n }, (_, i) =>
    i.toString(2).padStart(n, '0').slice(0, n).replaceAll('0', 'a').replaceAll('1', 'b'),
  ),
).flat()

test('two patterns meet exactly when some text matches both', () => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 4 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(pattern, pattern, (a, b) => {
      expect(patternsMeet(a, b)).toBe(texts.some((text) => glob(a, text) && glob(b, text)))
    }),
    { numRuns: 500 },
  )
})
