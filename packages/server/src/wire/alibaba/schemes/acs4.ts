import type { KeyObject } from 'node:crypto'
import type { AccessKeyCredential } from '../../../identity/principal.ts'
import { bodySha256, hmacSha256Hex, sameDigest } from '../../digest.ts'
import { encode, joinPairs, type Pair } from '../../percent.ts'
import { type Failure, fail } from '../failures.ts'
import type { RpcRequest } from '../request.ts'
import { canonicalRequest, mismatch, stringToSign } from './canonical.ts'
import { dayKeys, rememberDayKeys } from './day-keys.ts'
import { headerClaim, headerLines, repeatedHeaderLines } from './headers.ts'
import type { Claim, Scheme } from './scheme.ts'
import { readCredential } from './scope.ts'

export const ACS4 = 'ACS4-HMAC-SHA256'
const BEFORE_PARTS = `${ACS4} `

/**
 * As ACS3, with a key derived for a day, a region and a product, all three named in the Credential
 * (reference/alibaba-ram.md E.4, alibaba-kms.md G.2).
 */
export const acs4: Scheme = Object.freeze<Scheme>({
  name: ACS4,

  signsForm: false,
  recognises: (authorization) => authorization?.startsWith(BEFORE_PARTS) === true,

  claim(request, authorization) {
    const claim = headerClaim(ACS4, request, authorization)
    if ('failure' in claim) return claim
    const read = readCredential(claim.accessKeyId)
    if (read === undefined) return fail('IncompleteSignature')
    return { ...claim, accessKeyId: read.accessKeyId, scope: read.scope }
  },

  verify,
})

function verify(request: RpcRequest, claim: Claim, credential: AccessKeyCredential): Failure | undefined {
  const { exchange } = request
  const { scope } = claim
  const lines = headerLines(exchange, claim.signedHeaders)
  if (lines === undefined || scope === undefined) return fail('IncompleteSignature')
  // The hash of the body that came, whatever the header says. The header is signed too, so both must agree.
  const bodyHash = bodySha256(exchange.body)
  const usual = canonicalRequest(
    exchange.method,
    joinPairs(request.query),
    lines,
    claim.signedHeaders,
    bodyHash,
  )
  if (exchange.headers['x-acs-content-sha256'] === bodyHash) {
    const keys = dayKeys(credential, scope)
    const holds = (canonical: string) => {
      const text = stringToSign(ACS4, canonical)
      const by = (key: KeyObject) => sameDigest(hmacSha256Hex(key, text), claim.signature)
      return by(keys.documented) || (keys.throughText !== undefined && by(keys.throughText))
    }
    if (holds(usual) || otherForms(request, claim, lines, bodyHash).some((form) => holds(form()))) {
      rememberDayKeys(credential, scope, keys)
      return undefined
    }
  }
  return mismatch(stringToSign(ACS4, usual), usual)
}

/** The further canonical requests that published clients may have signed; asked for only after the usual one failed. */
function otherForms(request: RpcRequest, claim: Claim, lines: string, bodyHash: string): (() => string)[] {
  const { exchange } = request
  const repeated = repeatedHeaderLines(exchange, claim.signedHeaders)
  const queries = queryForms(request.query)
  return [lines, ...(repeated === undefined ? [] : [repeated])].flatMap((headers) =>
    // The first query with the lines as they came is the usual form.
    (headers === lines ? queries.slice(1) : queries).map(
      (query) => () => canonicalRequest(exchange.method, query, headers, claim.signedHeaders, bodyHash),
    ),
  )
}

/**
 * The canonical queries that published clients sign (reference/clients.md), each once: an empty value is `k=` or `k`,
 * and the Node gateway library leaves `! ' ( )` and every `*` after the first of a name or value unencoded. Every form
 * decodes to the same names and values, so none can be read as another call.
 */
function queryForms(sorted: readonly Pair[]): string[] {
  const empty = sorted.some(isBare)
  const raw = sorted.some((pair) => /[!'()*]/.test(pair.name) || /[!'()*]/.test(pair.value))
  const forms = new Set([joinPairs(sorted)])
  if (empty) forms.add(sorted.map((pair) => (isBare(pair) ? encode(pair.name) : pair.canonical)).join('&'))
  if (raw) forms.add(sorted.map((pair) => `${leaveRaw(pair.name)}=${leaveRaw(pair.value)}`).join('&'))
  if (raw && empty) {
    const bare = (pair: Pair) => `${leaveRaw(pair.name)}${isBare(pair) ? '' : `=${leaveRaw(pair.value)}`}`
    forms.add(sorted.map(bare).join('&'))
  }
  return [...forms]
}

/** A value that may go without `=`. Without a name too nothing at all would be signed. */
function isBare(pair: Pair): boolean {
  return pair.value === '' && pair.name !== ''
}

function leaveRaw(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace('*', '%2A')
}
