import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { failed } from '../exit.ts'

/** One HTTP request, as it goes out. The path is sent as it is written: nothing re-encodes it. */
export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Incoming {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const PATIENCE_MS = 60_000

/**
 * Sends a request and reads the whole answer. Stops with a sentence when the service cannot be reached, or says nothing for
 * as long as `patience` (milliseconds).
 */
export function send(
  endpoint: URL,
  outgoing: Outgoing,
  ca?: string,
  patience = PATIENCE_MS,
): Promise<Incoming> {
  const secure = endpoint.protocol === 'https:'
  const options = {
    host: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: endpoint.port || (secure ? 443 : 80),
    method: outgoing.method,
    path: outgoing.path,
    headers: { ...outgoing.headers, 'content-length': Buffer.byteLength(outgoing.body) },
    timeout: patience,
    agent: false,
    ...(ca === undefined ? {} : { ca }),
  }
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(options, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', (error) => reject(unreachable(endpoint, error)))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      )
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', (error) => reject(unreachable(endpoint, error)))
    request.end(outgoing.body)
  })
}

function unreachable(endpoint: URL, error: Error & { code?: string }) {
  const remedy =
    error.code === 'ECONNREFUSED'
      ? 'nothing listens there; start it with `keyward serve`'
      : error.code?.includes('CERT')
        ? `its certificate is not trusted (${error.code}); name it with \`--ca FILE\``
        : (error.code ?? error.message)
  return failed(`the service at ${endpoint.origin} cannot be reached: ${remedy}`)
}
