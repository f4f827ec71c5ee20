import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { encrypt, list, start, stopAll, talk } from '../testing/server.ts'
import type { Sent } from '../testing/world.ts'

afterEach(stopAll)

/** A signed request as text, with another target or further lines. */
function textOf(sent: Sent, target: string, more: string[] = []): string {
  const lines = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}`)
  return `${[`${sent.method} ${target} HTTP/1.1`, ...lines, ...more, 'Connection: close'].join('\r\n')}\r\n\r\n`
}

const status = (heard: string) => heard.slice(0, 'HTTP/1.1 200'.length)

describe('a target in absolute form', () => {
  it.each(['http://h', 'HTTP://h', 'https://h'])('is the call that it names: %s', async (origin) => {
    const { port, alibaba, huawei } = await start()
    const rpc = encrypt({ KeyId: 'k' })
    const rest = list()
    expect(status(await talk(port, textOf(rpc, origin + rpc.target)))).toBe('HTTP/1.1 200')
    expect(status(await talk(port, textOf(rest, origin + rest.target)))).toBe('HTTP/1.1 200')
    expect([alibaba.calls.length, huawei.calls.length]).toEqual([1, 1])
    expect(status(await talk(port, textOf({ ...rpc, headers: { host: 'h' } }, `${origin}/healthz`)))).toBe(
      'HTTP/1.1 200',
    )
  })

  it('may leave the path out', async () => {
    const { port } = await start()
    const rpc = encrypt({ KeyId: 'k' })
    expect(status(await talk(port, textOf(rpc, `http://h${rpc.target.slice(1)}`)))).toBe('HTTP/1.1 200')
  })

  it('says the host, whatever the header says, for the signature too', async () => {
    const { port, alibaba } = await start()
    const rpc = encrypt()
    expect(await talk(port, textOf(rpc, `http://other${rpc.target}`))).toContain('SignatureDoesNotMatch')
    const renamed = { ...rpc, headers: { ...rpc.headers, host: 'other' } }
    expect(status(await talk(port, textOf(renamed, `http://h${rpc.target}`)))).toBe('HTTP/1.1 200')
    expect(alibaba.calls).toHaveLength(1)
  })

  it.each(['http:///', 'http://u@h/', 'ftp://h/', 'h:80'])(
    'is refused when it is none: %s',
    async (target) => {
      const { port } = await start()
      expect(status(await talk(port, textOf(encrypt(), target)))).toBe('HTTP/1.1 400')
    },
  )
})

describe('a request that two readers could read differently', () => {
  it.each([
    ['two hosts', ['Host: h']],
    ['two hosts, one of them another', ['host: other']],
    ['two authorizations', ['AUTHORIZATION: x']],
    ['two content types', ['Content-Type: a/b', 'content-type: a/b']],
  ])('is a plain 400: %s', async (_what, more) => {
    const { port, alibaba } = await start()
    expect(status(await talk(port, textOf(encrypt(), encrypt().target, more)))).toBe('HTTP/1.1 400')
    expect(alibaba.calls).toHaveLength(0)
  })

  it.each(['a/b', 'u@h', 'a b', 'h#'])('is a plain 400: the host %j', async (host) => {
    const { port } = await start()
    expect(status(await talk(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))).toBe(
      'HTTP/1.1 400',
    )
  })
})

describe('a request that does not arrive', () => {
  const HALF = ['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc', 'POST / HTTP/1.1\r\nHost:']
  it.each(HALF)('lives no longer than the limit: %j', async (half) => {
    const { port } = await start({ requestTimeout: 300 })
    const begun = performance.now()
    const heard = await new Promise<string>((resolve) => {
      let text = ''
      // This client keeps its side open for as long as the server lets it.
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(half))
      socket.on('data', (chunk) => (text += chunk))
      socket.on('error', () => {})
      // A connection that the server has let go of refuses what is written to it.
      const trying = setInterval(() => socket.write('x'), 200)
      socket.on('close', () => {
        clearInterval(trying)
        resolve(text)
      })
    })
    expect(heard).toMatch(/^HTTP\/1.1 408 /)
    expect(performance.now() - begun).toBeGreaterThan(250)
    expect(performance.now() - begun).toBeLessThan(5000)
  })
})
