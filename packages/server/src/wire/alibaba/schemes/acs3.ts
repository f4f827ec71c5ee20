import type { AccessKeyCredential } from '../../../identity/principal.ts'
import { bodySha256, hmacSha256Hex, sameDigest, sha256Hex } from '../../digest.ts'
import type { Exchange } from '../../exchange.ts'
import { encode, joinPairs, type Pair } from '../../percent.ts'
import { type Failure, fail } from '../failures.ts'
import { header, type RpcRequest } from '../request.ts'
import { type Claim, echo, type Scheme } from './scheme.ts'
import { readSignedHeaders } from './signed-headers.ts'

export const ACS3 = 'ACS3-HMAC-SHA256'

/**
 * A canonical request of the V3 signature (reference/alibaba-ram.md E.1). `headerLines` has one `name:value\n` a signed
 * header, in the order of `signedHeaders`.
 */
export function canonicalRequestV3(
  method: string,
  query: string,
  headerLines: string,
  signedHeaders: string,
  bodyHash: string,
): string {
  return `${method}\n/\n${query}\n${headerLines}\n${signedHeaders}\n${bodyHash}`
}

/** The text that the V3 signature is made over. */
export function stringToSignV3(canonicalRequest: string): string {
  return `${ACS3}\n${sha256Hex(canonicalRequest)}`
}

interface Authorization {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
}

/** Reads `Credential=...,SignedHeaders=...,Signature=...`; spaces around the parts are tolerated. */
export function readAuthorization(text: string): Authorization | undefined {
  const parts = text.split(',')
  if (parts.length !== 3) return undefined
  const read = { Credential: '', SignedHeaders: '', Signature: '' }
  for (const part of parts) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(equals, 0)).trim()
    if (!Object.hasOwn(read, name)) return undefined
    read[name as keyof typeof read] = part.slice(equals + 1).trim()
  }
  if (read.Credential === '' || read.SignedHeaders === '' || read.Signature === '') return undefined
  return { credential: read.Credential, signedHeaders: read.SignedHeaders, signature: read.Signature }
}

/** Public values that a V3 request carries as headers, and only so. */
const HEADERS = [
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
] as const

/** HMAC-SHA256 over query, headers and body. */
export const acs3: Scheme = Object.freeze<Scheme>({
  name: ACS3,

  recognises: (_request, authorization) => authorization?.startsWith(`${ACS3} `) === true,

  claim(request, authorization) {
    const read = readAuthorization((authorization ?? '').slice(ACS3.length + 1))
    if (read === undefined) return fail('IncompleteSignature')
    for (const name of HEADERS) {
      if (header(request.exchange, name) === undefined) return fail('MissingParameter', { name })
    }
    const { headers } = request.exchange
    return {
      action: headers['x-acs-action'] as string,
      version: headers['x-acs-version'] as string,
      accessKeyId: read.credential,
      timestamp: headers['x-acs-date'] as string,
      nonce: headers['x-acs-signature-nonce'] as string,
      securityToken: header(request.exchange, 'x-acs-security-token'),
      signature: read.signature,
      signedHeaders: read.signedHeaders,
    }
  },

  verify: verifyV3,
})

function verifyV3(request: RpcRequest, claim: Claim, credential: AccessKeyCredential): Failure | undefined {
  const { exchange } = request
  const lines = headerLines(exchange, claim.signedHeaders)
  if (lines === undefined) return fail('IncompleteSignature')
  // The hash of the body that came, whatever the header says. The header is signed too, so both must agree.
  const bodyHash = bodySha256(exchange.body)
  const query = joinPairs(request.query)
  const canonical = canonicalRequestV3(exchange.method, query, lines, claim.signedHeaders, bodyHash)
  const text = stringToSignV3(canonical)
  if (exchange.headers['x-acs-content-sha256'] === bodyHash) {
    if (sameDigest(hmacSha256Hex(credential.secret, text), claim.signature)) return undefined
    for (const other of otherForms(request, claim, lines, bodyHash)) {
      if (sameDigest(hmacSha256Hex(credential.secret, stringToSignV3(other)), claim.signature))
        return undefined
    }
  }
  return fail('SignatureDoesNotMatch', {
    reason:
      'Specified signature does not match our calculation. ' +
      `server StringToSign is [${text}] server CanonicalRequest is [${echo(canonical)}]`,
  })
}

/**
 * The canonical header lines, or undefined when the list of signed headers is not acceptable: it must name headers that
 * are there, the required ones, and every `x-acs-*` header that came, and `content-type` where there is a body to read
 * by it. Otherwise a header that nobody signed could change the call.
 */
function headerLines(exchange: Exchange, list: string): string | undefined {
  const signed = readSignedHeaders(list)
  if (signed === undefined) return undefined
  const { headers } = exchange
  let lines = ''
  for (const name of signed.names) {
    const value = headers[name]
    if (typeof value !== 'string') return undefined
    lines += `${name}:${value}\n`
  }
  let vendor = 0
  for (const name in headers) if (name.startsWith('x-acs-')) vendor++
  // The names are distinct and all were found, so equal counts mean the same set.
  if (vendor !== signed.vendor) return undefined
  if (exchange.body.length > 0 && headers['content-type'] !== undefined && !signed.contentType)
    return undefined
  return lines
}

/**
 * Other canonical requests that correct clients may have signed; tried only after the usual one failed.
 *
 * - A repeated header: its values sorted and joined with `,`, where Node joins them with `, ` as they came.
 * - Tea clients sign parameter names unencoded. Taken only where no name could be read as several parameters.
 */
function* otherForms(request: RpcRequest, claim: Claim, lines: string, bodyHash: string): Generator<string> {
  const { exchange } = request
  const form = (query: string, headers: string) =>
    canonicalRequestV3(exchange.method, query, headers, claim.signedHeaders, bodyHash)
  const repeated = repeatedHeaderLines(exchange, claim.signedHeaders)
  if (repeated !== undefined && repeated !== lines) yield form(joinPairs(request.query), repeated)
  const plain = request.query.every((pair) => !/[&=%+#\n\r]/.test(pair.name))
  if (plain && request.query.some((pair) => encode(pair.name) !== pair.name)) {
    yield form(request.query.map(plainName).join('&'), lines)
  }
}

function plainName(pair: Pair): string {
  return `${pair.name}=${encode(pair.value)}`
}

function repeatedHeaderLines(exchange: Exchange, list: string): string | undefined {
  const values = new Map<string, string[]>()
  let any = false
  for (let i = 0; i + 1 < exchange.rawHeaders.length; i += 2) {
    const name = exchange.rawHeaders[i]!.toLowerCase()
    const before = values.get(name)
    if (before === undefined) values.set(name, [exchange.rawHeaders[i + 1]!.trim()])
    else {
      any = true
      before.push(exchange.rawHeaders[i + 1]!.trim())
    }
  }
  if (!any) return undefined
  return list
    .split(';')
    .map((name) => `${name}:${(values.get(name) ?? []).sort().join(',')}\n`)
    .join('')
}
