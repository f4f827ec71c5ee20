import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DevService } from './service.ts'

/** Where a test steers its throw-away service: an address that nobody can guess, on loopback. */
export interface Control {
  readonly url: string
  close(): Promise<void>
}

export interface ControlParts {
  readonly service: DevService
  /** Moves the clock by a time such as `8d`; answers what time it is then. Throws a sentence when it cannot. */
  readonly advance: (duration: string) => Promise<string>
  readonly stop: () => void
}

/**
 * `POST /reset`, `POST /clock?advance=8d`, `GET /denials`, `POST /stop` below the address: for test programs of any
 * language. Answers are JSON.
 */
export async function openControl({ service, advance, stop }: ControlParts): Promise<Control> {
  const secret = randomBytes(18).toString('base64url')
  const routes: Readonly<Record<string, (query: URLSearchParams) => Promise<unknown>>> = {
    'POST /reset': async () => {
      await service.reset()
      return { reset: true }
    },
    'POST /clock': async (query) => ({ now: await advance(query.get('advance') ?? '') }),
    'GET /denials': async () => service.denials,
    'POST /stop': async () => {
      setImmediate(stop)
      return { stopping: true }
    },
  }
  // One at a time: a call in the middle of a reset would meet a service that is not there.
  let last: Promise<unknown> = Promise.resolve()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume()
    const url = new URL(request.url ?? '/', 'http://localhost')
    const path = url.pathname.startsWith(`/${secret}/`) ? url.pathname.slice(secret.length + 1) : undefined
    const route = path === undefined ? undefined : routes[`${request.method} ${path}`]
    const reply = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(`${JSON.stringify(value)}\n`)
    }
    if (route === undefined)
      return reply(404, { error: `there is no such address; ${Object.keys(routes).join(', ')}` })
    const done = last.then(() => route(url.searchParams))
    last = done.catch(() => {})
    await done.then(
      (value) => reply(200, value),
      (error: unknown) => reply(400, { error: error instanceof Error ? error.message : String(error) }),
    )
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/${secret}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
