import { describe, expect, test } from 'vitest'
import { compiled, noting, policy, request, uid } from '../../test/kit.ts'
import type { ContextValue } from '../index.ts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const place = `acs:kms:cn-hangzhou:${uid}:`
const when = (key: string) => ({ Condition: { StringEquals: { [`acs:${key}`]: 'yes' } } })
const allow = (Resource: unknown, key?: string) => ({
  Effect: 'Allow',
  Action: 'kms:Decrypt',
  Resource,
  ...(key && when(key)),
})
const deny = (Resource: unknown, key?: string) => ({ ...allow(Resource, key), Effect: 'Deny' })

/** What comes out for a name, and the keys that were looked at for it, without their prefix. */
function ask(statements: readonly object[], tail: string, values: Record<string, ContextValue> = {}) {
  const { context, asked } = noting(values)
  const { reason, statement } = decide(
    'ram',
    request('ram', { context, resource: tail.includes('*') ? tail : `${place}${tail}` }),
    { identity: compiled('ram', 'identity', ...statements) },
  )
  return [reason, statement, asked.map((key) => key.replace('acs:', ''))]
}
const yes = (...keys: string[]) => Object.fromEntries(keys.map((key) => [`acs:${key}`, 'yes']))

/** One pattern of each kind, by where the index keeps it; each takes in `key/abc`. */
const patterns: readonly (readonly [kind: string, pattern: string])[] = [
  ['everything', '*'],
  ['a whole pattern that starts so', 'acs:kms*'],
  ['a whole pattern that ends so', '*/abc'],
  ['a whole pattern with its wildcard inside', 'acs:*/abc'],
  ['the name', `${place}key/abc`],
  ['every name under a head', `${place}*`],
  ['a start', `${place}key/*`],
  ['an end', `${place}*bc`],
  ['a wildcard inside', `${place}key/?bc`],
  ['a wildcard inside, longer at the end', `${place}k*/abc`],
  ['another head', `acs:kms:*:${uid}:key/ab*`],
]

describe.each(patterns)('a pattern of the kind: %s', (_, pattern) => {
  test('allows', () => {
    expect(ask([allow(pattern)], 'key/abc')).toEqual(['Allowed', '#0', []])
  })
  test('allows under a condition', () => {
    expect(ask([allow(pattern, 'a')], 'key/abc')).toEqual(['ImplicitDeny', undefined, ['a']])
    expect(ask([allow(pattern, 'a')], 'key/abc', yes('a'))).toEqual(['Allowed', '#0', ['a']])
  })
  test('denies, and then nothing else is looked at', () => {
    expect(ask([allow(pattern, 'a'), deny(pattern), deny(pattern, 'b')], 'key/abc')).toEqual([
      'ExplicitDeny',
      '#1',
      [],
    ])
  })
  test('a Deny under a condition is looked at beside an Allow that is certain', () => {
    expect(ask([allow('*'), deny(pattern, 'a')], 'key/abc')).toEqual(['Allowed', '#0', ['a']])
    expect(ask([allow('*'), deny(pattern, 'a')], 'key/abc', yes('a'))).toEqual(['ExplicitDeny', '#1', ['a']])
  })
  test('an Allow under a condition is not looked at beside one that is certain', () => {
    expect(ask([allow('*'), allow(pattern, 'a')], 'key/abc')).toEqual(['Allowed', '#0', []])
    // Nor where there is a Deny for other names, for which the index has to be searched.
    const elsewhere = patterns
      .slice(1)
      .map(([, other]) => deny(other.replace('bc', 'xx').replace('/*', '/zz*'), 'd'))
    const [reason, , asked] = ask([allow('*'), allow(pattern, 'a'), ...elsewhere], 'key/abc') as unknown[]
    expect(reason).toBe('Allowed')
    expect(asked).not.toContain('a')
  })
  test('one Allow is enough: the next is not looked at', () => {
    expect(ask([allow(pattern, 'a'), allow(pattern, 'b')], 'key/abc', yes('a', 'b'))).toEqual([
      'Allowed',
      '#0',
      ['a'],
    ])
    expect(ask([allow(pattern, 'a'), allow(pattern, 'b')], 'key/abc', yes('b'))).toEqual([
      'Allowed',
      '#1',
      ['a', 'b'],
    ])
  })
  test('a Deny comes before an Allow that stands before it', () => {
    expect(ask([allow(pattern, 'a'), deny(pattern, 'b')], 'key/abc', yes('a', 'b'))).toEqual([
      'ExplicitDeny',
      '#1',
      ['b'],
    ])
  })
})

test('after a Deny nothing that the index keeps further on is looked at', () => {
  const whole = ['*', 'acs:*/abc', 'acs:kms*', '*/abc']
  const inOrder = [...whole, `${place}*`, `${place}key/*`, `${place}key/?bc`, `${place}*bc`]
  const last = [`acs:kms:*:${uid}:key/*`, `acs:kms:*:${uid}:key/ab*`, `acs:kms:*:${uid}:*bc`]
  for (const [at, pattern] of [...inOrder, ...last].entries()) {
    const later = [...inOrder, ...last].slice(at + 1).flatMap((one) => [allow(one, 'a'), deny(one, 'b')])
    // A head is searched in the order in which statements name it.
    const earlier = [...inOrder, ...last].slice(0, at).map((one) => deny(one, 'c'))
    expect(ask([...earlier, deny(pattern), ...later], 'key/abc')).toEqual([
      'ExplicitDeny',
      `#${at}`,
      earlier.map(() => 'c'),
    ])
  }
})

test.each([
  ['the text of a pattern has to end there', `${place}key/ab`, 'key/abc'],
  ['and may not end before', `${place}key/abcd`, 'key/abc'],
  ['a start that is longer than the name', `${place}key/abcd*`, 'key/abc'],
  ['an end that is longer than the name', `${place}*xkey/abc`, 'key/abc'],
  ['an end reaches not over the head', `${place}*:key/abc`, 'key/abc'],
  ['another end', `${place}*xbc`, 'key/abc'],
  ['another wildcard inside', `${place}key/?b`, 'key/abc'],
  ['another head', `acs:kms:cn-beijing:${uid}:key/abc`, 'key/abc'],
  ['another account', 'acs:kms:*:2222:key/abc', 'key/abc'],
])('%s', (_, pattern, tail) => {
  expect(ask([allow(pattern)], tail)).toEqual(['ImplicitDeny', undefined, []])
  expect(
    ask([allow(pattern), allow(`${place}key/abc`, 'a'), allow(`${place}key/a*`, 'b')], tail, yes('a')),
  ).toEqual(['Allowed', '#1', expect.arrayContaining(['a'])])
})

test('a pattern in which stars follow each other at the end is one that starts so', () => {
  expect(ask([allow(`${place}key/**`)], 'key/abc')).toEqual(['Allowed', '#0', []])
})

test('several patterns of one statement are one statement', () => {
  const several = [`${place}key/x`, '*:key/abc', `${place}key/a*`]
  expect(ask([allow(several, 'a')], 'key/abc')).toEqual(['ImplicitDeny', undefined, ['a', 'a']])
  expect(ask([allow(['acs:kms:nowhere', '*'], 'a')], 'key/abc', yes('a'))).toEqual(['Allowed', '#0', ['a']])
})

test('a name with a further colon is matched whole: a wildcard of any segment may hold it', () => {
  expect(ask([allow(`acs:kms:*:${uid}:key/b`)], `x:${uid}:key/b`)).toEqual(['Allowed', '#0', []])
  expect(ask([allow(`acs:kms:*:${uid}:key/c`)], `x:${uid}:key/b`)).toEqual(['ImplicitDeny', undefined, []])
  expect(ask([allow(['acs:kms', `acs:kms:*:${uid}:key/b`])], `x:${uid}:key/b`)).toEqual(['Allowed', '#0', []])
  const both = [allow(`acs:kms:*:${uid}:key/b`, 'a'), deny(`acs:kms:*:${uid}:key/*`, 'b')]
  expect(ask(both, `x:${uid}:key/b`, yes('a', 'b'))).toEqual(['ExplicitDeny', '#1', ['b']])
  expect(ask(both, `x:${uid}:key/b`, yes('a'))).toEqual(['Allowed', '#0', ['b', 'a']])
})

test('a path of the iam language may hold colons, which stand for themselves', () => {
  const get = (Resource: string, path: string) =>
    decide('iam', request('iam', { resource: `kps:cn-north-4:${'d'.repeat(32)}:SSHKeyPair:${path}` }), {
      identity: compiled('iam', 'identity', { Effect: 'Allow', Action: ['kps:*:*'], Resource: [Resource] }),
    }).allowed
  expect(get('kps:*:*:SSHKeyPair:a:*', 'a:b')).toBe(true)
  expect(get('kps:*:*:SSHKeyPair:a', 'a:b')).toBe(false)
  expect(get('kps:*:SSHKeyPair:a:b', 'a:b')).toBe(false)
})

test('NotResource takes in what its patterns leave out, and only the Denies of it are looked at beside an Allow', () => {
  const all = { Effect: 'Allow', Action: ['kps:*:*'] }
  const not = (Effect: string, path: string, key?: string) => ({
    Effect,
    Action: ['kps:*:*'],
    NotResource: [`kps:*:*:SSHKeyPair:${path}`],
    ...(key && { Condition: { StringEquals: { [`g:${key}`]: 'yes' } } }),
  })
  const get = (statements: object[], values: Record<string, string> = {}) => {
    const { context, asked } = noting(values)
    const { reason } = decide('iam', request('iam', { context }), {
      identity: compiled('iam', 'identity', ...statements),
    })
    return [reason, asked]
  }
  expect(get([not('Allow', 'a')])).toEqual(['ImplicitDeny', []])
  expect(get([not('Allow', 'b')])).toEqual(['Allowed', []])
  expect(get([all, not('Deny', 'a')])).toEqual(['Allowed', []])
  expect(get([all, not('Deny', 'b')])).toEqual(['ExplicitDeny', []])
  expect(get([all, not('Allow', 'b', 'x'), not('Deny', 'b', 'y')])).toEqual(['Allowed', ['g:y']])
  expect(get([not('Allow', 'b', 'x'), not('Deny', 'b', 'y')], { 'g:x': 'yes' })).toEqual([
    'Allowed',
    ['g:y', 'g:x'],
  ])
})

test('a statement without a resource takes in every one', () => {
  const { allowed } = decide('iam', request('iam'), {
    identity: compiled('iam', 'identity', { Effect: 'Allow', Action: ['kps:*:*'] }),
  })
  expect(allowed).toBe(true)
})

test('what an index remembers of a head is not taken for another of the same number', () => {
  const identity = compiled('ram', 'identity', allow(`acs:kms:region-7:${uid}:key/a`))
  const hits = Array.from({ length: 200 }, (_, i) =>
    decide('ram', request('ram', { resource: `acs:kms:region-${i}:${uid}:key/a` }), { identity }).allowed
      ? [i]
      : [],
  ).flat()
  expect(hits).toEqual([7])
})

test('heads are told apart by their parts, not by their letters in a row', () => {
  const identity = compiled('ram', 'identity', allow('acs:kms:ab:1:key/*'), allow('acs:kms:a:b1:key/x'))
  const asks = (head: string, key: string) =>
    decide('ram', request('ram', { resource: `acs:kms:${head}:key/${key}`, resourceAccount: uid }), {
      identity,
    }).statement
  expect([asks('ab:1', 'y'), asks('a:b1', 'y'), asks('a:b1', 'x')]).toEqual(['#0', undefined, '#1'])
})

test('beside an Allow that is certain the conditions of another are not looked at, wherever it stands', () => {
  const elsewhere = deny(`${place}key/x`)
  expect(ask([allow('*', 'a'), allow('*')], 'key/abc')).toEqual(['Allowed', '#1', []])
  expect(ask([allow('*', 'a'), allow('*'), elsewhere], 'key/abc')).toEqual(['Allowed', '#1', []])
  expect(ask([allow('*', 'a'), deny('*', 'b'), allow('*')], 'key/abc')).toEqual(['Allowed', '#2', ['b']])
})

test('a name is not read on into the one that was remembered after it', () => {
  const longer = [
    allow(`${place}key/abcd*`),
    allow(`${place}key/abcd`),
    allow(`${place}key/abx`),
    allow(`${place}key/abcy`),
  ]
  const identity = compiled('ram', 'identity', ...longer)
  const asked = (resource: string) => decide('ram', request('ram', { resource }), { identity }).allowed
  // Names are remembered in a row: the units of the second stand behind those of the first.
  expect(asked(`${place}key/ab`)).toBe(false)
  expect(asked('cdef')).toBe(false)
  expect(asked(`${place}key/ab`)).toBe(false)
  // One unit beyond the end of the first is the first of the second.
  const one = compiled('ram', 'identity', allow(`${place}secret/uvwx*`))
  const alone = (resource: string) => decide('ram', request('ram', { resource }), { identity: one }).allowed
  expect([alone(`${place}secret/uvw`), alone('x'), alone(`${place}secret/uvw`)]).toEqual([
    false,
    false,
    false,
  ])
  expect(alone(`${place}secret/uvwx`)).toBe(true)
})

test('half a character in a pattern is found alike by the index and by the explanation', () => {
  for (const [pattern, name] of [
    ['a?:b:c:d:\ud83d*', 'ax:b:c:d:\u{1f511}'],
    ['a?:b:c:d:*\udd11', 'ax:b:c:d:\u{1f511}'],
    ['a?:b:c:d:?', '\u{1f511}x:b:c:d:\u{1f511}'],
  ]) {
    const asked = request('ram', { resource: name! })
    const layers = { identity: compiled('ram', 'identity', allow(pattern)) }
    const { decision, layers: accounts } = explain('ram', asked, layers)
    expect(decision.allowed).toBe(decide('ram', asked, layers).allowed)
    expect(accounts[0]!.says === 'Allow').toBe(decision.allowed)
  }
})

test('a set of very many statements for one place is compiled', () => {
  const statement = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: `${place}key/abc` }
  const [one] = [policy('ram', 'identity', 'p', statement)]
  const identity = compilePolicies(
    'ram',
    Array.from({ length: 130_000 }, () => one!),
  )
  expect(decide('ram', request('ram', { resource: `${place}key/abc` }), { identity }).allowed).toBe(true)
})
