import type { IncomingMessage } from 'node:http'

/** Headers of which a request has one line, as two readers would each take another of two. */
const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type'])

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

function hasTwins(rawHeaders: readonly string[]): boolean {
  let seen = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const sent = rawHeaders[i]!
    if (sent.length !== 4 && sent.length !== 12 && sent.length !== 13) continue
    const name = sent.toLowerCase()
    if (!SINGLE.has(name)) continue
    if (seen.includes(name)) return true
    seen += `${name};`
  }
  return false
}
