import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode, joinPairs, MAX_PAIRS, parsePairs, sortPairs } from './percent.ts'

const text = fc.string({ unit: 'binary' }).map((s) => s.toWellFormed())

describe('percent-encoding', () => {
  it('escapes all but the unreserved characters, in upper case', () => {
    expect(encode("AZaz09-_.~ !'()*+/=&%é密😀")).toBe(
      'AZaz09-_.~%20%21%27%28%29%2A%2B%2F%3D%26%25%C3%A9%E5%AF%86%F0%9F%98%80',
    )
  })

  it('encodes and decodes long text as it does short text', () => {
    const long = (s: string) => `${s}${'-'.repeat(128)}`
    const odd = fc.string({ unit: fc.constantFrom(...'%&=+aF0;!*\u00e9\u5bc6/'.split('')) })
    fc.assert(
      fc.property(fc.oneof(odd, text), (s) => {
        expect(encode(long(s))).toBe(encode(s) + encode('-'.repeat(128)))
        const [short] = parsePairs(`a=${s.replaceAll('&', '')}`) ?? []
        const [other] = parsePairs(`a=${long(s.replaceAll('&', ''))}`) ?? []
        expect(other).toEqual(
          short && { name: 'a', value: long(short.value), canonical: long(short.canonical) },
        )
        expect(decode(long(s))).toBe(decode(s) === undefined ? undefined : long(decode(s)!))
      }),
    )
    for (const bad of ['%', '%4', '%zz', '%ff', '%E0%A4%A', '%C0%AF', '%ED%A0%80', '%\u0141\u0142']) {
      expect(decode('-'.repeat(128) + bad)).toBeUndefined()
    }
  })

  it('gives the same canonical query however a client spelt it', () => {
    const spell = (s: string, how: number) => {
      if (how === 0) return encode(s)
      if (how === 1) return encodeURIComponent(s).replaceAll('%20', '+')
      if (how === 2) return encode(s).replace(/%[0-9A-F]{2}/g, (x) => x.toLowerCase())
      return [...Buffer.from(s)].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('')
    }
    const pair = fc.tuple(text, text, fc.nat(3), fc.nat(3))
    fc.assert(
      fc.property(fc.array(pair), (pairs) => {
        const sent = pairs.map(([n, v, a, b]) => `${spell(n, a)}=${spell(v, b)}`).join('&')
        const parsed = parsePairs(sent)!
        expect(parsed.map(({ name, value }) => [name, value])).toEqual(pairs.map(([n, v]) => [n, v]))
        expect(parsed.map(({ canonical }) => canonical)).toEqual(
          pairs.map(([n, v]) => `${encode(n)}=${encode(v)}`),
        )
      }),
    )
  })

  it('never throws, and decodes nothing it did not understand', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'%&=+aF0;\u00e9\ud800/'.split('')) }), (sent) => {
        const parsed = parsePairs(sent)
        if (parsed === undefined) expect(sent).toContain('%')
        else
          expect(parsePairs(joinPairs(parsed))!.map((p) => p.canonical)).toEqual(
            parsed.map((p) => p.canonical),
          )
      }),
    )
  })

  it('refuses malformed escapes and too many pairs', () => {
    for (const bad of ['a=%', 'a=%4', 'a=%zz', '%ff=1', 'a=%E0%A4%A', 'a=%C0%AF', 'a=%\u0141\u0142']) {
      expect(parsePairs(bad)).toBeUndefined()
    }
    expect(parsePairs('a&'.repeat(MAX_PAIRS))).toHaveLength(MAX_PAIRS)
    expect(parsePairs('a&'.repeat(MAX_PAIRS + 1))).toBeUndefined()
  })

  it('keeps the equals sign of an empty value, and one inside a value', () => {
    expect(parsePairs('a&b=&c=d=e&&')!.map((p) => p.canonical)).toEqual(['a=', 'b=', 'c=d%3De'])
  })

  it('sorts by name, then value, in the order of code units, few or many', () => {
    const plain = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 2 })), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(plain, (entries) => {
        const sorted = sortPairs(entries.map(([name, value]) => ({ name, value, canonical: '' })))
        const cmp = ([a, b]: [string, string], [c, d]: [string, string]) =>
          a < c ? -1 : a > c ? 1 : b < d ? -1 : b > d ? 1 : 0
        expect(sorted.map((p) => [p.name, p.value])).toEqual([...entries].sort(cmp))
      }),
    )
  })
})
