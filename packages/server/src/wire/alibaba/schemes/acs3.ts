import type { AccessKeyCredential } from '../../../identity/principal.ts'
import { bodySha256, hmacSha256Hex, sameDigest } from '../../digest.ts'
import { encode, joinPairs, type Pair } from '../../percent.ts'
import { type Failure, fail } from '../failures.ts'
import type { RpcRequest } from '../request.ts'
import { canonicalRequest, mismatch, stringToSign } from './canonical.ts'
import { headerClaim, headerLines, repeatedHeaderLines } from './headers.ts'
import type { Claim, Scheme } from './scheme.ts'

export const ACS3 = 'ACS3-HMAC-SHA256'
const BEFORE_PARTS = `${ACS3} `

/** HMAC-SHA256 over query, headers and body. */
export const acs3: Scheme = Object.freeze<Scheme>({
  name: ACS3,
  signsForm: false,
  recognises: (authorization) => authorization?.startsWith(BEFORE_PARTS) === true,
  claim: (request, authorization) => headerClaim(ACS3, request, authorization),
  verify,
})

function verify(request: RpcRequest, claim: Claim, credential: AccessKeyCredential): Failure | undefined {
  const { exchange } = request
  const lines = headerLines(exchange, claim.signedHeaders)
  if (lines === undefined) return fail('IncompleteSignature')
  // The hash of the body that came, whatever the header says. The header is signed too, so both must agree.
  const bodyHash = bodySha256(exchange.body)
  const query = joinPairs(request.query)
  const canonical = canonicalRequest(exchange.method, query, lines, claim.signedHeaders, bodyHash)
  const text = stringToSign(ACS3, canonical)
  if (exchange.headers['x-acs-content-sha256'] === bodyHash) {
    if (sameDigest(hmacSha256Hex(credential.secret, text), claim.signature)) return undefined
    for (const other of otherForms(request, claim, lines, bodyHash)) {
      if (sameDigest(hmacSha256Hex(credential.secret, stringToSign(ACS3, other)), claim.signature))
        return undefined
    }
  }
  return mismatch(text, canonical)
}

/**
 * Other canonical requests that correct clients may have signed; tried only after the usual one failed.
 *
 * - A repeated header, joined as the specification says.
 * - Tea clients sign parameter names unencoded. Taken only where no name could be read as several parameters.
 */
function* otherForms(request: RpcRequest, claim: Claim, lines: string, bodyHash: string): Generator<string> {
  const { exchange } = request
  const form = (query: string, headers: string) =>
    canonicalRequest(exchange.method, query, headers, claim.signedHeaders, bodyHash)
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
