import type { IncomingMessage } from 'node:http'

/** What no host has: it would end the authority of a URL, or stand before it. */
const NO_HOST = /[\s/?#@\\]/

let lastHost = ''

/** Callers say the same host again and again: the last that was one is not looked at anew. */
function isHost(text: string): boolean {
  if (text === lastHost) return true
  if (NO_HOST.test(text)) return false
  lastHost = text
  return true
}

/**
 * Path and query of a request, as sent. A target in absolute form, which a server has to accept (RFC 9112, 3.2.2), says
 * the host as well: it then stands in place of the header, for the signature too. Undefined where the request has to be
 * answered with 400: two `Host` lines or one that is no host (RFC 9112, 3.2), or two of what has one meaning.
 */
export function targetOf(request: IncomingMessage): string | undefined {
  if (hasTwins(request.rawHeaders) || !isHost(request.headers.host ?? '')) return undefined
  const url = request.url ?? ''
  if (url.startsWith('/') || url === '*') return url
  const absolute = /^https?:\/\/([^/?#]+)/i.exec(url)
  if (absolute === null || NO_HOST.test(absolute[1]!)) return undefined
  request.headers.host = absolute[1]!
  const rest = url.slice(absolute[0].length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Whether a header has two lines of which two readers would each take another. */
function hasTwins(rawHeaders: readonly string[]): boolean {
  let host = 0
  let authorization = 0
  let contentType = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length === 4) host += count(name, 'host')
    else if (name.length === 13) authorization += count(name, 'authorization')
    else if (name.length === 12) contentType += count(name, 'content-type')
  }
  return host > 1 || authorization > 1 || contentType > 1
}

function count(sent: string, name: string): 0 | 1 {
  return sent === name || sent.toLowerCase() === name ? 1 : 0
}
