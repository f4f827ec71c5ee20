import { describe, expect, it } from 'vitest'
import { minutes, rehead, requery, resignV1 as resign, rpcCall, V1 } from '../testing/requests.ts'
import { type Sent, send, testWire } from '../testing/world.ts'
import { signAcs3, signV1 } from './sign.ts'

function withoutAuthorizationPart(sent: Sent, part: RegExp): Sent {
  return rehead(sent, { authorization: sent.headers.authorization!.replace(part, '') })
}

type Refusal = [name: string, sent: Sent, status: number, code: string, message?: string]

const missing = (name: string) => `The parameter "${name}" is needed but not provided.`
const invalid = (name: string) => `The specified parameter "${name}" is not valid.`

const v1 = signV1(rpcCall())
const acs3 = signAcs3(rpcCall())
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
  ['V1 too old', signV1(rpcCall({ time: minutes(-15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['V1 too early', signV1(rpcCall({ time: minutes(15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['V1 of an unknown key', signV1(rpcCall({ accessKeyId: 'nobody' })), 404, 'InvalidAccessKeyId.NotFound'],
  [
    'V1 of a key with a long name',
    signV1(rpcCall({ accessKeyId: 'n'.repeat(129) })),
    404,
    'InvalidAccessKeyId.NotFound',
  ],
  [
    'V1 of an inactive key',
    signV1(rpcCall({ accessKeyId: 'inactiveid' })),
    400,
    'InvalidAccessKeyId.Inactive',
  ],
  ['V1 with a wrong secret', signV1(rpcCall({ accessKeySecret: 'wrong' })), 400, 'SignatureDoesNotMatch'],
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
  ['ACS3 too old', signAcs3(rpcCall({ time: minutes(-15.1) })), 400, 'InvalidTimeStamp.Expired'],
  ['ACS3 too early', signAcs3(rpcCall({ time: minutes(15.1) })), 400, 'InvalidTimeStamp.Expired'],
  [
    'ACS3 of an unknown key',
    signAcs3(rpcCall({ accessKeyId: 'nobody' })),
    404,
    'InvalidAccessKeyId.NotFound',
  ],
  [
    'ACS3 of an inactive key',
    signAcs3(rpcCall({ accessKeyId: 'inactiveid' })),
    400,
    'InvalidAccessKeyId.Inactive',
  ],
  ['ACS3 with a wrong secret', signAcs3(rpcCall({ accessKeySecret: 'wrong' })), 400, 'SignatureDoesNotMatch'],
  [
    'ACS3 with a token',
    signAcs3(rpcCall({ headers: { 'x-acs-security-token': 'tok/en+==' } })),
    400,
    'InvalidSecurityToken.MismatchWithAccessKey',
  ],
  [
    'ACS3 with another body',
    { ...signAcs3(rpcCall({ form: { A: '1' } })), body: 'A=2' },
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
    signV1(rpcCall({ form: { KeyId: 'key-2' } })),
    400,
    'InvalidParameter',
    invalid('KeyId'),
  ],
  [
    'a member twice in a JSON body',
    signAcs3(rpcCall({ query: {}, json: '{"KeyId":"key-1","KeyId":"key-2"}' })),
    400,
    'InvalidParameter',
    invalid('KeyId'),
  ],
  [
    'V1 with a form that is too long to be signed by its parameters',
    signV1(rpcCall({ form: { A: 'x'.repeat(256 * 1024) } })),
    413,
    'RequestEntityTooLarge',
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

describe('parameters that cannot be read, of an authenticated caller,', () => {
  const json = (text: string) => signAcs3(rpcCall({ query: {}, json: text }))
  const twice = 'KeyId=1&KeyId=2'
  const rows: [name: string, sent: Sent, code: string][] = [
    ['a name in query and form', signV1(rpcCall({ form: { KeyId: 'key-2' } })), 'InvalidParameter'],
    ['a member twice', json('{"KeyId":"1","KeyId":"2"}'), 'InvalidParameter'],
    ['no JSON', json('{'), 'ParseRequestParameterException'],
    ['a list', json('[1]'), 'ParseRequestParameterException'],
  ]
  it.each(rows)('are refused by the pipeline, which audits them: %s', async (_name, sent, code) => {
    const { calls, refused, wire } = testWire('alibaba')
    const reply = await send(wire, sent)
    expect([reply.status, reply.json.Code]).toEqual([400, code])
    expect(calls).toHaveLength(0)
    expect(refused).toMatchObject([
      { operation: { name: 'kms:Encrypt' }, input: {}, nonce: {}, problem: { code: 'InvalidParameter' } },
    ])
  })

  it.each(rows)('are not even read of who is not: %s', async (_name, sent, code) => {
    const { refused, wire } = testWire('alibaba')
    const { authorization } = sent.headers
    const forged = authorization
      ? rehead(sent, { authorization: authorization.replace(/.$/, (c) => (c === '0' ? '1' : '0')) })
      : requery(sent, { Signature: 'AAAA' })
    // V1 alone is made over parameters, so that they are read first.
    const seen = authorization ? 'SignatureDoesNotMatch' : code
    expect((await send(wire, forged)).json.Code).toBe(seen)
    expect(refused).toHaveLength(0)
  })

  it('are not taken for those of a V1 request whose signature does not cover the body', async () => {
    const { refused, wire } = testWire('alibaba')
    for (const [type, body] of [
      ['application/json', '{"a":1,"a":2}'],
      ['text/plain', twice],
      ['application/x-www-form-urlencoded', '%zz'],
    ]) {
      const reply = await send(wire, { ...v1, headers: { ...v1.headers, 'content-type': type }, body })
      expect(reply.status).toBe(400)
    }
    expect(refused).toHaveLength(0)
  })
})
