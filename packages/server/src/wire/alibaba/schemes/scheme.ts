import type { Claim as Identity } from '../../../identity/identify.ts'
import type { AccessKeyCredential } from '../../../identity/principal.ts'
import type { Failure } from '../failures.ts'
import type { RpcRequest } from '../request.ts'

/** What a request claims about itself, in the words of its signature scheme. Nothing of it is believed yet. */
export interface Claim extends Identity {
  readonly action: string
  readonly version: string
  /** As sent; the format is checked later. */
  readonly timestamp: string
  readonly nonce: string
  /** As sent. */
  readonly signature: string
  /** The list of signed header names as sent; empty where the scheme signs none. */
  readonly signedHeaders: string
  /** What the signing key was derived for; absent where a scheme signs with the secret itself. */
  readonly scope?: Scope
}

/** The part of a Credential behind the access key, as sent. */
export interface Scope {
  /** `yyyyMMdd`. */
  readonly date: string
  readonly region: string
  readonly product: string
}

/**
 * A way to sign a request: a row of the table in `table.ts`.
 *
 * INVARIANT: `verify` covers every part of the request that `claim` or the operation's input is read from.
 */
export interface Scheme {
  readonly name: string
  /** Whether it signs the parameters of a form, which must then be read first; else it signs the bytes of the body. */
  readonly signsForm: boolean
  /** Whether a request with this `Authorization` uses this scheme. */
  recognises(authorization: string | undefined): boolean
  claim(request: RpcRequest, authorization: string | undefined): Claim | Failure
  /** Undefined when the signature holds. */
  verify(request: RpcRequest, claim: Claim, credential: AccessKeyCredential): Failure | undefined
}

/** Beyond this many characters a text to sign is not repeated to the caller. */
const LONGEST_ECHO = 256 * 1024

/** A text to sign as the answer shows it. Clients compare it with their own (reference/clients.md). */
export function echo(text: string): string {
  return text.length <= LONGEST_ECHO ? text : `${text.slice(0, LONGEST_ECHO)}...`
}
