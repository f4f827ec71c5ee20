import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressTrouble, hostAddress, USER_PATTERN } from './host-names.ts'

describe('an address', () => {
  it.each([
    'web-01',
    'web_01.corp.example',
    'Web.Example.',
    'localhost',
    '1and1.example',
    'x',
    '10.0.0.7.example',
    '0.0.0.0',
    '10.0.0.1',
    '255.255.255.255',
    '::1',
    '2001:db8::5',
    '::ffff:10.0.0.1',
    'fe80::1',
    `${'a'.repeat(63)}.example`,
  ])('%s is kept as it is', (text) => expect(hostAddress(text)).toBe(text))

  it.each([
    ['[2001:db8::5]', '2001:db8::5'],
    ['[::1]', '::1'],
    ['2001:DB8::A', '2001:db8::a'],
  ])('%s is kept as %s', (text, kept) => expect(hostAddress(text)).toBe(kept))

  it.each([
    ['10.0.0.1:22', 'port'],
    ['web-01:22', 'port'],
    ['[::1]:22', 'port'],
    ['web:', 'port'],
    ['fe80::1%eth0', 'zone'],
    ['[fe80::1%1]', 'zone'],
    ['256.1.1.1', 'IPv4'],
    ['10.0.0', 'IPv4'],
    ['10.0.0.1.2', 'IPv4'],
    ['1', 'IPv4'],
    ['010.0.0.1', 'IPv4'],
    ['10.0.0.1.', 'IPv4'],
    ['0x7f000001', 'name'],
    ['0x7f.0.0.1', 'name'],
    ['web.123', 'name'],
    ['', 'name'],
    ['.', 'IPv4'],
    ['web..example', 'name'],
    ['.web', 'name'],
    ['-web', 'name'],
    ['web-.example', 'name'],
    ['a b', 'name'],
    ['web\n', 'name'],
    ['web;id', 'name'],
    ['$(id)', 'name'],
    ["we'b", 'name'],
    ['user@web', 'name'],
    ['ssh://web', 'name'],
    ['web/x', 'name'],
    ['[web]', 'name'],
    ['[10.0.0.1]', 'name'],
    ['[::1', 'name'],
    ['::1]', 'name'],
    [':::', 'name'],
    ['1:2:3', 'name'],
    ['::g', 'name'],
    ['12345::', 'name'],
    ['wéb', 'name'],
    [`${'a'.repeat(64)}.example`, 'name'],
    [`${'a.'.repeat(130)}a`, 'name'],
  ])('%j is none, and told why', (text, word) => {
    expect(hostAddress(text)).toBeUndefined()
    expect(addressTrouble(text)).toContain(word)
  })

  it('holds nothing that a shell, a list or an option reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const kept = hostAddress(text)
        if (kept !== undefined) expect(kept).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/)
      }),
    )
  })
})

describe('a login user', () => {
  const user = new RegExp(USER_PATTERN)
  it.each([
    'root',
    'a',
    '_chrony',
    'Anna',
    'anna@corp.example',
    'CORP\\anna',
    'CORP+anna',
    'svc$',
    'first.last',
    '12345a',
    'x-1',
    `${'a'.repeat(128)}`,
  ])('%s', (name) => expect(name).toMatch(user))
  it.each([
    '',
    '-x',
    '$',
    'a$b',
    'a b',
    'a,b',
    'a=b',
    "a'b",
    'a"b',
    'a;b',
    'a`b',
    'a\nb',
    'a\n',
    'a:b',
    'a/b',
    '0',
    '1000',
    '@x',
    '\\x',
    'ä',
    `${'a'.repeat(129)}`,
  ])('%j is refused', (name) => expect(name).not.toMatch(user))
})
