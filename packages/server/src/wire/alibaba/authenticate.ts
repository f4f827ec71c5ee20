import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { AccessKeyCredential } from '../../identity/principal.ts'
import type { FindAccessKey, FoundAccessKey, TokenRefusal } from '../../pipeline/answer.ts'
import type { Nonce } from '../../pipeline/connection.ts'
import { CLOCK_WINDOW, parseTimestamp } from '../timestamp.ts'
import { type Failure, fail } from './failures.ts'
import type { RpcRequest } from './request.ts'
import type { Claim, Scheme, Scope } from './schemes/scheme.ts'
import { checkScope } from './schemes/scope.ts'

/** A request whose signature holds. Whether its nonce is fresh is for the audit to say. */
export interface Authenticated {
  readonly action: string
  readonly version: string
  readonly credential: AccessKeyCredential
  readonly nonce: Nonce
  readonly scope: Scope | undefined
}

/** A claim whose form and time are good, by the scheme that will verify it. */
export interface Candidate {
  readonly scheme: Scheme
  readonly claim: Claim
  /** Milliseconds since the epoch. */
  readonly signedAt: number
}

/** No access key id is longer; what is longer is not looked up. */
const LONGEST_ID = 128

/** The checks that need no credential: scheme, required parts, format and window of the timestamp, scope. */
export function readClaim(
  request: RpcRequest,
  scheme: Scheme,
  clock: Clock,
  ownRegion: string,
): Candidate | Failure {
  const authorization = request.exchange.headers.authorization
  const claim = scheme.claim(request, authorization)
  if ('failure' in claim) return claim
  const signedAt = parseTimestamp(claim.timestamp)
  if (signedAt === undefined) return fail('InvalidTimeStamp.Format')
  // The window is on the machine's clock: a test clock must not open it.
  if (Math.abs(clock.wall() - signedAt) > CLOCK_WINDOW) return fail('InvalidTimeStamp.Expired')
  return checkScope(claim, request.exchange, ownRegion) ?? { scheme, claim, signedAt }
}

/**
 * The checks against the access key, in the order of reference/alibaba-ram.md E.1: known, active, token, signature.
 * Raises what `findAccessKey` raises.
 */
export async function authenticate(
  request: RpcRequest,
  candidate: Candidate,
  findAccessKey: FindAccessKey,
): Promise<Authenticated | Failure> {
  const { claim } = candidate
  if (claim.accessKeyId.length > LONGEST_ID) return fail('InvalidAccessKeyId.NotFound')
  const found = findAccessKey(claim.accessKeyId, claim.securityToken)
  const credential = found instanceof Promise ? await found : found
  return check(request, candidate, credential)
}

function check(
  request: RpcRequest,
  { scheme, claim, signedAt }: Candidate,
  credential: FoundAccessKey,
): Authenticated | Failure {
  if (credential === undefined) return fail('InvalidAccessKeyId.NotFound')
  if ('token' in credential) return fail(TOKEN_REFUSED[credential.token])
  if (!credential.active) return fail('InvalidAccessKeyId.Inactive')
  if (claim.securityToken !== undefined && credential.caller.session === undefined)
    return tokenOfPermanentKey(claim.securityToken)
  const refused = scheme.verify(request, claim, credential)
  if (refused !== undefined) return refused
  const nonce = nonceOf(claim.accessKeyId, claim.nonce, signedAt)
  return { action: claim.action, version: claim.version, credential, nonce, scope: claim.scope }
}

/** What is wrong with the token of a temporary key (reference/alibaba-ram.md F.2). */
const TOKEN_REFUSED: Readonly<Record<TokenRefusal['token'], Failure['failure']>> = {
  missing: 'MissingSecurityToken',
  malformed: 'InvalidSecurityToken.Malformed',
  mismatch: 'InvalidSecurityToken.MismatchWithAccessKey',
  expired: 'InvalidSecurityToken.Expired',
}

/** A permanent key has no token: one that comes with it belongs to another key, or is no token at all. */
function tokenOfPermanentKey(token: string): Failure {
  const wellFormed = token.length <= 8192 && /^[A-Za-z0-9+/=_.-]+$/.test(token)
  return fail(wellFormed ? 'InvalidSecurityToken.MismatchWithAccessKey' : 'InvalidSecurityToken.Malformed')
}

/**
 * The identity of a request. Access key ids have no line feed, so id and nonce cannot be shifted into one another. The
 * bucket comes from the signed timestamp, so a replay falls into the same one whenever it arrives.
 */
export function nonceOf(accessKeyId: string, nonce: string, signedAt: number): Nonce {
  return {
    bucket: Math.floor(signedAt / 60_000),
    id: hash('sha256', `${accessKeyId}\n${nonce}`, 'buffer').subarray(0, 16),
  }
}
