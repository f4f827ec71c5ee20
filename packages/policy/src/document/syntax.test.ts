import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from './json.ts'
import { measure, report } from './syntax.ts'

const reads = (text: string) => {
  const to = report(text)
  return [readJson(text, to) !== undefined, to.findings.map(({ message }) => message)]
}

describe('nesting', () => {
  const deep = (levels: number, inside = '1') =>
    `${'[{"a":'.repeat(levels / 2)}${inside}${'}]'.repeat(levels / 2)}`
  const refused = [false, ['nested deeper than 32 levels']]
  test.each<[name: string, text: string, expected: unknown]>([
    ['32 levels', deep(32), [true, []]],
    ['33 levels', `[${deep(32)}]`, refused],
    ['lists alone', `${'['.repeat(33)}${']'.repeat(33)}`, refused],
    ['objects alone', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, refused],
    ['many beside each other', `[${Array.from({ length: 100 }, () => '[{}]').join(',')}]`, [true, []]],
    ['the deepest is not the last', `[${deep(32)},1]`, refused],
    ['brackets in a text', deep(30, `"${'[{'.repeat(40)}"`), [true, []]],
    ['closing brackets in a text', `["]]]]}}",${deep(32)}]`, refused],
    ['a quote in a text', deep(30, `"\\"${'['.repeat(40)}"`), [true, []]],
    ['a backslash at the end of a text', `["\\\\",${deep(32)}]`, refused],
    ['a text that is a name', `{"[[":${deep(32)}}`, refused],
    [
      'a text that does not end',
      `"${'['.repeat(40)}`,
      [false, ['not JSON: the text that begins here has no closing quote']],
    ],
  ])('%s', (_, text, expected) => {
    expect(reads(text)).toEqual(expected)
  })

  test('what is wrong is told where it is', () => {
    const text = '{"a" 1}'
    const to = report(text)
    readJson(text, to)
    expect(to.findings[0]).toMatchObject({
      message: 'not JSON: `:` is expected',
      offset: 5,
      length: 1,
      line: 1,
      column: 6,
    })
  })

  test.each([
    ['brackets that nothing closes', '['.repeat(100_000)],
    ['brackets behind a text that does not end in its line', `{"\n,"a":${'['.repeat(20_000)}`],
    ['brackets behind too many that close', `{${']'.repeat(20_000)},"a":${'['.repeat(20_000)}`],
    ['brackets behind a quote in a comment', `/* " */${'[{"a":'.repeat(20_000)}`],
  ])('%s are no reason to fail', (_, text) => {
    const to = report(text)
    expect(readJson(text, to)).toBeUndefined()
    expect(new Set(to.findings.map(({ code }) => code))).toEqual(new Set(['JSON_SYNTAX_ERROR']))
    expect(to.findings[0]!.message).toMatch(/^not JSON: ./)
  })
})

describe('length', () => {
  const all = (text: string) =>
    (['characters', 'bytes'] as const).flatMap((unit) =>
      (['counted', 'ignored'] as const).map((spacing) => measure(text, unit, spacing)),
    )
  test.each<
    [text: string, characters: number, withoutSpacing: number, bytes: number, bytesWithoutSpacing: number]
  >([
    ['', 0, 0, 0, 0],
    ['ab', 2, 2, 2, 2],
    [' a\t\n\rb ', 7, 2, 7, 2],
    ['\u00a0', 1, 1, 2, 2],
    ['" a "', 5, 5, 5, 5],
    ['" " "', 5, 4, 5, 4],
    ['"\\" " "', 7, 6, 7, 6],
    ['"\\"  a"', 7, 7, 7, 7],
    ['"\\\\" "', 6, 5, 6, 5],
    ['\\" "', 4, 4, 4, 4],
    ['\u007f\u0080\u07ff\u0800', 4, 4, 8, 8],
    ['\ud7ff\ue000', 2, 2, 6, 6],
    ['\u{1f511}\u{10000}\u{10ffff}', 3, 3, 12, 12],
  ])('%j', (text, ...expected) => {
    expect(all(text)).toEqual(expected)
  })

  test('is that of the runtime where spacing counts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(measure(text, 'characters', 'counted')).toBe([...text].length)
        expect(measure(text, 'bytes', 'counted')).toBe(new TextEncoder().encode(text).length)
      }),
      { numRuns: 300 },
    )
  })
})
