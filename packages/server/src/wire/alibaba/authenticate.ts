import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { type MaybePromise, whenReady } from '../../base/when-ready.ts'
import { type ClaimRefusal, type FindAccessKey, type Identified, identify } from '../../identity/identify.ts'
import type { AccessKeyCredential } from '../../identity/principal.ts'
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
export function authenticate(
  request: RpcRequest,
  candidate: Candidate,
  findAccessKey: FindAccessKey,
): MaybePromise<Authenticated | Failure> {
  return whenReady(identify(findAccessKey, candidate.claim), (found) => verify(request, candidate, found))
}

function verify(
  request: RpcRequest,
  { scheme, claim, signedAt }: Candidate,
  { credential, refused }: Identified,
): Authenticated | Failure {
  if (refused !== undefined) return fail(REFUSED[refused])
  const wrong = scheme.verify(request, claim, credential)
  if (wrong !== undefined) return wrong
  const nonce = nonceOf(claim.accessKeyId, claim.nonce, signedAt)
  return { action: claim.action, version: claim.version, credential, nonce, scope: claim.scope }
}

/** What this wire says of a claim that is nobody's (reference/alibaba-ram.md F.2). */
const REFUSED: Readonly<Record<ClaimRefusal, Failure['failure']>> = {
  unknown: 'InvalidAccessKeyId.NotFound',
  inactive: 'InvalidAccessKeyId.Inactive',
  'token-missing': 'MissingSecurityToken',
  'token-malformed': 'InvalidSecurityToken.Malformed',
  'token-mismatch': 'InvalidSecurityToken.MismatchWithAccessKey',
  'token-expired': 'InvalidSecurityToken.Expired',
}

/**
 * The identity of a request. Access key ids have no line feed, so id and nonce cannot be shifted into one another. The
 * bucket comes from the signed timestamp, so a replay falls into the same one whenever it arrives.
 */
export function nonceOf(accessKeyId: string, nonce: string, signedAt: number): Nonce {
  return {
    bucket: Math.floor(signedAt / 60_000),
    // Through text, so that its bytes come from the pool of buffers: memory of its own costs more than the hash.
    id: Buffer.from(hash('sha256', `${accessKeyId}\n${nonce}`, 'latin1').slice(0, 16), 'latin1'),
  }
}
