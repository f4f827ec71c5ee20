import { sha256Hex } from '../../digest.ts'
import { type Failure, fail } from '../failures.ts'
import { echo } from './scheme.ts'

/**
 * The canonical request of ACS3 and ACS4 (reference/alibaba-ram.md E.1). `headerLines` has one `name:value\n` a signed
 * header, in the order of `signedHeaders`.
 */
export function canonicalRequest(
  method: string,
  query: string,
  headerLines: string,
  signedHeaders: string,
  bodyHash: string,
): string {
  return `${method}\n/\n${query}\n${headerLines}\n${signedHeaders}\n${bodyHash}`
}

/** The text that ACS3 and ACS4 sign. */
export function stringToSign(algorithm: string, canonical: string): string {
  return `${algorithm}\n${sha256Hex(canonical)}`
}

/** The refusal of a wrong signature, with both texts in the vendor's places: clients compare them with their own. */
export function mismatch(text: string, canonical: string): Failure {
  return fail('SignatureDoesNotMatch', {
    reason: `${MISMATCH} server StringToSign is [${text}] server CanonicalRequest is [${echo(canonical)}]`,
  })
}

/** The refusal of a Credential scope that no signature of this request can have. */
export function scopeMismatch(what: string): Failure {
  return fail('SignatureDoesNotMatch', { reason: `${MISMATCH} ${what}` })
}

const MISMATCH = 'Specified signature does not match our calculation.'
