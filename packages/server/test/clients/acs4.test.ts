import dns from 'node:dns'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { Exchange, Wire } from '../../src/wire/exchange.ts'
import { createHttpServer, type HttpServer } from '../../src/wire/http.ts'
import { type TestWire, testWire } from '../../src/wire/testing/world.ts'
import { type Acs4How, acs4Caller, withBinaryChain } from './acs4Clients.ts'

// The row "gateway-pop" of the reference's table of clients: what the published library signs, against a started wire. What each test is
// about is read from the request that came, so that another version of the library cannot pass by sending less.

let test: TestWire
let server: HttpServer
let port: number
let last: Exchange

beforeAll(async () => {
  test = testWire('alibaba', { clock: systemClock })
  const listening: Wire = {
    ...test.wire,
    handle: (exchange) => {
      last = exchange
      return test.wire.handle(exchange)
    },
  }
  server = createHttpServer({
    wires: [listening, testWire('huawei').wire],
    trustedProxies: [],
    log: { error: () => {}, warn: () => {} },
    clock: systemClock,
    health: { live: () => true, ready: () => true },
  })
  port = (await server.listen({ host: '127.0.0.1', port: 0 })).port
})
afterAll(() => server.close(1000))
beforeEach(() => {
  test.answer = { ok: true, output: {} }
  test.calls.length = 0
})
afterEach(() => vi.restoreAllMocks())

const call = (how: Acs4How = {}, host = '127.0.0.1') =>
  acs4Caller({ url: `http://${host}:${port}`, accessKeyId: 'testid', accessKeySecret: 'testsecret' }, how)
const scope = () => /Credential=testid\/(\d{8}\/[^,]+),/.exec(last.headers.authorization ?? '')?.[1]
const input = () => test.calls.at(-1)?.input

/** Sends a host name to the server, as a name service would. */
function resolveLocally(): void {
  vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, options: unknown, done: unknown) => {
    const answer = (done ?? options) as (error: null, address: unknown, family: number) => void
    const all = typeof options === 'object' && (options as { all?: boolean }).all
    answer(null, all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)
  }) as typeof dns.lookup)
}

const versions: [name: string, how: Acs4How][] = [
  ['0.1.5', {}],
  ['0.1.5, form', { form: true }],
  ['0.0.6', { gateway: '0.0.6' }],
  ['0.0.6 below openapi-core', { gateway: '0.0.6', core: true }],
]

describe.each(versions)('row "gateway-pop": %s', (_name, how) => {
  it('signs with ACS4, for today and its product', async () => {
    await call(how)('DescribeRegions')
    expect(last.headers.authorization).toMatch(/^ACS4-HMAC-SHA256 Credential=testid\//)
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    expect(scope()).toMatch(new RegExp(`^${today}/[^/]+/Kms/aliyun_v4_request$`))
  })

  const awkward: [string, Record<string, string>][] = [
    ['! and quotes and parentheses', { KeyId: "it's (a) test!" }],
    ['one *', { KeyId: 'a*b' }],
    ['several *', { KeyId: '*a**b*', Plaintext: '***' }],
    ['such names', { "EncryptionContext.it's (*) **!": "!'()**" }],
    ['an empty value', { KeyId: '', Plaintext: 'x' }],
    ['only empty values', { KeyId: '', Plaintext: '' }],
    ['empty values and raw characters', { KeyId: '', Plaintext: "**'!" }],
    ['all that an encoder can get wrong', { KeyId: `~!+ /?&=%25 "quoted" {密钥 é😀}`, Plaintext: '+/==' }],
  ]
  it.each(awkward)('may sign %s', async (_what, parameters) => {
    await call(how)('Encrypt', parameters)
    const context = Object.entries(parameters).filter(([name]) => name.startsWith('EncryptionContext.'))
    const plain = Object.entries(parameters).filter(([name]) => !name.startsWith('EncryptionContext.'))
    expect(input()).toEqual({
      ...Object.fromEntries(plain),
      ...(context.length > 0 && {
        EncryptionContext: Object.fromEntries(context.map(([name, value]) => [name.slice(18), value])),
      }),
    })
  })

  it('may chain its keys as documented', async () => {
    await withBinaryChain(() => call(how)('Encrypt', { KeyId: '', Plaintext: '(**)' }))
    expect(input()).toEqual({ KeyId: '', Plaintext: '(**)' })
  })

  it('is refused for the product of another call', async () => {
    const refused = call({ ...how, productId: 'Ram' })('DescribeRegions')
    await expect(refused).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
    await call({ ...how, productId: 'KMS' })('DescribeRegions')
    await call(how)('GetCallerIdentity', {}, '2015-04-01')
    expect(scope()).toMatch(/\/Sts\//)
  })
})

describe('row "gateway-pop": the region', () => {
  const regions: [string, Acs4How, string, (port: number) => string][] = [
    ['0.1.5 configured', { regionId: 'eu-central-1' }, '127.0.0.1', () => 'eu-central-1'],
    ["0.1.5 configured as the service's own", { regionId: 'cn-own-1' }, '127.0.0.1', () => 'cn-own-1'],
    ['0.1.5 at an address', { regionId: '' }, '127.0.0.1', () => 'center'],
    ['0.0.6 at an address', { gateway: '0.0.6' }, '127.0.0.1', () => 'center'],
    ['0.0.6 at one label', { gateway: '0.0.6' }, 'keyward', () => 'center'],
    ['0.0.6 at two labels', { gateway: '0.0.6' }, 'keyward.local', (p) => `local:${p}`],
    ['0.1.5 at two labels', { regionId: '' }, 'keyward.local', () => 'local'],
    ['0.0.6 at a name of the cloud', { gateway: '0.0.6' }, 'kms.cn-x.aliyuncs.com', (p) => `cn-x:${p}`],
    ['0.1.5 at three labels', { regionId: '' }, 'kms.keyward.local', () => 'center'],
  ]
  it.each(regions)('%s is accepted', async (_name, how, host, region) => {
    resolveLocally()
    await call(how, host)('DescribeRegions')
    expect(scope()?.split('/')[1]).toBe(region(port))
    expect(test.calls).toHaveLength(1)
  })

  it('is refused when it is none', async () => {
    const refused = call({ regionId: 'cn-nowhere' })('DescribeRegions')
    await expect(refused).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
      message: expect.stringContaining('The region of the Credential scope is not one of this service.'),
    })
  })
})
