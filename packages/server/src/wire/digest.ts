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

/** Longest digest text compared: 64 hex digits. */
const ours = Buffer.alloc(64)
const theirs = Buffer.alloc(64)

/**
 * Compares the text of a digest with a claimed one in time that depends on the length alone. The length of a digest is
 * no secret. Compared as text, so that a signature has one spelling.
 */
export function sameDigest(expected: string, claimed: string): boolean {
  const length = expected.length
  if (claimed.length !== length || length > 64) return false
  ours.fill(0)
  theirs.fill(0)
  ours.write(expected, 0, 'latin1')
  // A character beyond latin1 would be cut to its low byte and could pass for another.
  for (let i = 0; i < length; i++) if (claimed.charCodeAt(i) > 0x7f) return false
  theirs.write(claimed, 0, 'latin1')
  return timingSafeEqual(ours, theirs)
}
