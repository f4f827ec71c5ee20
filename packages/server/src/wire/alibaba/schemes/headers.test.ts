import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EMPTY_SHA256, sha256Hex } from '../../digest.ts'
import { NOW, rpcCall } from '../../testing/requests.ts'
import { exchangeOf, type Sent, send, testWire } from '../../testing/world.ts'
import { type RpcCall, signAcs3, signAcs4 } from '../sign.ts'
import { ACS3 } from './acs3.ts'
import { ACS4 } from './acs4.ts'
import { canonicalRequest, stringToSign } from './canonical.ts'

// Requests whose signature is right, over parts that a careful server must not accept as they are.

const HEADERS = {
  host: 'h',
  'x-acs-action': 'Encrypt',
  'x-acs-content-sha256': EMPTY_SHA256,
  'x-acs-date': NOW,
  'x-acs-signature-nonce': 'n',
  'x-acs-version': '2016-01-20',
}

interface Parts {
  signed?: Record<string, string>
  unsigned?: Record<string, string>
  canonicalQuery?: string
  query?: string
  body?: string
  bodyHash?: string
}

const SCOPE = ['20240620', 'center', 'Kms', 'aliyun_v4_request']
const KEYS: Record<string, string | Buffer> = {
  [ACS3]: 'testsecret',
  [ACS4]: SCOPE.reduce<string | Buffer>(
    (key, text) => createHmac('sha256', key).update(text).digest(),
    'aliyun_v4testsecret',
  ),
}
const CREDENTIALS: Record<string, string> = { [ACS3]: 'testid', [ACS4]: `testid/${SCOPE.join('/')}` }

function signedBy(algorithm: string, parts: Parts): Sent {
  const { unsigned, canonicalQuery = '', query = canonicalQuery, body, bodyHash } = parts
  const signed: Record<string, string> = parts.signed ?? HEADERS
  const names = Object.keys(signed).sort()
  const lines = names.map((name) => `${name}:${signed[name]}\n`).join('')
  const hash = bodyHash ?? sha256Hex(body ?? '')
  const text = stringToSign(algorithm, canonicalRequest('POST', canonicalQuery, lines, names.join(';'), hash))
  const signature = createHmac('sha256', KEYS[algorithm]!).update(text).digest('hex')
  const authorization = `${algorithm} Credential=${CREDENTIALS[algorithm]},SignedHeaders=${names.join(';')},Signature=${signature}`
  return { method: 'POST', target: `/?${query}`, headers: { ...signed, ...unsigned, authorization }, body }
}

async function codeOf(sent: Sent) {
  const { wire, calls } = testWire('alibaba')
  const reply = await send(wire, sent)
  expect(calls).toHaveLength(reply.status === 200 ? 1 : 0)
  return reply.status === 200 ? calls[0]!.input : reply.json.Code
}

const body = 'Plaintext=x'
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const hashed = { ...HEADERS, 'x-acs-content-sha256': sha256Hex(body) }

describe.each([ACS3, ACS4])('a well-signed %s request', (algorithm) => {
  const byHand = (parts: Parts) => signedBy(algorithm, parts)

  it('is accepted', async () => {
    expect(await codeOf(byHand({}))).toEqual({})
    expect(await codeOf(byHand({ signed: { ...hashed, ...form }, body }))).toEqual({ Plaintext: 'x' })
  })

  it('is refused when its header states another hash than that of its body', async () => {
    const signed = { ...HEADERS, 'x-acs-content-sha256': '0'.repeat(64) }
    expect(await codeOf(byHand({ signed }))).toBe('SignatureDoesNotMatch')
    expect(await codeOf(byHand({ signed, bodyHash: '0'.repeat(64) }))).toBe('SignatureDoesNotMatch')
    const upper = { ...HEADERS, 'x-acs-content-sha256': EMPTY_SHA256.toUpperCase() }
    expect(await codeOf(byHand({ signed: upper }))).toBe('SignatureDoesNotMatch')
  })

  it('is refused when its body would be read by a content type that nobody signed', async () => {
    expect(await codeOf(byHand({ signed: hashed, unsigned: form, body }))).toBe('IncompleteSignature')
    expect(await codeOf(byHand({ unsigned: form }))).toEqual({})
  })

  it.each([
    'host',
    'x-acs-action',
    'x-acs-content-sha256',
    'x-acs-date',
    'x-acs-signature-nonce',
    'x-acs-version',
  ])('is refused when it does not sign %s', async (name) => {
    const { [name]: value, ...signed } = HEADERS as Record<string, string>
    expect(await codeOf(byHand({ signed, unsigned: { [name]: value! } }))).toBe('IncompleteSignature')
  })

  it('may have its parameter names signed unencoded, as Tea clients do, by ACS3', async () => {
    const sent = byHand({ canonicalQuery: 'EncryptionContext.a/b=1', query: 'EncryptionContext.a%2Fb=1' })
    const context = { EncryptionContext: { 'a/b': '1' } }
    expect(await codeOf(sent)).toEqual(algorithm === ACS3 ? context : 'SignatureDoesNotMatch')
  })

  it('cannot be turned into another one by a name that looks like several parameters', async () => {
    const call = rpcCall({ query: { KeyId: 'k', Plaintext: 'p' } })
    const sent = algorithm === ACS3 ? signAcs3(call) : signAcs4(call, 'center', 'Kms')
    expect(await codeOf(sent)).toEqual({ KeyId: 'k', Plaintext: 'p' })
    expect(await codeOf({ ...sent, target: '/?KeyId%3Dk%26Plaintext=p' })).toBe('SignatureDoesNotMatch')
    expect(await codeOf({ ...sent, target: '/?KeyId=k%26Plaintext%3Dp' })).toBe('SignatureDoesNotMatch')
  })
})

describe.each([
  ['ACS3', signAcs3],
  ['ACS4', (call: RpcCall) => signAcs4(call, 'center', 'Kms')],
] as const)('a captured %s request', (_scheme, sign) => {
  /** Sends the header of this name as one header for each part of its value, joined as Node joins them. */
  async function split(name: string, value: string, more: Partial<RpcCall> = {}) {
    const sent = sign(rpcCall({ ...more, headers: { [name]: value, ...more.headers } }))
    expect(sent.headers[name]).toBe(value)
    const { wire, calls } = testWire('alibaba')
    const exchange = exchangeOf(wire, sent)
    const parts = value.split(',')
    const rawHeaders = [
      ...Object.entries(sent.headers).filter(([other]) => other !== name),
      ...parts.map((part) => [name, part]),
    ].flat()
    const headers = { ...exchange.headers, [name]: ONCE.has(name) ? parts[0] : parts.join(', ') }
    const reply = await wire.handle({ ...exchange, headers, rawHeaders })
    return reply.status === 200 ? calls[0]!.nonce : JSON.parse(reply.body).Code
  }
  /** Of these Node keeps the first. */
  const ONCE = new Set(['host', 'user-agent', 'referer'])

  it.each([
    ['x-acs-signature-nonce', 'comma,nonce', { nonce: 'comma,nonce' }],
    ['x-acs-action', 'Decrypt,Encrypt', { action: 'Decrypt,Encrypt' }],
    ['x-acs-version', '2015-04-01,2016-01-20', { version: '2015-04-01,2016-01-20' }],
    ['host', 'a,b', { host: 'a,b' }],
    ['x-acs-accesskey-id', 'a,b', {}],
    ['x-acs-new', 'a,b', {}],
    ['user-agent', 'a,b', {}],
    ['referer', 'a,b', {}],
  ] as const)('does not run again when its %s is split in two', async (name, value, more) => {
    expect(await split(name, value, more)).toBe('SignatureDoesNotMatch')
  })

  it('may be split where nothing is read from', async () => {
    expect(await split('x-request-tag', 'a,b')).toBeTypeOf('object')
  })
})
