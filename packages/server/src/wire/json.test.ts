import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './json.ts'

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
    expect(parseJson('{"a":'.repeat(40) + '1' + '}'.repeat(40))).toBeUndefined()
    expect(parseJson(nested(1_000_000))).toBeUndefined()
    expect(parseJson('['.repeat(3_000_000))).toBeUndefined()
  })

  it('may hold brackets in its texts', () => {
    const value = { '[[': '{"\\"[['.repeat(50), b: ['\\', '"'] }
    expect(parseJson(JSON.stringify(value))).toEqual(value)
  })
})
