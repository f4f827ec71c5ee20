import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import type { RequestHead } from './exchange.ts'
import { MAX_BODY } from './http/body.ts'
import { encrypt, fetchRaw, list, start, stopAll, talk } from './testing/server.ts'
import { testWire } from './testing/world.ts'

afterEach(stopAll)

describe('routing', () => {
  it('gives / to one wire and everything else to the other', async () => {
    const { port, alibaba, huawei } = await start()
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
    expect((await fetchRaw(port, list())).status).toBe(200)
    expect([alibaba.calls.length, huawei.calls.length]).toEqual([1, 1])
    expect(alibaba.calls[0]!.connection.sourceAddress).toBe('127.0.0.1')
  })

  it('asks its wires in turn, and tells them of a request before its body', async () => {
    const asked: RequestHead[] = []
    const none = testWire('huawei', { clock: systemClock })
    const alibaba = testWire('alibaba', { clock: systemClock })
    const { port } = await start({
      wires: [{ ...none.wire, claims: (head) => asked.push(head) === 0 }, alibaba.wire],
    })
    expect((await fetchRaw(port, encrypt())).status).toBe(200)
    expect(asked).toMatchObject([{ method: 'POST', path: '/', headers: { host: expect.anything() } }])
    expect(none.calls).toEqual([])
    // This one is nobody's.
    const got = await fetchRaw(port, list())
    expect([got.status, got.body]).toEqual([404, ''])
    expect(asked).toHaveLength(2)
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
        const { Code, error_code } = JSON.parse(got.body)
        expect(Code ?? error_code).toMatch(/^[A-Z]/)
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
    const health = { live: () => true, ready: () => Promise.resolve(ready || 'starting') }
    const { port, alibaba, huawei } = await start({ health })
    const get = async (target: string) =>
      (await fetchRaw(port, { method: 'GET', target, headers: {} })).status
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 200])
    ready = false
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 503])
    expect([...alibaba.lookups, ...huawei.lookups]).toEqual([])
  })
})
