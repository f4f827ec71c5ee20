import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { refuse } from '../../base/problem.ts'
import { encode } from '../percent.ts'
import { exchangeOf, type Sent, send, stoppedClock, testWire } from '../testing/world.ts'
import { type RpcCall, signAcs3, signV1 } from './sign.ts'

const NOW = '2024-06-20T08:00:00Z'
const minutes = (n: number) => Date.parse(NOW) + n * 60_000

function call(more: Partial<RpcCall> = {}): RpcCall {
  return {
    method: 'POST',
    host: '127.0.0.1:7700',
    action: 'Encrypt',
    version: '2016-01-20',
    query: { KeyId: 'key-1', Plaintext: 'aGVsbG8=' },
    accessKeyId: 'testid',
    accessKeySecret: 'testsecret',
    time: minutes(0),
    ...more,
  }
}

/** Changes the query of a signed request, by name; undefined removes. */
function requery(sent: Sent, change: Record<string, string | undefined>): Sent {
  const query = new URLSearchParams(sent.target.slice(2))
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  return { ...sent, target: `/?${query}` }
}

function rehead(sent: Sent, change: Record<string, string | undefined>): Sent {
  return { ...sent, headers: { ...sent.headers, ...change } }
}

function withoutAuthorizationPart(sent: Sent, part: RegExp): Sent {
  return rehead(sent, { authorization: sent.headers.authorization!.replace(part, '') })
}

/** V1 over given parameters, so that a test can sign what the signer would not. */
function resign(parameters: Record<string, string>): Sent {
  const canonical = Object.keys(parameters)
    .sort()
    .map((name) => `${encode(name)}=${encode(parameters[name]!)}`)
    .join('&')
  const text = `GET&%2F&${encode(canonical)}`
  const signature = createHmac('sha1', 'testsecret&').update(text).digest('base64')
  return { method: 'GET', target: `/?${canonical}&Signature=${encode(signature)}`, headers: {} }
}

const V1 = {
  Action: 'Encrypt',
  Version: '2016-01-20',
  AccessKeyId: 'testid',
  SignatureMethod: 'HMAC-SHA1',
  SignatureVersion: '1.0',
  Timestamp: NOW,
  SignatureNonce: 'n-1',
}

type Refusal = [name: string, sent: Sent, status: number, code: string, message?: string]

const missing = (name: string) => `The parameter "${name}" is needed but not provided.`
const invalid = (name: string) => `The specified parameter "${name}" is not valid.`

const v1 = signV1(call())
const acs3 = signAcs3(call())
const REFUSALS: Refusal[] = [
  ...Object.keys(V1).map<Refusal>((name) => [
    `V1 without ${name}`,
    requery(v1, { [name]: undefined }),
    400,
    'MissingParameter',
    missing(name),
  ]),
  [
    'V1 without Signature',
    requery(v1, { Signature: undefined }),
    400,
    'MissingParameter',
    missing('Signature'),
  ],
  [
    'V1 with an empty nonce',
    resign({ ...V1, SignatureNonce: '' }),
    400,
    'MissingParameter',
    missing('SignatureNonce'),
  ],
  [
    'V1 with another method',
    resign({ ...V1, SignatureMethod: 'MD5' }),
    400,
    'InvalidParameter',
    invalid('SignatureMethod'),
  ],
  [
    'V1 with another version',
    resign({ ...V1, SignatureVersion: '2.0' }),
    400,
    'InvalidParameter',
    invalid('SignatureVersion'),
  ],
  [
    'V1 with a bearer token',
    resign({ ...V1, SignatureType: 'BEARERTOKEN' }),
    400,
    'InvalidParameter',
    invalid('SignatureType'),
  ],
  ['V1 with a wrong date', resign({ ...V1, Timestamp: '20.6.2024' }), 400, 'InvalidTimeStamp.Format'],
  [
    'V1 on a day that is none',
    resign({ ...V1, Timestamp: '2024-02-31T08:00:00Z' }),
    400,
    'InvalidTimeStamp.Format',
  ],
  ['V1 too old', signV1(call({ time: minutes(-15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['V1 too early', signV1(call({ time: minutes(15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['V1 of an unknown key', signV1(call({ accessKeyId: 'nobody' })), 404, 'InvalidAccessKeyId.NotFound'],
  [
    'V1 of a key with a long name',
    signV1(call({ accessKeyId: 'n'.repeat(129) })),
    404,
    'InvalidAccessKeyId.NotFound',
  ],
  ['V1 of an inactive key', signV1(call({ accessKeyId: 'inactiveid' })), 400, 'InvalidAccessKeyId.Inactive'],
  ['V1 with a wrong secret', signV1(call({ accessKeySecret: 'wrong' })), 400, 'SignatureDoesNotMatch'],
  ['V1 with a short signature', requery(v1, { Signature: 'aaaa' }), 400, 'SignatureDoesNotMatch'],
  [
    'V1 with a token',
    resign({ ...V1, SecurityToken: 'dG9rZW4=' }),
    400,
    'InvalidSecurityToken.MismatchWithAccessKey',
  ],
  ['V1 with no token', resign({ ...V1, SecurityToken: '(none)' }), 400, 'InvalidSecurityToken.Malformed'],
  ['V1 sent with another method', { ...v1, method: 'GET' }, 400, 'SignatureDoesNotMatch'],
  ['V1 with a changed value', requery(v1, { KeyId: 'key-2' }), 400, 'SignatureDoesNotMatch'],
  [
    'V1 with a JSON body',
    { ...v1, headers: { 'content-type': 'application/json' }, body: '{"a":1}' },
    400,
    'ParseRequestParameterException',
  ],
  ['V1 with one parameter more', requery(v1, { DryRun: 'true' }), 400, 'SignatureDoesNotMatch'],
  ['nothing', { method: 'GET', target: '/', headers: {} }, 400, 'MissingParameter', missing('Action')],
  ['a method of another kind', { ...v1, method: 'PUT' }, 403, 'UnsupportedHTTPMethod'],
  ['another Authorization', rehead(acs3, { authorization: 'Bearer x' }), 400, 'IncompleteSignature'],
  [
    'an unknown ACS3 digest',
    rehead(acs3, { authorization: acs3.headers.authorization!.replace('SHA256', 'SM3') }),
    400,
    'IncompleteSignature',
  ],
  [
    'ACS3 without a credential',
    withoutAuthorizationPart(acs3, /Credential=[^,]+,/),
    400,
    'IncompleteSignature',
  ],
  [
    'ACS3 without signed headers',
    withoutAuthorizationPart(acs3, /SignedHeaders=[^,]+,/),
    400,
    'IncompleteSignature',
  ],
  ['ACS3 without a signature', withoutAuthorizationPart(acs3, /,Signature=.+/), 400, 'IncompleteSignature'],
  [
    'ACS3 with an empty signature',
    rehead(acs3, { authorization: acs3.headers.authorization!.replace(/Signature=.+/, 'Signature=') }),
    400,
    'IncompleteSignature',
  ],
  ...[
    'x-acs-action',
    'x-acs-version',
    'x-acs-date',
    'x-acs-signature-nonce',
    'x-acs-content-sha256',
  ].map<Refusal>((name) => [
    `ACS3 without ${name}`,
    rehead(acs3, { [name]: undefined }),
    400,
    'MissingParameter',
    missing(name),
  ]),
  ...[
    'host;',
    'x-acs-action;',
    'x-acs-version',
    'x-acs-date;',
    'x-acs-signature-nonce;',
    'x-acs-content-sha256;',
  ].map<Refusal>((name) => [
    `ACS3 that does not sign ${name}`,
    withoutAuthorizationPart(acs3, new RegExp(`;?${name}`)),
    400,
    'IncompleteSignature',
  ]),
  ['ACS3 with an unsigned vendor header', rehead(acs3, { 'x-acs-extra': '1' }), 400, 'IncompleteSignature'],
  [
    'ACS3 that signs an absent header',
    rehead(acs3, { authorization: acs3.headers.authorization!.replace('=host', '=accept;host') }),
    400,
    'IncompleteSignature',
  ],
  [
    'ACS3 that signs a header twice',
    rehead(acs3, { authorization: acs3.headers.authorization!.replace('=host', '=host;host') }),
    400,
    'IncompleteSignature',
  ],
  [
    'ACS3 with a wrong date',
    rehead(acs3, { 'x-acs-date': '2024-06-20 08:00:00' }),
    400,
    'InvalidTimeStamp.Format',
  ],
  ['ACS3 too old', signAcs3(call({ time: minutes(-15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['ACS3 too early', signAcs3(call({ time: minutes(15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['ACS3 of an unknown key', signAcs3(call({ accessKeyId: 'nobody' })), 404, 'InvalidAccessKeyId.NotFound'],
  [
    'ACS3 of an inactive key',
    signAcs3(call({ accessKeyId: 'inactiveid' })),
    400,
    'InvalidAccessKeyId.Inactive',
  ],
  ['ACS3 with a wrong secret', signAcs3(call({ accessKeySecret: 'wrong' })), 400, 'SignatureDoesNotMatch'],
  [
    'ACS3 with a token',
    signAcs3(call({ headers: { 'x-acs-security-token': 'tok/en+==' } })),
    400,
    'InvalidSecurityToken.MismatchWithAccessKey',
  ],
  [
    'ACS3 with another body',
    { ...signAcs3(call({ form: { A: '1' } })), body: 'A=2' },
    400,
    'SignatureDoesNotMatch',
  ],
  [
    'ACS3 whose body hash is another',
    rehead(acs3, { 'x-acs-content-sha256': '0'.repeat(64) }),
    400,
    'SignatureDoesNotMatch',
  ],
  [
    'a name twice in the query',
    { ...v1, target: `${v1.target}&KeyId=key-2` },
    400,
    'InvalidParameter',
    invalid('KeyId'),
  ],
  [
    'a name in query and form',
    signV1(call({ form: { KeyId: 'key-2' } })),
    400,
    'InvalidParameter',
    invalid('KeyId'),
  ],
  ['a broken escape', { ...v1, target: `${v1.target}&A=%E0%A4%A` }, 400, 'ParseRequestParameterException'],
  [
    'a body of no known type',
    { ...v1, headers: { 'content-type': 'text/plain' }, body: 'A=1' },
    400,
    'ParseRequestParameterException',
  ],
]

describe('a request is refused', () => {
  it.each(REFUSALS)('%s', async (_name, sent, status, code, message) => {
    const { wire, calls } = testWire('alibaba')
    const reply = await send(wire, sent)
    expect([reply.status, reply.json.Code]).toEqual([status, code])
    expect(reply.json).toMatchObject({
      HostId: 'keyward.test',
      RequestId: reply.requestId,
      Recommend: '',
      HttpStatus: status,
    })
    if (message !== undefined) expect(reply.json.Message).toBe(message)
    expect(calls).toHaveLength(0)
  })
})

describe('the order of the checks', () => {
  // Each request has every later mistake too; only the first is told.
  const bad = { accessKeyId: 'nobody', accessKeySecret: 'wrong', time: minutes(60) }
  const order: [string, Partial<RpcCall>, string][] = [
    ['time before key', bad, 'InvalidTimeStamp.Expired'],
    ['known before active', { ...bad, time: minutes(0) }, 'InvalidAccessKeyId.NotFound'],
    [
      'active before signature',
      { ...bad, time: minutes(0), accessKeyId: 'inactiveid' },
      'InvalidAccessKeyId.Inactive',
    ],
    [
      'signature before version',
      { accessKeySecret: 'wrong', version: '1999-01-01' },
      'SignatureDoesNotMatch',
    ],
    ['version before action', { version: '1999-01-01', action: 'Nothing' }, 'InvalidVersion'],
    ['action last', { action: 'Nothing' }, 'InvalidAction.NotFound'],
    ['an action of another version', { version: '2015-04-01' }, 'InvalidAction.NotFound'],
  ]
  it.each(order)('%s', async (_name, more, code) => {
    for (const sign of [signV1, signAcs3]) {
      const reply = await send(testWire('alibaba').wire, sign(call(more)))
      expect(reply.json.Code).toBe(code)
    }
  })

  it('looks for no key before the form and the time are good', async () => {
    const { wire, lookups } = testWire('alibaba')
    await send(wire, signAcs3(call({ time: minutes(20) })))
    await send(wire, withoutAuthorizationPart(acs3, /,Signature=.+/))
    expect(lookups).toEqual([])
  })
})

describe('what is accepted', () => {
  const accepted: [string, Sent][] = [
    ['V1 at the edge of the window', signV1(call({ time: minutes(15) }))],
    ['ACS3 at the other edge', signAcs3(call({ time: minutes(-15) }))],
    ['an empty SignatureType', resign({ ...V1, SignatureType: '' })],
    ['an empty SecurityToken', resign({ ...V1, SecurityToken: '' })],
    ['RegionId on any call', resign({ ...V1, RegionId: 'cn-hangzhou' })],
    [
      'further signed headers',
      signAcs3(call({ headers: { accept: 'application/json', 'user-agent': 'x y' } })),
    ],
    ['an unsigned user agent', rehead(acs3, { 'user-agent': 'x' })],
    ['an unsigned content type without a body', rehead(acs3, { 'content-type': 'application/json' })],
    [
      'spaces in Authorization',
      rehead(acs3, { authorization: acs3.headers.authorization!.replaceAll(',', ' , ') }),
    ],
    ['vendor headers beside V1', rehead(v1, { 'x-acs-action': 'Other', 'x-acs-version': '1' })],
  ]
  it.each(accepted)('%s', async (_name, sent) => {
    const { wire, calls, failures } = testWire('alibaba')
    expect((await send(wire, sent)).status).toBe(200)
    expect(calls).toHaveLength(1)
    expect(failures).toEqual([])
  })

  it('a vendor header sent twice, its values sorted', async () => {
    const sent = signAcs3(call({ headers: { 'x-acs-tag': 'a,b' } }))
    const test = testWire('alibaba')
    const exchange = exchangeOf(test.wire, rehead(sent, { 'x-acs-tag': 'b, a' }))
    const rawHeaders = [
      ...Object.entries(sent.headers).filter(([name]) => name !== 'x-acs-tag'),
      ['X-Acs-Tag', 'b'],
      ['X-Acs-Tag', 'a'],
    ].flat() as string[]
    expect((await test.wire.handle({ ...exchange, rawHeaders })).status).toBe(200)
  })
})

describe('the nonce', () => {
  it('is a bucket of the signed time and a digest of key and nonce', async () => {
    const { wire, calls } = testWire('alibaba')
    await send(wire, signV1(call({ nonce: 'n', time: minutes(3) })))
    await send(wire, signAcs3(call({ nonce: 'n', time: minutes(3.5) })))
    await send(wire, signAcs3(call({ nonce: 'm', time: minutes(4) })))
    const [a, b, c] = calls.map(({ nonce }) => nonce!)
    expect(a!.id).toHaveLength(16)
    expect(a).toEqual(b)
    expect(a!.bucket).toBe(Math.floor(minutes(3) / 60_000))
    expect(c!.bucket).toBe(a!.bucket + 1)
    expect(c!.id).not.toEqual(a!.id)
  })

  it('that the audit has seen is a failed authentication', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem: { code: 'NonceUsed' } }
    const reply = await send(test.wire, acs3)
    expect([reply.status, reply.json.Code]).toEqual([400, 'SignatureNonceUsed'])
    expect(test.failures.map(({ code }) => code)).toEqual(['SignatureNonceUsed'])
  })
})

describe('what the host hears', () => {
  it('counts a failure with key and source, and nothing of the request', async () => {
    const { wire, failures, logged } = testWire('alibaba')
    await send(wire, signV1(call({ accessKeySecret: 'wrong' })))
    expect(failures).toEqual([
      {
        wire: 'alibaba',
        requestId: expect.any(String),
        code: 'SignatureDoesNotMatch',
        accessKeyId: 'testid',
        source: '192.0.2.7',
      },
    ])
    expect(logged).toEqual([])
  })

  it('answers a store that is down as unavailable, and a defect as an internal failure that tells nothing', async () => {
    const down = testWire('alibaba', {
      findAccessKey: () => Promise.reject(refuse({ code: 'Unavailable', detail: 'no database' })),
    })
    const first = await send(down.wire, acs3)
    expect([first.status, first.json.Code]).toEqual([503, 'ServiceUnavailableTemporary'])
    expect(first.body).not.toContain('no database')

    const broken = testWire('alibaba', {
      clock: stoppedClock(NOW),
      findAccessKey: () => {
        throw new TypeError('secret-in-a-message')
      },
    })
    const second = await send(broken.wire, acs3)
    expect([second.status, second.json.Code]).toEqual([500, 'InternalFailure'])
    expect(second.body).not.toContain('secret-in-a-message')
    expect(broken.logged).toHaveLength(1)
    expect(broken.logged[0]).toContain('TypeError')
    expect(broken.logged[0]).not.toContain('secret-in-a-message')
    expect(broken.logged[0]).not.toContain('key-1')
  })
})
