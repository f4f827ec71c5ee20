import type { Clock } from '../../base/clock.ts'
import { type MaybePromise, whenReady } from '../../base/when-ready.ts'
import {
  type ClaimRefusal,
  type FindAccessKey,
  type Identified,
  type Claim as Identity,
  identify,
} from '../../identity/identify.ts'
import type { AccessKeyCredential } from '../../identity/principal.ts'
import { readAuthorization } from '../authorization.ts'
import { bodySha256, hmacSha256Hex, sameDigest } from '../digest.ts'
import { type Exchange, signedLines } from '../exchange.ts'
import { type Pair, parsePairs, sortPairs } from '../percent.ts'
import { CLOCK_WINDOW, parseBasicTimestamp } from '../timestamp.ts'
import { canonicalPaths, canonicalQueries, canonicalRequest, SDK_HMAC, stringToSign } from './canonical.ts'
import { type Failure, type FailureCode, fail } from './failures.ts'
import type { FailureLock } from './lock.ts'

const MAX_SIGNED_HEADERS = 64
const BEFORE_PARTS = `${SDK_HMAC} `

export interface Authenticated {
  readonly credential: AccessKeyCredential
  /** The query, taken apart for the signature already. */
  readonly query: readonly Pair[]
}

interface Claim extends Identity {
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
}

export interface Authenticator {
  readonly findAccessKey: FindAccessKey
  readonly clock: Clock
  readonly lock: FailureLock
}

/** The checks that need no credential. */
function readClaim(exchange: Exchange, clock: Clock): Claim | Failure {
  const { authorization } = exchange.headers
  if (authorization === undefined || authorization === '') {
    return fail(exchange.headers['x-auth-token'] === undefined ? 'NoCredentials' : 'TokenRefused')
  }
  if (!authorization.startsWith(BEFORE_PARTS)) return fail('SignatureWrong')
  const read = readAuthorization(authorization.slice(BEFORE_PARTS.length), 'Access')
  if (read === undefined) return fail('SignatureWrong')
  const date = exchange.headers['x-sdk-date']
  const time = typeof date === 'string' ? parseBasicTimestamp(date) : undefined
  const { signer: accessKeyId, signedHeaders, signature } = read
  if (typeof date !== 'string' || time === undefined) return fail('SignatureWrong', accessKeyId)
  if (Math.abs(clock.wall() - time) > CLOCK_WINDOW) return fail('SignatureExpired', accessKeyId)
  return { accessKeyId, securityToken: tokenOf(exchange), signedHeaders, signature, date }
}

/**
 * Verifies an SDK-HMAC-SHA256 signature (reference/huawei-iam.md H). Equal signatures are legal on this wire: it has no
 * nonce. Raises what `findAccessKey` raises.
 */
export function authenticate(
  exchange: Exchange,
  with_: Authenticator,
): MaybePromise<Authenticated | Failure> {
  const claim = readClaim(exchange, with_.clock)
  if ('failure' in claim) return claim
  return whenReady(identify(with_.findAccessKey, claim), (found) => judge(exchange, with_, claim, found))
}

function judge(
  exchange: Exchange,
  with_: Authenticator,
  claim: Claim,
  { credential, refused }: Identified,
): MaybePromise<Authenticated | Failure> {
  const { accessKeyId } = claim
  if (credential === undefined) return fail(REFUSED[refused], accessKeyId)
  const query = verify(exchange, claim, credential)
  if (query === undefined) {
    if (!with_.lock.failed(accessKeyId, exchange.sourceAddress)) return fail('SignatureWrong', accessKeyId)
    return with_.lock.slowly().then(() => fail('KeyLocked', accessKeyId))
  }
  with_.lock.succeeded(accessKeyId, exchange.sourceAddress)
  // A permanent key that came with a token: whose signature is wrong is told that, and counted.
  return refused === undefined ? { credential, query } : fail(REFUSED[refused], accessKeyId)
}

/** What this wire says of a claim that is nobody's. */
const REFUSED: Readonly<Record<ClaimRefusal, FailureCode>> = {
  unknown: 'KeyUnknown',
  inactive: 'KeyInactive',
  'token-missing': 'TokenRefused',
  'token-malformed': 'TokenRefused',
  'token-mismatch': 'TokenRefused',
  'token-expired': 'TokenRefused',
}

/**
 * The security token; an empty header is none. It need not be signed (the Go clients add it after signing): a token is
 * sealed by this service and names its access key, so it proves itself.
 */
function tokenOf({ headers }: Exchange): string | undefined {
  const token = headers['x-security-token']
  return typeof token === 'string' && token !== '' ? token : undefined
}

/** The parsed query when the signature holds. */
function verify(exchange: Exchange, claim: Claim, credential: AccessKeyCredential): Pair[] | undefined {
  const query = parsePairs(exchange.query)
  const lines = headerLines(exchange, claim.signedHeaders)
  if (query === undefined || lines === undefined) return undefined
  const bodyHash = bodySha256(exchange.body)
  // A client may send the hash that it signed. It must be the real one: UNSIGNED-PAYLOAD is not accepted.
  const sentHash = exchange.headers['x-sdk-content-sha256']
  if (sentHash !== undefined && sentHash !== bodyHash) return undefined
  const queries = canonicalQueries(sortPairs(query))
  for (const path of canonicalPaths(exchange.path)) {
    for (const sorted of queries) {
      const text = canonicalRequest(exchange.method, path, sorted, lines, claim.signedHeaders, bodyHash)
      if (sameDigest(hmacSha256Hex(credential.secret, stringToSign(claim.date, text)), claim.signature))
        return query
    }
  }
  return undefined
}

/**
 * The canonical header lines of the signed headers, in the order of the list; undefined unless all of them are there and
 * the date is one of them.
 *
 * INVARIANT: only `x-sdk-date` is demanded. The Go clients and Terraform sign neither `host` nor what they add later
 * (project, domain, token), so nothing may be granted for such a header: a project or domain only refuses what is not
 * the caller's own, and nothing is read from `host`.
 */
function headerLines(exchange: Exchange, list: string): string | undefined {
  const names = list === lastList ? lastNames : signedNames(list)
  return names && signedLines(exchange.headers, names)
}

let lastList = ''
let lastNames: readonly string[] = []

/** The names of a list; a client sends the same one with every call: the last that was good is kept. */
function signedNames(list: string): readonly string[] | undefined {
  const names = list.split(';', MAX_SIGNED_HEADERS + 1)
  // Each once: a list that names one long header again and again would be many times the bytes that were sent.
  if (names.length > MAX_SIGNED_HEADERS || new Set(names).size !== names.length) return undefined
  if (!names.includes('x-sdk-date')) return undefined
  lastList = list
  lastNames = names
  return names
}
