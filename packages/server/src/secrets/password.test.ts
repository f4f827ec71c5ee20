import { describe, expect, it } from 'vitest'
import { KINDS, type PasswordOptions, randomPassword } from './password.ts'

const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[]
const has = (text: string, kind: keyof typeof KINDS) => [...text].some((one) => KINDS[kind].includes(one))
const options = (more: Partial<PasswordOptions>): PasswordOptions => ({
  length: 8,
  without: [],
  excluded: '',
  eachKind: true,
  ...more,
})

describe('a random password', () => {
  it('has each kind that is asked for, and none that is not', () => {
    for (let left = 0; left < 16; left += 1) {
      const without = kinds.filter((_, bit) => left & (1 << bit))
      if (without.length === 4) continue
      for (let n = 0; n < 20; n += 1) {
        const password = randomPassword(options({ without }))
        expect(password).toHaveLength(8)
        for (const kind of kinds) expect(has(password, kind)).toBe(!without.includes(kind))
      }
    }
  })

  it('has no excluded character, and no two are alike', () => {
    const excluded = '0O1lI"\\'
    const made = Array.from({ length: 200 }, () => randomPassword(options({ length: 128, excluded })))
    expect(new Set(made).size).toBe(200)
    expect([...made.join('')].filter((one) => excluded.includes(one))).toEqual([])
    expect(new Set(made.join('')).size).toBe(94 - excluded.length)
  })

  it('is refused where no character is left', () => {
    const without = kinds.filter((kind) => kind !== 'numbers')
    expect(() => randomPassword(options({ without, excluded: KINDS.numbers }))).toThrow('InvalidParameter')
    expect(() => randomPassword(options({ without: kinds }))).toThrow('InvalidParameter')
  })
})
