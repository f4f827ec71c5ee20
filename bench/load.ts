import { connect, type Socket } from 'node:net'

/** What one round of load saw. */
export interface Round {
  readonly answered: number
  /** Answers whose status was not 200. */
  readonly failed: number
  readonly seconds: number
  /** Latencies in milliseconds, sorted. */
  readonly latencies: Float64Array
}

/**
 * Sends ready-made HTTP requests over keep-alive connections, one at a time on each, until the time is over. The bytes
 * are made beforehand, so that the generator costs as little as it can. `next` answers undefined when it has no more.
 */
export async function load(
  port: number,
  connections: number,
  milliseconds: number,
  next: () => Buffer | undefined,
): Promise<Round> {
  const latencies: number[] = []
  let failed = 0
  const start = performance.now()
  const end = start + milliseconds
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await open(port)
      const exchange = exchangesOn(socket)
      for (let request = next(); request && performance.now() < end; request = next()) {
        const sent = performance.now()
        const status = await exchange(request)
        latencies.push(performance.now() - sent)
        if (status !== 200) failed += 1
      }
      socket.destroy()
    }),
  )
  const seconds = (performance.now() - start) / 1000
  return { answered: latencies.length, failed, seconds, latencies: Float64Array.from(latencies).sort() }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('ontent-length: ', 'latin1')

/**
 * Sends one request and reads its answer whole; resolves to the status. One listener a connection, and of an answer only the
 * status and the length are read: the generator runs on the processors of what it measures.
 */
function exchangesOn(socket: Socket): (request: Buffer) => Promise<number> {
  let seen: Buffer | undefined
  let waiting: { resolve(status: number): void; reject(error: Error): void } | undefined
  const fail = (text: string) => {
    waiting?.reject(new Error(text))
    waiting = undefined
  }
  socket.on('data', (chunk: Buffer) => {
    seen = seen ? Buffer.concat([seen, chunk]) : chunk
    const head = seen.indexOf(END_OF_HEAD)
    if (head < 0) return
    const at = seen.indexOf(LENGTH)
    if (at < 0 || at > head) return fail('an answer without content-length')
    let length = 0
    for (let i = at + LENGTH.length; seen[i] !== CR; i += 1) length = length * 10 + seen[i]! - ZERO
    if (seen.length < head + END_OF_HEAD.length + length) return
    // HTTP/1.1 200
    const status = (seen[9]! - ZERO) * 100 + (seen[10]! - ZERO) * 10 + seen[11]! - ZERO
    seen = undefined
    waiting?.resolve(status)
  })
  socket.on('close', () => fail('the server closed the connection'))
  socket.on('error', ({ message }) => fail(message))
  return (request) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      socket.write(request)
    })
}

const CR = 13
const ZERO = 48
