import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Lower-case hex SHA-256 of nothing: the body hash of most calls. */
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/** Body hash of a request, without hashing when there is no body. */
export function bodySha256(body: Uint8Array): string {
  return body.length === 0 ? EMPTY_SHA256 : sha256Hex(body)
}

export function hmacSha256Hex(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

export function hmacSha1Base64(key: KeyObject, text: string): string {
  return createHmac('sha1', key).update(text).digest('base64')
}

/** Bytes of the longest digest text compared, 64 hex digits, in UTF-16. */
const LONGEST = 128
const ours = Buffer.alloc(LONGEST)
const theirs = Buffer.alloc(LONGEST)

/**
 * Compares the text of a digest with a claimed one in time that depends on the length alone. The length of a digest is
 * no secret. Compared as text, so that a signature has one spelling, and in UTF-16, in which no character is cut to
 * another.
 */
export function sameDigest(expected: string, claimed: string): boolean {
  const bytes = expected.length * 2
  if (claimed.length !== expected.length || bytes > LONGEST) return false
  // The end of a longer text that was compared before is not compared again.
  if (bytes < LONGEST) {
    ours.fill(0)
    theirs.fill(0)
  }
  ours.write(expected, 0, 'utf16le')
  theirs.write(claimed, 0, 'utf16le')
  return timingSafeEqual(ours, theirs)
}
