import { whenReady } from '../base/when-ready.ts'
import type { AccessKeyCredential } from './principal.ts'

/** Who a request says that it comes from, as a wire read it. Nothing of it is believed until the signature holds. */
export interface Claim {
  readonly accessKeyId: string
  /** Undefined when absent or empty. */
  readonly securityToken: string | undefined
}

/** Why a security token does not make its access key good. */
export interface TokenRefusal {
  readonly token: 'missing' | 'malformed' | 'mismatch' | 'expired'
}

/**
 * How a credential is found: by the access key id that a signature names and, for a temporary one, the security token
 * that came with it. Undefined when the id is unknown. Raises `Unavailable`.
 */
export type FindAccessKey = (id: string, securityToken?: string) => FoundAccessKey | Promise<FoundAccessKey>

export type FoundAccessKey = AccessKeyCredential | TokenRefusal | undefined

/** Why a claim is nobody's who may call. Each wire has its words for it. */
export type ClaimRefusal = 'unknown' | 'inactive' | `token-${TokenRefusal['token']}`

/**
 * What comes of a claim: the credential to verify the signature with, or why there is none.
 *
 * Both are there for a permanent access key that came with a security token: it is refused in any case, and its wire
 * says whether before the signature is verified or after.
 */
export type Identified =
  | { readonly credential: AccessKeyCredential; readonly refused?: ClaimRefusal }
  | { readonly credential?: undefined; readonly refused: ClaimRefusal }

/** No access key id is longer; what is longer is not looked up. */
const LONGEST_ID = 128
const LONGEST_TOKEN = 8192

/**
 * Who a claim names, and whether access key, user and session are good: the same for every wire. Answers without a promise
 * when everything is in memory. Raises what `find` raises.
 *
 * INVARIANT: a credential without `refused` is active, and its token, if it has one, is its own and not expired. The caller
 * is still nobody until the wire has verified the signature.
 */
export function identify(find: FindAccessKey, claim: Claim): Identified | Promise<Identified> {
  if (claim.accessKeyId.length > LONGEST_ID) return UNKNOWN
  const found = find(claim.accessKeyId, claim.securityToken)
  return whenReady(found, (one) => judge(one, claim))
}

const UNKNOWN: Identified = Object.freeze({ refused: 'unknown' })
const INACTIVE: Identified = Object.freeze({ refused: 'inactive' })

function judge(found: FoundAccessKey, { securityToken }: Claim): Identified {
  if (found === undefined) return UNKNOWN
  if ('token' in found) return { refused: `token-${found.token}` }
  if (!found.active) return INACTIVE
  if (securityToken === undefined || found.caller.session !== undefined) return { credential: found }
  return { credential: found, refused: tokenOfPermanentKey(securityToken) }
}

/** A permanent key has no token: one that comes with it belongs to another key, or is no token at all. */
function tokenOfPermanentKey(token: string): ClaimRefusal {
  const wellFormed = token.length <= LONGEST_TOKEN && /^[A-Za-z0-9+/=_.-]+$/.test(token)
  return wellFormed ? 'token-mismatch' : 'token-malformed'
}
