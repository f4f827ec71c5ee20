import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ACS3 } from './alibaba/schemes/acs3.ts'
import { ACS4 } from './alibaba/schemes/acs4.ts'
import { signAcs3, signAcs4, signV1 } from './alibaba/sign.ts'
import { MAX_BODY } from './http/body.ts'
import { SDK_HMAC } from './huawei/canonical.ts'
import { signSdkHmac } from './huawei/sign.ts'
import { KEYPAIRS, rehead, restCall, rpcCall } from './testing/requests.ts'
import { exchangeOf, type Sent, testWire } from './testing/world.ts'

// What a stranger's request may cost, measured against SHA-256 over the same bytes: the least that any scheme with a
// signed body needs. Both run in this process, so that a slow machine slows both.

/** Request line and headers that the server takes. */
const HEAD = 256 * 1024

/** A body is hashed once and then thrown away. */
const OF_A_BODY = 20
const MOST_OF_A_BODY = 1_000_000
/**
 * A query is decoded, sorted and encoded, becomes up to nine times as long, and is hashed in every form that published
 * clients sign: of 256 KiB that is a few milliseconds, whatever they hold.
 */
const OF_A_HEAD = 110

const WRONG = { accessKeySecret: 'wrong' }
const fill = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length)
const members = (length: number) => {
  let text = '{"m":0'
  for (let i = 0; text.length < length - 20; i++) text += `,"m${i}":${i}`
  return `${text}}`
}
const pairs = (length: number) => {
  let text = 'a=1'
  for (let i = 0; text.length < length; i++) text += `&a${i}=${i}`
  return text
}

const FORM = 'application/x-www-form-urlencoded'
const v1 = signV1(rpcCall(WRONG))
const acs3 = signAcs3(rpcCall({ ...WRONG, query: {} }))
const acs4 = signAcs4(rpcCall({ ...WRONG, query: {} }), 'cn-hangzhou', 'Kms')
const rest = signSdkHmac(restCall(WRONG))

type Row = [name: string, vendor: 'alibaba' | 'huawei', sent: Sent]

const withBody = (sent: Sent, type: string, body: string): Sent => ({
  ...rehead(sent, { 'content-type': type }),
  method: 'POST',
  body,
})
/** Signed by a wrong secret, so that everything is computed before it is refused. */
const acs3With = (body: string, type = 'application/json') =>
  withBody(signAcs3(rpcCall({ ...WRONG, query: {}, json: body })), type, body)
const acs4With = (query: string, more: Record<string, string> = {}): Sent => ({
  ...rehead(acs4, more),
  target: `/?${query}`,
})

const BODIES: [name: string, body: string, type: string][] = [
  ['JSON of many members', members(MAX_BODY), 'application/json'],
  ['JSON with one member twice', `${members(MAX_BODY - 10).slice(0, -1)},"m0":1}`, 'application/json'],
  ['JSON of brackets', fill('[', MAX_BODY), 'application/json'],
  ['JSON of empty lists', `[${fill('[],', MAX_BODY - 4)}[]]`, 'application/json'],
  ['one JSON text of escapes', `{"a":"${fill('\\u0000', MAX_BODY - 8)}"}`, 'application/json'],
  ['a form of many parameters', pairs(MAX_BODY), FORM],
  ['a form of ampersands', fill('&', MAX_BODY), FORM],
  ['a form of one long value', `a=${fill('%c3%a9', MAX_BODY - 2)}`, FORM],
  ['a form of plus signs', `a=${fill('+', MAX_BODY - 2)}`, FORM],
  ['no known type', fill('x', MAX_BODY), 'text/plain'],
]

const ROWS: Row[] = [
  ...BODIES.flatMap(([name, body, type]): Row[] => [
    [`no signature: ${name}`, 'alibaba', withBody({ ...v1, target: '/', headers: {} }, type, body)],
    [`V1: ${name}`, 'alibaba', withBody(v1, type, body)],
    [`ACS3: ${name}`, 'alibaba', acs3With(body, type)],
    [
      `SDK-HMAC: ${name}`,
      'huawei',
      withBody(signSdkHmac(restCall({ ...WRONG, body, method: 'POST' })), type, body),
    ],
    [`SDK-HMAC, no signature: ${name}`, 'huawei', withBody({ ...rest, headers: {} }, type, body)],
  ]),
  // As large as V1 takes a form.
  ...[
    `a=${fill('%c3%a9', HEAD - 8)}`,
    `a=${fill('%C3%A9', HEAD - 8)}`,
    `a=${fill('+', HEAD - 8)}`,
    fill('&', HEAD),
    pairs(20_000),
  ].map((body): Row => [`V1: a form ${body.slice(0, 12)}`, 'alibaba', withBody(v1, FORM, body)]),
  ...[
    fill('%c3%a9', HEAD),
    fill("!'()*", HEAD),
    fill('=', HEAD),
    fill('&', HEAD),
    fill('a&', HEAD),
    fill('+', HEAD),
    fill('%', HEAD),
  ].flatMap((query): Row[] => [
    [`V1: a query of ${query.slice(0, 6)}`, 'alibaba', { ...v1, target: `${v1.target}&a=${query}` }],
    [`ACS3: a query of ${query.slice(0, 6)}`, 'alibaba', { ...acs3, target: `/?${query}` }],
    [`ACS4: a query of ${query.slice(0, 6)}`, 'alibaba', acs4With(`e=&a=${query}`)],
    [
      `SDK-HMAC: a query of ${query.slice(0, 6)}`,
      'huawei',
      { ...rest, target: `${KEYPAIRS}?Marker=${query}` },
    ],
  ]),
  ['ACS3: names that are signed unencoded', 'alibaba', { ...acs3, target: `/?${fill('%20', HEAD)}=1` }],
  ...[fill('/', HEAD), fill('%2F', HEAD), fill('a', HEAD), fill('%zz', HEAD)].map(
    (path): Row => [
      `SDK-HMAC: a path of ${path.slice(0, 6)}`,
      'huawei',
      { ...rest, target: `${KEYPAIRS}/${path}` },
    ],
  ),
  ...(
    [
      ['alibaba', ACS3, acs3],
      ['alibaba', ACS4, acs4],
      ['huawei', SDK_HMAC, rest],
    ] as const
  ).flatMap(([vendor, algorithm, sent]): Row[] => {
    const long = fill('x', HEAD)
    const { authorization } = sent.headers
    const list = /SignedHeaders=([^,]+)/.exec(authorization!)![1]!
    return [
      [
        `${algorithm}: an Authorization of commas`,
        vendor,
        rehead(sent, { authorization: `${algorithm} ${fill(',', HEAD)}` }),
      ],
      [
        `${algorithm}: a long list of headers`,
        vendor,
        rehead(sent, { authorization: authorization!.replace(list, `${list}${fill(';a', HEAD)}`) }),
      ],
      [
        `${algorithm}: one long header, named again and again`,
        vendor,
        rehead(sent, {
          authorization: authorization!.replace(list, `${list}${';user-agent'.repeat(50)}`),
          'user-agent': long,
        }),
      ],
      [
        `${algorithm}: a long header that is signed`,
        vendor,
        rehead(sent, { authorization: authorization!.replace(list, `${list};zz`), zz: fill('é', HEAD) }),
      ],
      [
        `${algorithm}: a long key id`,
        vendor,
        rehead(sent, { authorization: authorization!.replace('testid', long) }),
      ],
      [
        `${algorithm}: a long token`,
        vendor,
        rehead(sent, { 'x-security-token': long, 'x-acs-security-token': long }),
      ],
      [`${algorithm}: a long Accept`, vendor, rehead(sent, { accept: fill('text/xml,', HEAD) })],
      [
        `${algorithm}: a long content type`,
        vendor,
        { ...rehead(sent, { 'content-type': fill('APPLICATION', HEAD) }), body: 'x' },
      ],
    ]
  }),
]

function bytesOf(sent: Sent): number {
  const headers = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}`)
  return Buffer.byteLength([sent.method, sent.target, ...headers, sent.body ?? ''].join('\r\n'))
}

/** Some systems count the time of a thread in steps of many milliseconds: work is repeated until that is no matter. */
const ENOUGH = 60_000
const MOST_ROUNDS = 24

/** Time of this thread that one round of some work takes, in microseconds: whatever else runs does not count. */
async function cpuOf(work: () => unknown, mostRounds: number): Promise<number> {
  await work()
  const before = process.threadCpuUsage()
  for (let rounds = 1; ; rounds++) {
    await work()
    const { user, system } = process.threadCpuUsage(before)
    if (user + system >= ENOUGH || rounds === mostRounds) return (user + system) / rounds
  }
}

const megabyte = Buffer.alloc(1_000_000, 'keyward')
const sha256PerByte = (await cpuOf(() => hash('sha256', megabyte), 10_000)) / megabyte.length

describe('a request without a right signature', () => {
  it.each(ROWS)('costs little more than its bytes: %s', async (_name, vendor, sent) => {
    const { wire, calls } = testWire(vendor)
    const exchange = exchangeOf(wire, sent)
    const bytes = bytesOf(sent)
    const reply = await wire.handle(exchange)
    expect([reply.status >= 400 && reply.status < 500, calls.length]).toEqual([true, 0])
    // From one address the fifth wrong signature makes a wire answer late, which costs no time of this thread but ours.
    let round = 0
    const again = () => wire.handle({ ...exchange, sourceAddress: `192.0.2.${round++ >> 2}` })
    const theirs = await cpuOf(again, MOST_ROUNDS)
    const ratio = theirs / (sha256PerByte * bytes)
    expect(ratio).toBeLessThan(bytes > MOST_OF_A_BODY ? OF_A_BODY : OF_A_HEAD)
  })
})
