import { describe, expect, it } from 'vitest'
import { bodySha256, EMPTY_SHA256, sameDigest, sha256Hex } from './digest.ts'

describe('digests', () => {
  it('of nothing is the constant', () => {
    expect(sha256Hex('')).toBe(EMPTY_SHA256)
    expect(bodySha256(Buffer.alloc(0))).toBe(EMPTY_SHA256)
    expect(bodySha256(Buffer.from('a'))).toBe(sha256Hex('a'))
  })

  it('are the same only as the same text', () => {
    const digest = sha256Hex('x')
    expect(sameDigest(digest, digest)).toBe(true)
    expect(sameDigest(digest, digest.toUpperCase())).toBe(false)
    expect(sameDigest(digest, digest.slice(1))).toBe(false)
    expect(sameDigest(digest, '')).toBe(false)
    expect(sameDigest(digest, `${digest}0`)).toBe(false)
    for (let i = 0; i < digest.length; i++) {
      const flipped = digest.slice(0, i) + (digest[i] === '0' ? '1' : '0') + digest.slice(i + 1)
      expect(sameDigest(digest, flipped)).toBe(false)
      // The low byte of such a character is the right one.
      const wide =
        digest.slice(0, i) + String.fromCharCode(digest.charCodeAt(i) + 0x100) + digest.slice(i + 1)
      expect(sameDigest(digest, wide)).toBe(false)
    }
  })
})
