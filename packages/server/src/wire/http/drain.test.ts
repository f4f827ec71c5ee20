import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { encrypt, start, stopAll } from '../testing/server.ts'

// What a client sees of a server that stops, on the bare socket: an answer, or an end; never a reset.

afterEach(stopAll)

/** A request for the wire, as bytes. */
function bytes(): string {
  const { method, target, headers } = encrypt()
  const lines = Object.entries({ ...headers, 'content-length': '0' }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A client that notes all that it hears and how it ended. */
async function client(port: number) {
  const socket: Socket = connect(port, '127.0.0.1')
  const heard = { text: '', end: '' }
  socket.on('data', (chunk) => {
    heard.text += chunk
  })
  socket.on('end', () => {
    heard.end ||= 'ended'
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    heard.end ||= String(error.code)
  })
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  return { socket, heard, closed }
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)

describe('a stop', () => {
  it('answers requests that are on their way, on new and on kept connections', async () => {
    const { server, port } = await start()
    const kept = await client(port)
    kept.socket.write(bytes())
    while (statuses(kept.heard.text).length < 1) await delay(1)
    const fresh = await Promise.all(Array.from({ length: 20 }, () => client(port)))
    // In the same turn: nothing of it has been read when the stop begins.
    for (const { socket } of [kept, ...fresh]) socket.write(bytes())
    const stopped = server.close()
    await Promise.all([kept, ...fresh].map(({ closed }) => closed))
    await stopped
    expect(statuses(kept.heard.text)).toEqual(['200', '200'])
    for (const { heard } of [kept, ...fresh]) {
      expect([heard.end, statuses(heard.text).at(-1)]).toEqual(['ended', '200'])
      expect(heard.text).toMatch(/connection: close/i)
    }
  })

  it('waits for the request of a connection that has brought none, and not for ever', async () => {
    const { server, port } = await start()
    const [late, silent] = [await client(port), await client(port)]
    await delay(20)
    const stopped = server.close()
    await delay(200)
    late.socket.write(bytes())
    await Promise.all([late.closed, silent.closed, stopped])
    expect([late.heard.end, statuses(late.heard.text)]).toEqual(['ended', ['200']])
    expect(silent.heard).toEqual({ text: '', end: 'ended' })
  })

  it('ends an idle connection at once, and has no call run that comes too late for an answer', async () => {
    const { server, port, alibaba } = await start()
    const { socket, heard } = await client(port)
    socket.allowHalfOpen = true
    socket.write(bytes())
    while (statuses(heard.text).length < 1) await delay(1)
    const began = performance.now()
    const stopped = server.close()
    await once(socket, 'end')
    expect(performance.now() - began).toBeLessThan(500)
    socket.write(bytes())
    await stopped
    socket.destroy()
    expect(alibaba.calls).toHaveLength(1)
  })
})
