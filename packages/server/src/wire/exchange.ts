import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { CallWatch } from '../base/call-watch.ts'
import { type Problem, Refusal } from '../base/problem.ts'
import type { Connection } from '../pipeline/connection.ts'
import { absenceText } from '../store/errors.ts'

/** One HTTP request as a wire sees it: read once, whole, before any signature is looked at. */
export interface Exchange {
  readonly requestId: string
  readonly method: string
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string
  /** The query as sent, without `?`; empty when there is none. */
  readonly query: string
  /** Names in lower case; repeated ones joined as Node joins them. */
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as sent: only for what `headers` loses. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** The client's address, after the trusted-proxy rule. */
  readonly sourceAddress: string
  /** See `Connection.tlsVersion`. */
  readonly tlsVersion: string
  /** Time of receipt by the service's clock, in milliseconds. */
  readonly receivedAt: number
  /** Where calls are measured. */
  readonly watch?: CallWatch | undefined
}

/** What the pipeline is told of how a call came. */
export function connectionOf(exchange: Exchange): Connection {
  const { headers, receivedAt, requestId, sourceAddress, tlsVersion } = exchange
  return {
    requestId,
    sourceAddress,
    tlsVersion,
    userAgent: headers['user-agent'],
    referer: headers.referer,
    receivedAt,
  }
}

const BEYOND_ASCII = /[\x80-\xff]/

/** The canonical lines of these headers, `name:value`, each as its sender signed it; undefined where one is not there. */
export function signedLines(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  let lines = ''
  // By index: an iterator costs more than the line.
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const value = headers[name]
    if (typeof value !== 'string') return undefined
    lines += `${name}:${value}\n`
  }
  // Nearly always: one look at the whole costs less than one at each.
  if (!BEYOND_ASCII.test(lines)) return lines
  return names.map((name) => `${name}:${headerText(headers[name] as string)}\n`).join('')
}

/**
 * A header value as its sender signed it. Node reads the bytes of a header as Latin-1; a client that sends UTF-8 has
 * signed those bytes, one that sends Latin-1 has signed the text.
 */
export function headerText(value: string): string {
  if (!BEYOND_ASCII.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : value
}

/** What a wire answers. `Content-Length` and caching headers are added by the server. */
export interface Reply {
  readonly status: number
  readonly contentType: string
  /** Name and value of the header that carries the request id. */
  readonly requestIdHeader: string
  readonly requestId: string
  /** Empty for an answer without a body. */
  readonly body: string
  /** Remarks on what was done, for the header {@link WARNINGS_HEADER}: the bodies are the vendors'. */
  readonly warnings?: readonly string[] | undefined
  /** The answer is a file: these bytes instead of `body`. */
  readonly bytes?: Uint8Array
}

/** A JSON list of texts: clients pass over a header that they do not know. */
export const WARNINGS_HEADER = 'x-keyward-warnings'

/** What clients and proxies take of one header. */
const LONGEST_WARNINGS = 4000

/** Warnings as a header's value: visible ASCII, and as many of them as fit. */
export function warningsText(warnings: readonly string[]): string {
  const text = (count: number) => {
    const more = warnings.length - count
    const list = [...warnings.slice(0, count), ...(more > 0 ? [`and ${more} more, in the audit log`] : [])]
    return JSON.stringify(list).replace(
      /[^\x20-\x7e]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  }
  let count = warnings.length
  while (count > 0 && text(count).length > LONGEST_WARNINGS) count = Math.floor(count / 2)
  return text(count)
}

/** What is known of a request before its body is read. */
export type RequestHead = Pick<Exchange, 'method' | 'path' | 'query' | 'headers'>

/** A vendor's envelope around the pipeline. */
export interface Wire {
  readonly name: 'alibaba' | 'huawei'
  /** Whether a request is this wire's to answer. The server asks its wires in turn, before anything else is read. */
  claims(head: RequestHead): boolean
  /** A fresh request id in the vendor's form. */
  newRequestId(): string
  /** Answers one request. Never throws and never rejects: what goes wrong is the vendor's internal failure. */
  handle(exchange: Exchange): Reply | Promise<Reply>
  /** The vendor's form of a problem that was met before the wire could read the request. */
  refuse(exchange: Exchange, problem: Problem): Reply
}

/** A refused authentication, for the host to count and sample (design, section 8): never audited one by one. */
export interface AuthenticationFailure {
  readonly wire: 'alibaba' | 'huawei'
  readonly requestId: string
  /** The vendor's code or reason, from a closed list. */
  readonly code: string
  /** As claimed, cut to 128 characters; absent when none was given. */
  readonly accessKeyId: string | undefined
  readonly source: string
}

export type OnAuthenticationFailure = (failure: AuthenticationFailure) => void

/** The part of a logger that the wires use; pino fits. Nothing that came from the caller is ever given to it. */
export interface WireLog {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/**
 * What a log may hold of something thrown. Of a defect: its kind and where it was thrown; messages can quote the caller's
 * input. Of a refusal, which is none: why, in the service's own words, or its code.
 */
export function describeDefect(thrown: unknown): { error: string; at?: string[] } {
  if (thrown instanceof Refusal) return { error: absenceText(thrown) ?? thrown.problem.code }
  if (!(thrown instanceof Error)) return { error: typeof thrown, at: [] }
  const frames = (thrown.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return { error: thrown.name, at: frames.slice(0, 8).map((line) => line.trim()) }
}
