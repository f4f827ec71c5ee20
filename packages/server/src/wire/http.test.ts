import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { signAcs3 } from './alibaba/sign.ts'
import { MAX_BODY } from './http/body.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http.ts'
import { signSdkHmac } from './huawei/sign.ts'
import { ACCOUNT, type Sent, type TestWire, testWire } from './testing/world.ts'

interface Started {
  server: HttpServer
  port: number
  alibaba: TestWire
  huawei: TestWire
  logged: string[]
}

const running: HttpServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close(500))))

async function start(more: Partial<HttpServerOptions> = {}): Promise<Started> {
  const alibaba = testWire('alibaba', { clock: systemClock })
  const huawei = testWire('huawei', { clock: systemClock })
  const logged: string[] = []
  const server = createHttpServer({
    alibaba: alibaba.wire,
    huawei: huawei.wire,
    trustedProxies: [],
    log: { error: (f, m) => logged.push(JSON.stringify(f) + m), warn: () => {} },
    clock: systemClock,
    health: { live: () => true, ready: () => true },
    ...more,
  })
  running.push(server)
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port, alibaba, huawei, logged }
}

interface Got {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

function fetchRaw(port: number, sent: Sent, tls = false): Promise<Got> {
  return new Promise((resolve, reject) => {
    const make = tls ? httpsRequest : httpRequest
    const headers = { ...sent.headers, 'content-length': Buffer.byteLength(sent.body ?? '') }
    const options = {
      port,
      host: '127.0.0.1',
      method: sent.method,
      path: sent.target,
      headers,
      rejectUnauthorized: false,
    }
    const sending = make({ ...options, maxHeaderSize: 1 << 20 }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    sending.on('error', reject)
    sending.end(sent.body)
  })
}

function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (heard += chunk))
    socket.on('error', () => resolve(heard))
    socket.on('close', () => resolve(heard))
  })
}

const key = { accessKeyId: 'testid', accessKeySecret: 'testsecret' }
const encrypt = (query: Record<string, string> = {}, form?: Record<string, string>) =>
  signAcs3({
    method: 'POST',
    host: 'h',
    action: 'Encrypt',
    version: '2016-01-20',
    query,
    ...(form && { form }),
    ...key,
  })
const list = () =>
  signSdkHmac({ method: 'GET', host: 'h', path: `/v3/${ACCOUNT.projectId}/keypairs`, ...key })

describe('routing', () => {
  it('gives / to one wire and everything else to the other', async () => {
    const { port, alibaba, huawei } = await start()
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
    expect((await fetchRaw(port, list())).status).toBe(200)
    expect([alibaba.calls.length, huawei.calls.length]).toEqual([1, 1])
    expect(alibaba.calls[0]!.connection.sourceAddress).toBe('127.0.0.1')
  })

  it('answers what it does not know in a vendor form that repeats nothing of the URL', async () => {
    const { port, logged } = await start()
    const secret = 'c2VjcmV0LXBsYWludGV4dA'
    for (const target of [
      `/v3/${secret}`,
      `/${secret}?Plaintext=${secret}`,
      `/?Plaintext=${secret}`,
      `/%${secret}`,
    ]) {
      for (const method of ['GET', 'POST', 'PROPFIND', 'TRACE', 'OPTIONS']) {
        const got = await fetchRaw(port, { method, target, headers: {} })
        expect([400, 403, 404]).toContain(got.status)
        expect(got.body + JSON.stringify(got.headers)).not.toContain(secret)
        expect(JSON.parse(got.body)).toBeTruthy()
      }
    }
    expect(logged).toEqual([])
  })

  it('gives each request its own id, in the vendor form, and lets nobody cache an answer', async () => {
    const { port } = await start()
    const [a, b, c] = [
      await fetchRaw(port, encrypt()),
      await fetchRaw(port, encrypt()),
      await fetchRaw(port, list()),
    ]
    expect(a.headers['x-acs-request-id']).toMatch(/^[0-9A-F-]{36}$/)
    expect(JSON.parse(a.body).RequestId).toBe(a.headers['x-acs-request-id'])
    expect(b.headers['x-acs-request-id']).not.toBe(a.headers['x-acs-request-id'])
    expect(c.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
    expect(a.headers['cache-control']).toBe('no-store')
  })
})

describe('sizes', () => {
  it('takes a request line of 256 KiB', async () => {
    const { port, alibaba } = await start()
    const Plaintext = 'x'.repeat(256 * 1024 - 100)
    expect((await fetchRaw(port, encrypt({ Plaintext }))).status).toBe(200)
    expect(alibaba.calls[0]!.input.Plaintext).toBe(Plaintext)
  })

  it('answers a longer one with 431, and serves on', async () => {
    const { port } = await start()
    const heard = await talk(port, `GET /?a=${'x'.repeat(300 * 1024)} HTTP/1.1\r\nHost: h\r\n\r\n`)
    expect(heard).toMatch(/^HTTP\/1\.1 431 /)
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
  })

  it('takes a large form, and refuses one that is too large in the vendor form', async () => {
    const { port, alibaba } = await start()
    const Plaintext = 'x'.repeat(MAX_BODY - 100)
    expect((await fetchRaw(port, encrypt({}, { Plaintext }))).status).toBe(200)
    expect(alibaba.calls[0]!.input.Plaintext).toBe(Plaintext)
    const body = 'x'.repeat(MAX_BODY + 1)
    const large = await fetchRaw(port, { method: 'POST', target: '/', headers: {}, body })
    expect([large.status, JSON.parse(large.body).Code]).toEqual([413, 'RequestEntityTooLarge'])
    const other = await fetchRaw(port, { method: 'POST', target: '/v3/x/keypairs', headers: {}, body })
    expect([other.status, JSON.parse(other.body).error_code]).toEqual([413, 'APIGW.0201'])
  })

  it('reads a chunked body', async () => {
    const { port, alibaba } = await start()
    const sent = encrypt({}, { Plaintext: 'abc' })
    const { authorization, ...headers } = sent.headers
    const lines = Object.entries({ ...headers, authorization }).map(([k, v]) => `${k}: ${v}\r\n`)
    const half = sent.body.slice(0, 4)
    const rest = sent.body.slice(4)
    const chunks = [half, rest].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')
    const head = `POST / HTTP/1.1\r\n${lines.join('')}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`
    expect(await talk(port, `${head}${chunks}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(alibaba.calls[0]!.input).toEqual({ Plaintext: 'abc' })
  })
})

describe('what is not HTTP', () => {
  it.each([
    '\u0000\u0001\u0002\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/1.1\r\nA b: c\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
  ])('%j is a plain 400, and the server lives', async (bytes) => {
    const { port } = await start()
    expect(await talk(port, bytes)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
  })

  it('a client that goes away in the middle of its body is forgotten', async () => {
    const { port, alibaba, logged } = await start()
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc')
      setTimeout(() => socket.destroy(), 20)
    })
    await new Promise((resolve) => socket.on('close', resolve))
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
    expect([alibaba.calls.length, logged]).toEqual([1, []])
  })
})

describe('health', () => {
  it('is answered before the wires', async () => {
    let ready = true
    const health = { live: () => true, ready: () => Promise.resolve(ready) }
    const { port, alibaba, huawei } = await start({ health })
    const get = async (target: string) =>
      (await fetchRaw(port, { method: 'GET', target, headers: {} })).status
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 200])
    ready = false
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 503])
    expect([...alibaba.lookups, ...huawei.lookups]).toEqual([])
  })
})

describe('overload', () => {
  it('is answered in the vendor form, not dropped', async () => {
    const { port, alibaba } = await start({ maxInFlight: 2 })
    const waiting: (() => void)[] = []
    alibaba.answer = () => new Promise((go) => waiting.push(() => go({ ok: true, output: {} })))
    const held = [fetchRaw(port, encrypt()), fetchRaw(port, encrypt())]
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    const [first, second] = [await fetchRaw(port, encrypt()), await fetchRaw(port, list())]
    expect([first.status, JSON.parse(first.body).Code]).toEqual([503, 'ServiceUnavailableTemporary'])
    expect([second.status, JSON.parse(second.body).error_code]).toEqual([503, 'KPS.50301'])
    for (const go of waiting) go()
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200])
    alibaba.answer = { ok: true, output: {} }
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
  })
})

describe('closing', () => {
  it('finishes what is in flight, and takes nothing new', async () => {
    const { server, port, alibaba } = await start()
    let go = () => {}
    alibaba.answer = () =>
      new Promise((resolve) => (go = () => resolve({ ok: true, output: { Late: true } })))
    const held = fetchRaw(port, encrypt())
    while (alibaba.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const closed = server.close()
    await expect(fetchRaw(port, encrypt())).rejects.toThrow()
    go()
    const got = await held
    expect([got.status, JSON.parse(got.body).Late, got.headers.connection]).toEqual([200, true, 'close'])
    await closed
  })

  it('cuts what does not end in time', async () => {
    const { server, port, alibaba } = await start()
    alibaba.answer = () => new Promise(() => {})
    const held = fetchRaw(port, encrypt())
    held.catch(() => {})
    while (alibaba.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await server.close(30)
    await expect(held).rejects.toThrow()
  })
})

describe('where a request came from', () => {
  it('is the forwarded address only behind a trusted proxy', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }
    const plain = await start()
    const sent = encrypt()
    await fetchRaw(plain.port, { ...sent, headers: { ...sent.headers, ...forwarded } })
    expect(plain.alibaba.calls[0]!.connection).toMatchObject({ sourceAddress: '127.0.0.1', tlsVersion: '0' })
    const behind = await start({ trustedProxies: ['127.0.0.0/8'] })
    await fetchRaw(behind.port, { ...sent, headers: { ...sent.headers, ...forwarded } })
    expect(behind.alibaba.calls[0]!.connection).toMatchObject({
      sourceAddress: '203.0.113.9',
      tlsVersion: '1.0',
    })
  })

  it('has the TLS version of its socket', async () => {
    const { port, alibaba } = await start({ tls: selfSigned() })
    expect((await fetchRaw(port, encrypt(), true)).status).toBe(200)
    expect(alibaba.calls[0]!.connection.tlsVersion).toBe('1.3')
  })
})

function selfSigned(): { cert: Buffer; key: Buffer } {
  const dir = mkdtempSync(join(tmpdir(), 'keyward-tls-'))
  try {
    const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    const how = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost'.split(
      ' ',
    )
    execFileSync('openssl', ['req', ...how, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
    return { key: readFileSync(keyFile), cert: readFileSync(certFile) }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
