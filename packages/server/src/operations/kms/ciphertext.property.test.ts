import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const context = fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), { maxKeys: 3 })
const text = fc.string({ maxLength: 60 })
const sorted = (pairs: Record<string, string>) => JSON.stringify(Object.entries(pairs).sort())
const keys: string[] = []
const someKey = fc.nat({ max: 2 })

describe('a ciphertext', () => {
  beforeAll(async () => {
    for (const KeySpec of ['Aliyun_AES_256', 'Aliyun_AES_128', 'Aliyun_SM4']) {
      const KeyId = await fixture.key({ KeySpec })
      keys.push(KeyId)
      fixture.days(8)
      await fixture.ok('CreateKeyVersion', { KeyId })
    }
  })
  const seal = async (key: number, Plaintext: string, EncryptionContext: Record<string, string>) =>
    (await fixture.ok('Encrypt', { KeyId: keys[key], Plaintext, EncryptionContext })).CiphertextBlob as string
  const opens = async (CiphertextBlob: string, EncryptionContext: object) => {
    const answer = await fixture.call(fixture.root, 'Decrypt', { CiphertextBlob, EncryptionContext })
    if (!answer.ok) expect(['InvalidParameter', 'KeyNotFound']).toContain(answer.problem.code)
    return answer.ok ? answer.output.Plaintext : undefined
  }

  it('opens under its context alone', () =>
    fc.assert(
      fc.asyncProperty(someKey, text, context, context, async (key, plaintext, one, other) => {
        const blob = await seal(key, plaintext, one)
        expect(await opens(blob, one)).toBe(plaintext)
        const reversed = Object.fromEntries(Object.entries(one).reverse())
        expect(await opens(blob, reversed)).toBe(plaintext)
        if (sorted(one) !== sorted(other)) expect(await opens(blob, other)).toBeUndefined()
      }),
      { numRuns: 200 },
    ))

  it('does not open with any bit flipped, or cut', () =>
    fc.assert(
      fc.asyncProperty(someKey, text, fc.nat(), fc.nat({ max: 7 }), async (key, plaintext, at, bit) => {
        const bytes = Buffer.from(await seal(key, plaintext, {}), 'base64')
        const flipped = Buffer.from(bytes)
        flipped[at % bytes.length]! ^= 1 << bit
        expect(await opens(flipped.toString('base64'), {})).toBeUndefined()
        expect(
          await opens(bytes.subarray(0, at % bytes.length).toString('base64') || 'AAAA', {}),
        ).toBeUndefined()
      }),
      { numRuns: 200 },
    ))

  it('does not open under another version, of its own key or of another', async () => {
    const versions: { key: number; id: string }[] = []
    for (const [key, KeyId] of keys.entries()) {
      const { KeyVersions } = await fixture.ok('ListKeyVersions', { KeyId })
      for (const one of KeyVersions.KeyVersion) versions.push({ key, id: one.KeyVersionId })
    }
    expect(versions).toHaveLength(6)
    for (const [key] of keys.entries()) {
      const bytes = Buffer.from(await seal(key, 'text', {}), 'base64')
      const own = bytes.toString('latin1', 0, 36)
      for (const { id } of versions) {
        bytes.write(id, 0, 'latin1')
        expect(await opens(bytes.toString('base64'), {})).toBe(id === own ? 'text' : undefined)
      }
    }
  })

  it('is never the same twice', async () => {
    const blobs = new Set<string>()
    for (let i = 0; i < 200; i += 1) blobs.add(await seal(0, 'text', {}))
    expect(blobs.size).toBe(200)
  })
})
