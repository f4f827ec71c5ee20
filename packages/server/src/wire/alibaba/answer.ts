import type { Exchange, Reply } from '../exchange.ts'
import { parameter, type RpcRequest } from './request.ts'
import { toXml } from './xml.ts'

export type Format = 'json' | 'xml'

/**
 * The format asked for: by the parameter `Format`, or, where there is none, by an `Accept` header that takes XML and not
 * JSON. JSON for anything else (reference/alibaba-ram.md E.2, E.5). No signature need cover it: it changes no call.
 */
export function formatOf(request: RpcRequest): Format {
  const format = parameter(request, 'Format')
  if (format) return format.toUpperCase() === 'XML' ? 'xml' : 'json'
  return onlyXml(request.exchange.headers.accept) ? 'xml' : 'json'
}

/** No client names that many types. */
const LONGEST_ACCEPT = 1024

function onlyXml(accept: string | undefined): boolean {
  if (accept === undefined || accept.length > LONGEST_ACCEPT || !accept.includes('xml')) return false
  const types = accept.split(',').map((type) => type.split(';')[0]!.trim().toLowerCase())
  return types.every((type) => type === 'text/xml' || type === 'application/xml')
}

/** What an error answer says beside the request. */
export interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
  /** Further members of the envelope, such as `AccessDeniedDetail`. */
  readonly more?: Readonly<Record<string, unknown>> | undefined
}

const JSON_TYPE = 'application/json;charset=utf-8'
/** Clients recognise XML by exactly this text, without a space (reference/alibaba-ram.md E.5). */
const XML_TYPE = 'text/xml;charset=utf-8'

function reply(
  status: number,
  format: Format,
  requestId: string,
  body: string,
  warnings?: readonly string[],
): Reply {
  return {
    status,
    contentType: format === 'xml' ? XML_TYPE : JSON_TYPE,
    requestIdHeader: 'x-acs-request-id',
    requestId,
    body,
    warnings,
  }
}

/** A success: the operation's output and RequestId. Never a top-level `Code`: one client takes that for an error. */
export function successReply(
  requestId: string,
  format: Format,
  action: string,
  output: Readonly<Record<string, unknown>>,
  warnings?: readonly string[],
): Reply {
  if (format === 'xml') {
    const answer = { RequestId: requestId, ...output }
    return reply(200, format, requestId, toXml(`${action}Response`, answer), warnings)
  }
  const members = JSON.stringify(output)
  const body =
    members === '{}' ? `{"RequestId":"${requestId}"}` : `{"RequestId":"${requestId}",${members.slice(1)}`
  return reply(200, format, requestId, body, warnings)
}

/** An error in the gateway's envelope (reference/alibaba-ram.md F.1, alibaba-kms.md G.3). */
export function errorReply(exchange: Exchange, format: Format, hostId: string, error: ErrorAnswer): Reply {
  const envelope = {
    RequestId: exchange.requestId,
    HostId: hostId,
    Code: error.code,
    Message: error.message,
    Recommend: '',
    HttpStatus: error.status,
    ...error.more,
  }
  const body = format === 'xml' ? toXml('Error', envelope) : JSON.stringify(envelope)
  return reply(error.status, format, exchange.requestId, body)
}
