import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextAad, readBlob, writeBlob } from './blob.ts'

const versionId = '0b8b4a8e-53b0-4b0f-8b3e-0d7b1a6c9f10'

describe('ciphertext blob', () => {
  it('puts a 44-character data key into 108 bytes, as the published sample has', () => {
    const text = writeBlob({
      versionId,
      iv: new Uint8Array(12),
      ciphertext: new Uint8Array(44),
      tag: new Uint8Array(16),
    })
    expect(Buffer.from(text, 'base64')).toHaveLength(36 + 12 + 44 + 16)
    expect(text).toHaveLength(144)
  })

  it('reads what it wrote', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes(12), fc.uint8Array({ maxLength: 300 }), bytes(16), (iv, ciphertext, tag) => {
        const blob = readBlob(writeBlob({ versionId, iv, ciphertext, tag }))
        expect(blob.versionId).toBe(versionId)
        expect([...blob.iv]).toEqual([...iv])
        expect([...blob.ciphertext]).toEqual([...ciphertext])
        expect([...blob.tag]).toEqual([...tag])
      }),
    )
  })

  it.each([
    ['empty', ''],
    ['not Base64', '****'],
    ['too short for a header', Buffer.alloc(48).toString('base64')],
    ['a header without a version id', Buffer.alloc(108).toString('base64')],
    [
      'Base64 with trailing characters',
      `${writeBlob({ versionId, iv: new Uint8Array(12), ciphertext: new Uint8Array(3), tag: new Uint8Array(16) })}!`,
    ],
  ])('refuses %s', (_what, text) => {
    expect(() => readBlob(text)).toThrow(
      expect.objectContaining({ problem: { code: 'InvalidParameter', name: 'CiphertextBlob' } }),
    )
  })
})

describe('encryption context as associated data', () => {
  const context = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 })

  it('does not depend on the order of the pairs', () => {
    fc.assert(
      fc.property(context, (pairs) => {
        const reversed = Object.fromEntries(Object.entries(pairs).reverse())
        expect(Buffer.from(contextAad(reversed))).toEqual(Buffer.from(contextAad(pairs)))
      }),
    )
  })

  it('differs for different contexts, also where a joined text would not', () => {
    expect(contextAad({ a: 'b&c=d' })).not.toEqual(contextAad({ a: 'b', c: 'd' }))
    fc.assert(
      fc.property(context, context, (one, other) => {
        const same = Buffer.from(contextAad(one)).equals(Buffer.from(contextAad(other)))
        const sorted = (pairs: Record<string, string>) => JSON.stringify(Object.entries(pairs).sort())
        expect(same).toBe(sorted(one) === sorted(other))
      }),
    )
  })

  it('is empty without a context', () => {
    expect(contextAad(undefined)).toHaveLength(0)
    expect(contextAad({})).toHaveLength(0)
  })
})
