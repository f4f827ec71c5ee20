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
      for (let request = next(); request && performance.now() < end; request = next()) {
        const sent = performance.now()
        const status = await exchange(socket, request)
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

/** Sends one request and reads its answer whole. Resolves to the status. */
function exchange(socket: Socket, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const head = seen.indexOf(END_OF_HEAD)
      if (head < 0) return
      const text = seen.toString('latin1', 0, head)
      const length = /\r\ncontent-length: (\d+)/i.exec(text)
      if (!length) return finish(new Error('an answer without content-length'))
      if (seen.length < head + 4 + Number(length[1])) return
      finish(undefined, Number(text.slice(9, 12)))
    }
    const onClose = () => finish(new Error('the server closed the connection'))
    const finish = (error: Error | undefined, status = 0) => {
      socket.off('data', onData)
      socket.off('close', onClose)
      if (error) reject(error)
      else resolve(status)
    }
    socket.on('data', onData)
    socket.on('close', onClose)
    socket.write(request)
  })
}
