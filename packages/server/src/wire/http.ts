import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureVersion } from 'node:tls'
import type { CallObserver, CallWatch } from '../base/call-watch.ts'
import type { Clock } from '../base/clock.ts'
import type { Problem } from '../base/problem.ts'
import { whenSettled } from '../base/when-ready.ts'
import {
  describeDefect,
  type Exchange,
  type Reply,
  type RequestHead,
  WARNINGS_HEADER,
  type Wire,
  type WireLog,
  warningsText,
} from './exchange.ts'
import { type Body, readBody } from './http/body.ts'
import { type Connection, createDrain } from './http/drain.ts'
import { answerMalformed } from './http/malformed.ts'
import { originOf, readPeer, trustedProxies } from './http/peer.ts'
import { targetOf } from './http/target.ts'
import { createUnavailableLog, RETRY_AFTER } from './http/unavailable.ts'

// The server stands on node:http itself. The wires need the raw path, query and body, answer every error themselves,
// and may neither log nor echo a URL: of a framework nothing would be in use but its share of the time, while its router,
// parsers, error pages and logger would each have to be kept from doing what they are for.

/** Request line and headers together: official clients put whole policies into the URL (reference/alibaba-ram.md E.5). */
const MAX_HEADER_BYTES = 272 * 1024
const HEADERS_TIMEOUT = 20_000
const REQUEST_TIMEOUT = 60_000
/** How often the two limits above are looked at: by so much longer a half-sent request may live. */
const TIMEOUT_CHECK = 1000
const KEEP_ALIVE = 65_000
/** Requests between their last byte and their answer; one more is refused. */
const MAX_IN_FLIGHT = 1024

export interface HttpServerOptions {
  /** The first that claims a request answers it; what none claims is answered 404. */
  readonly wires: readonly Wire[]
  readonly tls?: TlsPair
  /** CIDR ranges of proxies whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[]
  readonly log: WireLog
  readonly clock: Clock
  readonly health: Health
  /** Told of every call of a wire; absent where nothing is measured. */
  readonly observer?: CallObserver
  readonly maxInFlight?: number
  /** How long a request may take to arrive whole, in milliseconds; 60,000 when absent. */
  readonly requestTimeout?: number
}

export interface TlsPair {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly minVersion?: SecureVersion
}

/**
 * What the two health paths say: `live` as long as the process works at all, `ready` when it can serve calls, else a few
 * words on why not. Anybody may ask: they name nothing.
 */
export interface Health {
  live(): boolean
  ready(): true | string | Promise<true | string>
  /** Sentences for an operator, of a service that is ready and yet has something to tell. */
  doubts?(): readonly string[]
}

export interface HttpServer {
  /** Starts to listen; port 0 picks a free one. Rejects when the address cannot be bound. */
  listen(at: { host: string; port: number }): Promise<AddressInfo>
  /** Over TLS: has later connections use this pair. Raises when OpenSSL does not take it. */
  useTls(pair: TlsPair): void
  /** Requests that wait for their answer. */
  readonly inFlight: number
  /** Stops listening and resolves when all that had arrived is answered; after `graceMs` connections are cut. */
  close(graceMs?: number): Promise<void>
}

/** The HTTP(S) server in front of the wires. Raises RangeError for a proxy range that cannot be read. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { wires, log, clock, health, observer } = options
  const maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT
  const proxies = trustedProxies(options.trustedProxies)
  const tellUnavailable = createUnavailableLog(log, clock)
  let inFlight = 0
  let closing = false

  function send(response: ServerResponse, reply: Reply, watch: CallWatch | undefined): void {
    if (watch) {
      watch.requestId = reply.requestId
      observer?.end(watch, reply.status)
    }
    if (response.destroyed || response.headersSent) return
    // Names and values in turn, which Node writes fastest.
    const headers: (string | number)[] = []
    if (reply.status !== 204)
      headers.push('content-length', reply.bytes?.length ?? Buffer.byteLength(reply.body))
    headers.push('cache-control', 'no-store', reply.requestIdHeader, reply.requestId)
    if (reply.body !== '' || reply.bytes) headers.push('content-type', reply.contentType)
    if (reply.warnings !== undefined) headers.push(WARNINGS_HEADER, warningsText(reply.warnings))
    if (closing) headers.push('connection', 'close')
    const trace = watch && observer?.answerHeader?.(watch)
    if (trace !== undefined) headers.push('traceresponse', trace)
    if (reply.status === 503) {
      headers.push('retry-after', RETRY_AFTER)
      tellUnavailable(reply.requestId)
    }
    response.writeHead(reply.status, headers)
    response.end(reply.bytes ?? reply.body)
  }

  function read(
    connection: Connection,
    request: IncomingMessage,
    wire: Wire,
    head: RequestHead,
    body: Buffer,
  ): Exchange {
    connection.peer ??= readPeer(request.socket, proxies)
    const { sourceAddress, tlsVersion } = originOf(connection.peer, request.headers, proxies)
    return {
      watch: observer && watchOf(observer, wire, request),
      requestId: wire.newRequestId(),
      method: head.method,
      path: head.path,
      query: head.query,
      headers: head.headers,
      rawHeaders: request.rawHeaders,
      body,
      sourceAddress,
      tlsVersion,
      receivedAt: clock.now(),
    }
  }

  function dispatch(
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    url: string,
    body: Body,
  ): void {
    if (body.kind === 'gone') return
    const head = headOf(request, url)
    const wire = wires.find((one) => one.claims(head))
    if (wire === undefined) {
      response.writeHead(404, { 'content-length': 0 })
      response.end()
      return
    }
    const exchange = read(connection, request, wire, head, body.kind === 'whole' ? body.bytes : EMPTY)
    if (body.kind !== 'whole') {
      response.shouldKeepAlive = false
      turnAway(response, wire, exchange, body.kind === 'too-large' ? TOO_LARGE : OVERLOADED)
    } else if (inFlight >= maxInFlight) turnAway(response, wire, exchange, OVERLOADED)
    else answer(wire, exchange, response)
  }

  function turnAway(response: ServerResponse, wire: Wire, exchange: Exchange, problem: Problem): void {
    if (exchange.watch) exchange.watch.outcome = problem.code
    send(response, wire.refuse(exchange, problem), exchange.watch)
  }

  function answer(wire: Wire, exchange: Exchange, response: ServerResponse): void {
    inFlight++
    const finish = (reply: Reply) => {
      try {
        send(response, reply, exchange.watch)
      } catch (thrown) {
        defect(response, thrown)
      }
      inFlight--
    }
    const fail = (thrown: unknown) => {
      defect(response, thrown)
      inFlight--
    }
    whenSettled(() => wire.handle(exchange), finish, fail)
  }

  async function answerHealth(response: ServerResponse, path: string): Promise<void> {
    const state = path === '/healthz' ? health.live() : closing ? 'stopping' : await health.ready()
    const good = state === true
    const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store' }
    response.writeHead(good ? 200 : 503, good ? headers : { ...headers, 'retry-after': RETRY_AFTER })
    const doubts = path === '/readyz' ? (health.doubts?.() ?? []) : []
    const words = good ? ['ok', ...doubts].join('\n') : `not ready${state === false ? '' : `: ${state}`}`
    response.end(`${words}\n`)
  }

  /** Wires do not throw. If one does, the connection ends, the process does not, and nothing of the request is logged. */
  function defect(response: ServerResponse, thrown: unknown): void {
    log.error(describeDefect(thrown), 'a request could not be answered')
    if (!response.headersSent) response.writeHead(500, { 'content-length': 0, connection: 'close' })
    response.end()
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.admit(request, response)
    if (connection === undefined) return
    try {
      response.on('error', ignore)
      const url = targetOf(request)
      if (url === undefined) {
        response.writeHead(400, { 'content-length': 0, connection: 'close' })
        response.end()
        return
      }
      const failed = (thrown: unknown) => defect(response, thrown)
      if (url === '/healthz' || url === '/readyz') answerHealth(response, url).catch(failed)
      else
        whenSettled(
          () => readBody(request),
          (body) => dispatch(connection, request, response, url, body),
          failed,
        )
    } catch (thrown) {
      defect(response, thrown)
    }
  }

  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: Math.min(HEADERS_TIMEOUT, options.requestTimeout ?? REQUEST_TIMEOUT),
    requestTimeout: options.requestTimeout ?? REQUEST_TIMEOUT,
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK, options.requestTimeout ?? TIMEOUT_CHECK),
    keepAliveTimeout: KEEP_ALIVE,
  }
  const server: Server = options.tls
    ? createTlsServer({ minVersion: 'TLSv1.2', ...options.tls, ...settings }, onRequest)
    : createServer(settings, onRequest)
  server.on('clientError', answerMalformed)
  const connections = createDrain(server)

  return Object.freeze({
    listen({ host, port }: { host: string; port: number }): Promise<AddressInfo> {
      return new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          server.on('error', (thrown) => log.error(describeDefect(thrown), 'the listener failed'))
          resolve(server.address() as AddressInfo)
        })
      })
    },
    get inFlight() {
      return inFlight
    },
    useTls(pair: TlsPair): void {
      ;(server as TlsServer).setSecureContext({ minVersion: 'TLSv1.2', ...pair })
    },
    close(graceMs = 30_000): Promise<void> {
      closing = true
      return connections.drain(graceMs)
    },
  })
}

function watchOf(observer: CallObserver, wire: Wire, { headers }: IncomingMessage): CallWatch {
  const parent = headers.traceparent
  return observer.begin(wire.name, typeof parent === 'string' ? parent : undefined)
}

function headOf({ method = '', headers }: IncomingMessage, url: string): RequestHead {
  const mark = url.indexOf('?')
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers,
  }
}

/** A client that went away while it was answered. */
const ignore = () => {}

const EMPTY = Buffer.alloc(0)
const OVERLOADED: Problem = Object.freeze({ code: 'Overloaded' })
const TOO_LARGE: Problem = Object.freeze({ code: 'RequestTooLarge' })
