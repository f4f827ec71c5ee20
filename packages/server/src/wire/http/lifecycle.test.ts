import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { encrypt, fetchRaw, list, start, stopAll } from '../testing/server.ts'

afterEach(stopAll)

describe('overload', () => {
  it('is answered in the vendor form, not dropped', async () => {
    const { port, alibaba, warned } = await start({ maxInFlight: 2 })
    const waiting: (() => void)[] = []
    alibaba.answer = () => new Promise((go) => waiting.push(() => go({ ok: true, output: {} })))
    const held = [fetchRaw(port, encrypt()), fetchRaw(port, encrypt())]
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    const [first, second] = [await fetchRaw(port, encrypt()), await fetchRaw(port, list())]
    expect([first.status, JSON.parse(first.body).Code]).toEqual([503, 'ServiceUnavailableTemporary'])
    expect([second.status, JSON.parse(second.body).error_code]).toEqual([503, 'KPS.50301'])
    expect([first.headers['retry-after'], second.headers['retry-after']]).toEqual(['1', '1'])
    // The first at once; the others are counted until the next line.
    expect(warned).toHaveLength(1)
    expect(warned[0]).toContain('calls were answered with 503')
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
    // What had arrived is taken in for a few turns of the loop more.
    await delay(50)
    await expect(fetchRaw(port, encrypt())).rejects.toThrow('ECONNREFUSED')
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
    await expect(held).rejects.toThrow('socket hang up')
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
