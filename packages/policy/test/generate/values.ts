import fc from 'fast-check'

/** Small pools, so that what policies say and what requests hold collide often. */
export const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

/** The same letters in another case, now and then. */
export function anyCase(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(values, fc.nat(5)).map(([value, how]) => {
    if (how === 0) return value.toUpperCase()
    return how === 1 ? value.toLowerCase() : value
  })
}

const words = pick(
  '',
  'a',
  'A',
  'ab',
  'aab',
  'abc',
  'b',
  'prod',
  'Prod',
  'prod-1',
  '*',
  'a*',
  '?',
  'ä',
  '😀',
  'a😀',
)
const globs = fc.oneof(
  words,
  fc
    .array(pick('a', 'b', '*', '?', '**', 'ab', '-', '😀'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('')),
)
const numbers = pick(
  '0',
  '1',
  '-1',
  '1.0',
  '1.2',
  '01.20',
  '1.3',
  '10',
  '21',
  '9007199254740993',
  '9007199254740992',
  '+1',
)
const dates = pick(
  '2024-06-20T00:00:00Z',
  '2024-06-20T08:00:00+08:00',
  '2024-06-20',
  '2024-06-19T23:59:59.999Z',
  '2024-02-29T12:00Z',
  '1969-12-31T23:59:59.5Z',
)
const booleans = pick('true', 'false', 'True', 'FALSE')
const addresses = pick(
  '10.0.0.1',
  '10.0.0.2',
  '10.0.1.1',
  '::1',
  '2001:db8::1',
  '::ffff:10.0.0.1',
  '2001:DB8:0:0::2',
)
const blocks = fc.oneof(
  addresses,
  pick(
    '10.0.0.0/24',
    '10.0.0.1/8',
    '0.0.0.0/0',
    '::/0',
    '2001:db8::/32',
    '10.0.0.1/32',
    '::ffff:10.0.0.0/120',
  ),
)
const unreadable = pick(
  '',
  'x',
  '1e3',
  '2024-13-01',
  '300.1.1.1',
  'yes',
  '1.',
  '10.0.0.0/24',
  '2024-02-30T00:00:00Z',
)

export type Kind = 'string' | 'glob' | 'number' | 'date' | 'boolean' | 'address' | 'seconds'

/** Values that a policy may hold for an operator of this kind. */
export const policyValues: Record<Kind, fc.Arbitrary<string>> = {
  string: words,
  glob: globs,
  number: numbers,
  date: dates,
  boolean: booleans,
  address: blocks,
  seconds: fc.oneof(dates, pick('1718841600', '1718841599', '0')),
}

/** Values that a request may hold where policies compare with operators of this kind. */
export const requestValues: Record<Kind, fc.Arbitrary<string>> = {
  string: words,
  glob: words,
  number: fc.oneof({ weight: 6, arbitrary: numbers }, { weight: 1, arbitrary: unreadable }),
  date: fc.oneof({ weight: 6, arbitrary: dates }, { weight: 1, arbitrary: unreadable }),
  boolean: fc.oneof({ weight: 6, arbitrary: booleans }, { weight: 1, arbitrary: unreadable }),
  address: fc.oneof({ weight: 6, arbitrary: addresses }, { weight: 1, arbitrary: unreadable }),
  seconds: fc.oneof(
    { weight: 6, arbitrary: pick('1718841600', '1718841599', '1718841601', '0') },
    { weight: 1, arbitrary: unreadable },
  ),
}
