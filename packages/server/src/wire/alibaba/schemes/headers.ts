import { readAuthorization } from '../../authorization.ts'
import { type Exchange, headerText, signedLines } from '../../exchange.ts'
import { type Failure, fail } from '../failures.ts'
import type { RpcRequest } from '../request.ts'
import type { Claim } from './scheme.ts'
import { readSignedHeaders } from './signed-headers.ts'

// What the schemes that sign headers (ACS3, ACS4) read from a request alike.

/** The claim of a request with an `Authorization` of the algorithm; `accessKeyId` is the whole Credential. */
export function headerClaim(
  algorithm: string,
  request: RpcRequest,
  authorization: string | undefined,
): Claim | Failure {
  const read = readAuthorization((authorization ?? '').slice(algorithm.length + 1), 'Credential')
  if (read === undefined) return fail('IncompleteSignature')
  // Public values that such a request carries as headers, and only so. Each by its own name: that is read fastest.
  const { headers } = request.exchange
  const action = given(headers['x-acs-action'])
  if (action === undefined) return fail('MissingParameter', { name: 'x-acs-action' })
  const version = given(headers['x-acs-version'])
  if (version === undefined) return fail('MissingParameter', { name: 'x-acs-version' })
  const timestamp = given(headers['x-acs-date'])
  if (timestamp === undefined) return fail('MissingParameter', { name: 'x-acs-date' })
  const nonce = given(headers['x-acs-signature-nonce'])
  if (nonce === undefined) return fail('MissingParameter', { name: 'x-acs-signature-nonce' })
  if (given(headers['x-acs-content-sha256']) === undefined)
    return fail('MissingParameter', { name: 'x-acs-content-sha256' })
  return {
    action,
    version,
    accessKeyId: read.signer,
    timestamp,
    nonce,
    securityToken: given(headers['x-acs-security-token']),
    signature: read.signature,
    signedHeaders: read.signedHeaders,
  }
}

/** The value of a header that may be missing or empty; repeated ones as Node joins them. */
function given(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * The canonical header lines, or undefined when the list of signed headers is not acceptable: it must name headers that
 * are there, the required ones, and every `x-acs-*` header that came, and `content-type` where there is a body to read
 * by it. Otherwise a header that nobody signed could change the call.
 */
export function headerLines(exchange: Exchange, list: string): string | undefined {
  const signed = readSignedHeaders(list)
  if (signed === undefined) return undefined
  const { headers } = exchange
  const lines = signedLines(headers, signed.names)
  if (lines === undefined) return undefined
  let vendor = 0
  for (const name in headers) if (name.startsWith('x-acs-')) vendor++
  // The names are distinct and all were found, so equal counts mean the same set.
  if (vendor !== signed.vendor) return undefined
  if (exchange.body.length > 0 && headers['content-type'] !== undefined && !signed.contentType)
    return undefined
  return lines
}

/** Headers beside `x-acs-*` that something is read from: of the call, of its conditions or of its answer. */
const READ: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'content-type',
  'host',
  'referer',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-tls-version',
])

/**
 * The header lines where a header was repeated: its values sorted and joined with `,`, where Node joins them with `, `
 * as they came. Undefined where none was.
 *
 * INVARIANT: only for headers that nothing is read from. One whose value is `a,b` has these lines too when it is cut into
 * `a` and `b`, and is then read as `a, b`: a captured request would run again under what looks like a fresh nonce.
 */
export function repeatedHeaderLines(exchange: Exchange, list: string): string | undefined {
  const values = new Map<string, string[]>()
  let any = false
  for (let i = 0; i + 1 < exchange.rawHeaders.length; i += 2) {
    const name = exchange.rawHeaders[i]!.toLowerCase()
    const before = values.get(name)
    if (before === undefined) values.set(name, [exchange.rawHeaders[i + 1]!.trim()])
    else {
      if (name.startsWith('x-acs-') || READ.has(name)) return undefined
      any = true
      before.push(exchange.rawHeaders[i + 1]!.trim())
    }
  }
  if (!any) return undefined
  return list
    .split(';')
    .map((name) => `${name}:${headerText((values.get(name) ?? []).sort().join(','))}\n`)
    .join('')
}
