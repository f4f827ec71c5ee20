import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareDecimals, inBlock, instant } from '../../test/reference-evaluator/values.ts'
import { address } from './address.ts'
import { bool } from './boolean.ts'
import { dateEquals, dateGreater, dateGreaterEquals, dateLess, dateLessEquals } from './date.ts'
import { numberEquals, numberGreater, numberGreaterEquals, numberLess, numberLessEquals } from './number.ts'
import { endsWith, equals, equalsIgnoreCase, like, startsWith } from './string.ts'
import type { Comparison } from './types.ts'

const fits = (comparison: Comparison, policy: string | string[], request: string, unixSeconds = false) =>
  comparison.compile([policy].flat(), { unixSeconds })(request)

describe('numbers', () => {
  test.each<[a: string, b: string, order: number]>([
    ['1', '1.0', 0],
    ['-0', '0', 0],
    ['+1.50', '1.5', 0],
    ['9007199254740993', '9007199254740992', 1],
    ['0.30000000000000001', '0.3', 1],
    ['0.3', '0.30000000000000001', -1],
    [`1${'0'.repeat(400)}`, `1${'0'.repeat(399)}1`, -1],
    ['-2', '-10', 1],
    ['-0.30000000000000001', '-0.3', -1],
    ['-3', '3', -1],
  ])('%s and %s', (a, b, order) => {
    expect(fits(numberLess, b, a)).toBe(order < 0)
    expect(fits(numberEquals, b, a)).toBe(order === 0)
    expect(fits(numberGreater, b, a)).toBe(order > 0)
    expect(fits(numberLessEquals, b, a)).toBe(order <= 0)
    expect(fits(numberGreaterEquals, b, a)).toBe(order >= 0)
  })

  const decimal = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.constantFrom('', '.0', '.10', '.1', '.00000000000000000001'),
    )
    .map((parts) => parts.join(''))
  test('compare as fractions do', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(fits(numberLess, b, a)).toBe(compareDecimals(a, b) === -1)
        expect(fits(numberEquals, b, a)).toBe(compareDecimals(a, b) === 0)
      }),
    )
  })

  test.each(['', ' 1', '1 ', '1.', '.5', '1e3', 'NaN', '0x10', '1,5', '１'])('%j is none', (text) => {
    expect(numberEquals.readable(text, {})).toBe(false)
    expect(fits(numberEquals, '1', text)).toBeUndefined()
  })
})

describe('dates', () => {
  test.each<[text: string, same: string]>([
    ['2024-06-20', '2024-06-20T00:00:00Z'],
    ['2024-06-20T08:00', '2024-06-20T08:00:00Z'],
    ['2024-06-20T08:00:00+0800', '2024-06-20T00:00:00.000Z'],
    ['2024-06-20T00:30:00-23:30', '2024-06-21T00:00:00Z'],
    ['2024-06-20T08:59:00+08:59', '2024-06-20T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00+00:00'],
    ['0099-12-31', '0099-12-31T00:00:00Z'],
  ])('%s is %s', (text, same) => {
    expect(fits(dateEquals, same, text)).toBe(true)
    expect(fits(dateLessEquals, same, text)).toBe(true)
    expect(fits(dateGreaterEquals, same, text)).toBe(true)
    expect(fits(dateLess, same, text)).toBe(false)
    expect(fits(dateGreater, same, text)).toBe(false)
  })

  test.each([
    ...[
      '',
      '2024',
      '2024-6-1',
      '2024-02-30',
      '2023-02-29',
      '2024-13-01',
      '2024-00-10',
      '2024-06-00',
      '20240620',
    ],
    ...[
      '2024-06-20T24:00:00Z',
      '2024-06-20T23:60:00Z',
      '2024-06-20T23:59:60Z',
      '2024-06-20T23:59:59.Z',
      '2024-06-20 00:00:00Z',
    ],
    ...[
      '2024-06-20T00:00:00+24:00',
      '2024-06-20T00:00:00+08:60',
      '2024-06-20T00:00:00z',
      '1718841600',
      '2024-06-20Z',
    ],
  ])('%j is none', (text) => {
    expect(dateEquals.readable(text, {})).toBe(false)
    expect(fits(dateEquals, '2024-06-20', text)).toBeUndefined()
  })

  test('before and after, by a second', () => {
    const [early, late] = ['2024-06-20T00:00:00Z', '2024-06-20T00:00:01Z']
    const all = [dateLess, dateLessEquals, dateEquals, dateGreaterEquals, dateGreater]
    expect(all.map((one) => fits(one, late, early))).toEqual([true, true, false, false, false])
    expect(all.map((one) => fits(one, early, late))).toEqual([false, false, false, true, true])
  })

  test('fractions of a second count to the ninth digit', () => {
    expect(fits(dateLess, '2024-06-20T00:00:00.000000002Z', '2024-06-20T00:00:00.000000001Z')).toBe(true)
    expect(fits(dateEquals, '2024-06-20T00:00:00.5Z', '2024-06-20T00:00:00.500000000Z')).toBe(true)
  })

  test('whole numbers are Unix seconds only where the key says so', () => {
    expect(fits(dateEquals, '2024-06-20', '1718841600', true)).toBe(true)
    expect(fits(dateEquals, '1718841600', '1718841600', true)).toBe(true)
    expect(dateEquals.readable('1718841600', {})).toBe(false)
  })

  test('compare as counting days does', () => {
    const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
    const date = fc
      .tuple(
        fc.integer({ min: 1900, max: 2100 }),
        two(13),
        two(32),
        two(24),
        two(60),
        fc.constantFrom('', 'Z', '+08:00', '-11:30'),
      )
      .map(([y, m, d, h, min, zone]) => `${y}-${m}-${d}T${h}:${min}${zone}`)
    fc.assert(
      fc.property(date, date, (a, b) => {
        const left = instant(a, false)
        expect(dateLess.readable(a, {})).toBe(left !== undefined)
        const right = instant(b, false)
        if (right !== undefined)
          expect(fits(dateLess, b, a)).toBe(left === undefined ? undefined : left < right)
      }),
    )
  })
})

describe('addresses', () => {
  test.each([
    ...[
      '',
      'x',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4.',
      '.1.2.3',
      '1..2.3',
      '1.2.3.4 ',
      '0x1.2.3.4',
      '1234567890123456',
      '1.2.3.:',
      '1.2.3.a',
    ],
    ...[':', '1::2::3', 'fe80::1%eth0', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'g::', '::1.2.3.256'],
  ])('%j is none', (text) => {
    expect(address.readable(text, {})).toBe(false)
    expect(fits(address, ['0.0.0.0/0', '::/0'], text)).toBeUndefined()
  })

  test.each([
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '::/129',
    '::ffff:10.0.0.0/95',
    '/8',
  ])('the block %j is none', (text) => {
    expect(address.readable(text, {})).toBe(false)
  })

  test.each<[text: string, block: string | string[], inside: boolean]>([
    ['::ffff:10.0.0.1', '10.0.0.0/8', true],
    ['::ffff:11.0.0.1', '10.0.0.0/8', false],
    ['10.0.0.1', '::ffff:10.0.0.0/104', true],
    // Only a mapped address is one of version 4.
    ['::10.0.0.1', '10.0.0.0/8', false],
    ['::10.0.0.1', '::a00:1', true],
    ['::0.0.0.0', '0.0.0.0/0', false],
    ['::0.0.0.0', '::/128', true],
    ['fe80::1', ['2001:db8::/32', 'fe80::/16'], true],
    ['0.0.0.0', '0.0.0.0', true],
  ])('%s in %s: %s', (text, block, inside) => {
    expect(fits(address, block, text)).toBe(inside)
  })

  test('an address in a block, as its bits say', () => {
    const four = fc
      .tuple(...[0, 0, 0, 0].map(() => fc.constantFrom('0', '1', '127', '128', '255')))
      .map((parts) => parts.join('.'))
    const six = fc
      .tuple(
        fc.constantFrom('2001:db8', '::', '::ffff', 'fe80:0:0:0:1:2:3'),
        fc.constantFrom('1', 'ffff', '8000', '10.0.0.1', '::1'),
      )
      .map(([a, b]) =>
        a === '::'
          ? `::${b.replace('::', '')}`
          : a.includes('::')
            ? `${a}:${b.replace('::', '')}`
            : `${a}:${b.includes('.') ? '1' : b}`.replace(':::', '::'),
      )
      .filter((text) => address.readable(text, {}))
    const any = fc.oneof(four, six)
    fc.assert(
      fc.property(any, any, fc.integer({ min: 0, max: 128 }), (a, base, bits) => {
        for (const block of [base, `${base}/${bits}`]) {
          if (address.readable(block, {})) expect(fits(address, block, a)).toBe(inBlock(a, block))
        }
      }),
      { numRuns: 500 },
    )
  })
})

test('booleans in any letter case, and nothing else', () => {
  expect(fits(bool, ['true', 'FALSE'], 'False')).toBe(true)
  expect(fits(bool, 'true', '1')).toBeUndefined()
})

test('texts', () => {
  expect(fits(equals, ['a', 'b'], 'b')).toBe(true)
  expect(fits(equalsIgnoreCase, ['Ab', 'c'], 'aB')).toBe(true)
  expect(fits(like, ['x*', 'a?c'], 'abc')).toBe(true)
  expect(fits(like, ['x*', 'a?c'], 'abd')).toBe(false)
  expect(fits(startsWith, ['x', 'ab'], 'abc')).toBe(true)
  expect(fits(endsWith, ['x', 'bc'], 'abc')).toBe(true)
  expect(fits(endsWith, 'ab', 'abc')).toBe(false)
  for (const one of [equals, startsWith, endsWith]) expect(one.readable('', {})).toBe(true)
})
