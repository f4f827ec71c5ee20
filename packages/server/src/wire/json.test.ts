import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_VALUES, parseJson, repeatedMember } from './json.ts'

describe('JSON of a request', () => {
  it('is parsed as ever', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(parseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    for (const text of ['', '{', 'nothing', '{"a":}', '\u0000']) expect(parseJson(text)).toBeUndefined()
  })

  it('is refused when it nests too deeply, wherever', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(parseJson(nested(32))).toBeDefined()
    expect(parseJson(nested(33))).toBeUndefined()
    expect(parseJson(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)).toBeUndefined()
    expect(parseJson(nested(1_000_000))).toBeUndefined()
    expect(parseJson('['.repeat(3_000_000))).toBeUndefined()
  })

  it('is refused when it holds more than any input does', () => {
    const list = (length: number) => `[${'0,'.repeat(length - 2)}0]`
    expect(parseJson(list(MAX_VALUES))).toHaveLength(MAX_VALUES - 1)
    expect(parseJson(list(MAX_VALUES + 1))).toBeUndefined()
    expect(parseJson(`[${'[],'.repeat(MAX_VALUES)}[]]`)).toBeUndefined()
    expect(parseJson(JSON.stringify({ a: '[,'.repeat(MAX_VALUES) }))).toEqual({ a: '[,'.repeat(MAX_VALUES) })
  })

  it('is refused when an object has a member twice, wherever and however it is written', () => {
    const twice: [text: string, name: string][] = [
      ['{"a":1,"a":1}', 'a'],
      ['{"a":{"b":[{"c":"}{[:\\"","d":2,"c" : 3}]}}', 'c'],
      ['{"a":1,"\\u0061":2}', 'a'],
      ['{"__proto__":1,"__proto__":2}', '__proto__'],
      ['[{"":1,"":2}]', ''],
    ]
    for (const [text, name] of twice) {
      expect([text, parseJson(text)]).toEqual([text, undefined])
      expect([text, repeatedMember(text)]).toEqual([text, name])
    }
    for (const text of ['{"a":{"a":1},"b":[{"a":1},{"a":":"}]}', '":"', '[":",{"::":":"}]']) {
      expect(parseJson(text)).toEqual(JSON.parse(text))
      expect(repeatedMember(text)).toBeUndefined()
    }
    for (const text of ['{"a":1,"a"', '{"a" "a":', '":', '["a":1]', '{"\\q":1}', '"\\"'.repeat(100_000)]) {
      expect(repeatedMember(text)).toBeUndefined()
    }
    expect(repeatedMember('['.repeat(3_000_000))).toBeUndefined()
  })

  it('may hold brackets in its texts', () => {
    const value = { '[[': '{"\\"[['.repeat(50), b: ['\\', '"'] }
    expect(parseJson(JSON.stringify(value))).toEqual(value)
  })
})
