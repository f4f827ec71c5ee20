import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { normalAddress } from '../../base/addresses.ts'
import { originOf, type Peer, readPeer, trustedProxies } from './peer.ts'

const list = trustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])

function peer(address: string, tlsVersion = '0'): Peer {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address })
  return { ...readPeer(socket, list), tlsVersion }
}

describe('addresses', () => {
  it.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['::ffff:nothing', undefined],
    ['example.org', undefined],
    ['', undefined],
  ])('%j is %j', (text, address) => expect(normalAddress(text)).toBe(address))

  it.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/8/8', 'x', '10.0.0.0/', '10.0.0.0/a'])(
    'the range %j is refused by name',
    (range) => expect(() => trustedProxies([range])).toThrow(`\`${range}\``),
  )
})

describe('the client of a request', () => {
  const cases: [string, Peer, Record<string, string>, string, string][] = [
    ['is the peer', peer('198.51.100.1'), {}, '198.51.100.1', '0'],
    [
      'is the peer whatever a stranger forwards',
      peer('198.51.100.1'),
      { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-tls-version': '1.3' },
      '198.51.100.1',
      '0',
    ],
    ['is the proxy when it names no one', peer('10.1.1.1'), {}, '10.1.1.1', '0'],
    ['is whom a proxy names', peer('10.1.1.1'), { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9', '0'],
    [
      'behind a mapped proxy address',
      peer('::ffff:10.1.1.1'),
      { 'x-forwarded-for': '203.0.113.9' },
      '203.0.113.9',
      '0',
    ],
    [
      'is the rightmost that is no proxy',
      peer('10.1.1.1'),
      { 'x-forwarded-for': '1.1.1.1, 203.0.113.9, 192.0.2.1, 10.2.2.2' },
      '203.0.113.9',
      '0',
    ],
    [
      'is the outermost proxy if all are',
      peer('10.1.1.1'),
      { 'x-forwarded-for': '10.3.3.3, 10.2.2.2' },
      '10.3.3.3',
      '0',
    ],
    [
      'is not what nobody can read',
      peer('10.1.1.1'),
      { 'x-forwarded-for': '1.1.1.1, unknown' },
      '10.1.1.1',
      '0',
    ],
    ['without its port', peer('10.1.1.1'), { 'x-forwarded-for': '203.0.113.9:4711' }, '203.0.113.9', '0'],
    ['without brackets', peer('fd00::1'), { 'x-forwarded-for': '[2001:db8::1]:443' }, '2001:db8::1', '0'],
    ['over TLS of unknown version', peer('10.1.1.1'), { 'x-forwarded-proto': 'https' }, '10.1.1.1', '1.0'],
    [
      'over TLS of a stated version',
      peer('10.1.1.1'),
      { 'x-forwarded-proto': 'HTTPS', 'x-forwarded-tls-version': 'TLSv1.3' },
      '10.1.1.1',
      '1.3',
    ],
    [
      'TLS as Caddy spells its version',
      peer('10.1.1.1'),
      { 'x-forwarded-proto': 'HTTPS', 'x-forwarded-tls-version': 'tls1.3' },
      '10.1.1.1',
      '1.3',
    ],
    [
      'over TLS of a version that is none',
      peer('10.1.1.1'),
      { 'x-forwarded-proto': 'https', 'x-forwarded-tls-version': '9' },
      '10.1.1.1',
      '1.0',
    ],
    [
      'in plain though the proxy speaks TLS',
      peer('10.1.1.1', '1.3'),
      { 'x-forwarded-proto': 'http' },
      '10.1.1.1',
      '0',
    ],
    [
      'in plain on one of two hops',
      peer('10.1.1.1'),
      { 'x-forwarded-proto': 'https, http' },
      '10.1.1.1',
      '0',
    ],
  ]
  it.each(cases)('%s', (_name, from, headers, sourceAddress, tlsVersion) => {
    expect(originOf(from, headers, list)).toEqual({ sourceAddress, tlsVersion })
  })
})
