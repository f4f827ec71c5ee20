import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testKeyring } from '../crypto/testing/keyring.ts'
import { openText, sealText } from './sealed-text.ts'

const purpose = 'security-tokens'
const key = testKeyring()
const other = testKeyring()

describe('a sealed text', () => {
  it('comes back as it was, under its own key alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wellFormed = text.toWellFormed()
        const sealed = sealText(key, purpose, wellFormed)
        expect(openText(key, purpose, sealed)).toBe(wellFormed)
        expect(openText(other, purpose, sealed)).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  it('is none with any one bit changed, cut, lengthened or written in another way', () => {
    const bytes = Buffer.from(sealText(key, purpose, 'a session of the role `worker`'), 'base64')
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 << (at % 8)
      expect(openText(key, purpose, changed.toString('base64'))).toBeUndefined()
      expect(openText(key, purpose, bytes.subarray(0, at).toString('base64'))).toBeUndefined()
    }
    const sealed = bytes.toString('base64')
    for (const variant of [`${sealed} `, `${sealed}AAAA`, bytes.toString('base64url'), `\n${sealed}`, '']) {
      expect(variant === sealed ? undefined : openText(key, purpose, variant)).toBeUndefined()
    }
  })

  it('never seals alike twice, and does not unfold beyond its bound', () => {
    expect(sealText(key, purpose, 'x')).not.toBe(sealText(key, purpose, 'x'))
    expect(openText(key, purpose, sealText(key, purpose, 'x'.repeat(60_000)))).toHaveLength(60_000)
    expect(openText(key, purpose, sealText(key, purpose, 'x'.repeat(70_000)))).toBeUndefined()
  })
})
