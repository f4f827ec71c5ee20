import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { systemClock } from '../../base/clock.ts'
import { signAcs3 } from '../alibaba/sign.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../http.ts'
import { signSdkHmac } from '../huawei/sign.ts'
import { ACCOUNT, type Sent, type TestWire, testWire } from './world.ts'

// A started server over both test wires, and ways to talk to it that a well-behaved client library would not offer.

export interface Started {
  server: HttpServer
  port: number
  alibaba: TestWire
  huawei: TestWire
  logged: string[]
  warned: string[]
}

const running: HttpServer[] = []

/** Closes what {@link start} started; to be called after each test. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close(500)))
}

export async function start(more: Partial<HttpServerOptions> = {}): Promise<Started> {
  const alibaba = testWire('alibaba', { clock: systemClock })
  const huawei = testWire('huawei', { clock: systemClock })
  const logged: string[] = []
  const warned: string[] = []
  const server = createHttpServer({
    wires: [alibaba.wire, huawei.wire],
    trustedProxies: [],
    log: {
      error: (f, m) => logged.push(JSON.stringify(f) + m),
      warn: (f, m) => warned.push(JSON.stringify(f) + m),
    },
    clock: systemClock,
    health: { live: () => true, ready: () => true },
    ...more,
  })
  running.push(server)
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port, alibaba, huawei, logged, warned }
}

export interface Got {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

export function fetchRaw(port: number, sent: Sent, tls = false): Promise<Got> {
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

export function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (heard += chunk))
    socket.on('error', () => resolve(heard))
    socket.on('close', () => resolve(heard))
  })
}

const key = { accessKeyId: 'testid', accessKeySecret: 'testsecret' }
export const encrypt = (query: Record<string, string> = {}, form?: Record<string, string>) =>
  signAcs3({
    method: 'POST',
    host: 'h',
    action: 'Encrypt',
    version: '2016-01-20',
    query,
    ...(form && { form }),
    ...key,
  })
export const list = () =>
  signSdkHmac({ method: 'GET', host: 'h', path: `/v3/${ACCOUNT.projectId}/keypairs`, ...key })
