import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describeDefect } from '../../wire/exchange.ts'
import type { Log } from '../log.ts'
import type { Address } from '../settings-address.ts'
import type { MetricsText } from './registry.ts'

const PATH = '/metrics'

/** Serves the metrics at an address of their own, so that who may read them is a matter of the network. */
export async function listenForMetrics(
  { host, port }: Address,
  metrics: MetricsText,
  log: Pick<Log, 'error'>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]
    request.resume()
    if (path !== PATH) return void response.writeHead(404, PLAIN).end(`metrics are at ${PATH}\n`)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { ...PLAIN, allow: 'GET, HEAD' }).end('read them with GET\n')
    try {
      const text = await metrics.text()
      response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : text)
    } catch (thrown) {
      log.error(describeDefect(thrown), 'the metrics could not be read')
      response.writeHead(500, PLAIN).end('the metrics could not be read\n')
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      server.on('error', (thrown) => log.error(describeDefect(thrown), 'the listener of the metrics failed'))
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        metrics.close()
      }),
  }
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
