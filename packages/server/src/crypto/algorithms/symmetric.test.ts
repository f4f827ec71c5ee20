import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { nextIv } from './iv.ts'
import type { CipherKey, MacKey, Sealed } from './key-spec.ts'
import { keySpecs } from './key-specs.ts'
import { decrypt, encrypt, generateMac, verifyMac } from './secret-keys.ts'
import { testKey } from './testing/keys.ts'

const SPECS = keySpecs().filter((spec) => spec.kind === 'cipher')
const keys = new Map<string, readonly [CipherKey, CipherKey]>()
beforeAll(async () => {
  for (const { name } of SPECS) keys.set(name, [await key(name), await key(name)])
})
async function key(name: (typeof SPECS)[number]['name']): Promise<CipherKey> {
  return (await testKey(name)) as CipherKey
}

const bytes = fc.uint8Array({ maxLength: 200 })

function refused(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    expect((error as Refusal).problem).toEqual({ code: 'InvalidParameter', name: 'CiphertextBlob' })
    return true
  }
}

describe.each(SPECS.map(({ name }) => name))('%s', (name) => {
  it('opens with its key and its associated data, and with no other', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (plaintext, aad, otherAad) => {
        fc.pre(Buffer.compare(aad, otherAad) !== 0)
        const [own, other] = keys.get(name)!
        const sealed = encrypt(own, plaintext, aad)
        expect(decrypt(own, sealed, aad)).toEqual(Buffer.from(plaintext))
        expect(refused(() => decrypt(other, sealed, aad))).toBe(true)
        expect(refused(() => decrypt(own, sealed, otherAad))).toBe(true)
        if (aad.length > 0) expect(refused(() => decrypt(own, sealed))).toBe(true)
      }),
    )
  })

  it('refuses every flipped bit, of IV, ciphertext, tag and associated data', () => {
    const [own] = keys.get(name)!
    const aad = Buffer.from('context')
    const sealed = encrypt(own, Buffer.from('a message of some bytes'), aad)
    let flips = 0
    const tryFlips = (part: Uint8Array, open: (flipped: Uint8Array) => unknown) => {
      for (let bit = 0; bit < part.length * 8; bit++) {
        const flipped = Uint8Array.from(part)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        if (refused(() => open(flipped))) flips++
      }
    }
    tryFlips(sealed.iv, (iv) => decrypt(own, { ...sealed, iv }, aad))
    tryFlips(sealed.ciphertext, (ciphertext) => decrypt(own, { ...sealed, ciphertext }, aad))
    tryFlips(sealed.tag, (tag) => decrypt(own, { ...sealed, tag }, aad))
    tryFlips(aad, (flipped) => decrypt(own, sealed, flipped))
    expect(flips).toBe((12 + 23 + 16 + 7) * 8)
  })

  it('refuses shortened tags and IVs of other lengths, and anything cut or made up', () => {
    const [own] = keys.get(name)!
    const sealed = encrypt(own, Buffer.from('message'))
    const bad: Sealed[] = [
      ...Array.from({ length: 16 }, (_, length) => ({ ...sealed, tag: sealed.tag.subarray(0, length) })),
      { ...sealed, tag: Buffer.concat([sealed.tag, Buffer.of(0)]) },
      { ...sealed, iv: Buffer.alloc(0) },
      { ...sealed, iv: Buffer.concat([sealed.iv, Buffer.of(0)]) },
      { ...sealed, ciphertext: sealed.ciphertext.subarray(1) },
      { ...sealed, ciphertext: Buffer.alloc(0) },
    ]
    for (const one of bad) expect(refused(() => decrypt(own, one))).toBe(true)
  })
})

describe('IVs', () => {
  it('never repeat, and one that was handed out never changes', () => {
    const ivs = Array.from({ length: 3000 }, () => nextIv())
    const seen = ivs.map((iv) => iv.toString('hex'))
    for (let i = 0; i < 3000; i++) nextIv()
    expect(new Set(seen).size).toBe(3000)
    expect(ivs.map((iv) => iv.toString('hex'))).toEqual(seen)
    expect(ivs.every((iv) => iv.length === 12)).toBe(true)
  })
})

describe.each(keySpecs().filter((spec) => spec.kind === 'mac'))('$name', (spec) => {
  it('accepts its own MAC of the message in full length, and nothing else', async () => {
    const own = (await testKey(spec.name)) as MacKey
    const other = (await testKey(spec.name)) as MacKey
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), (message, otherMessage, at) => {
        const mac = generateMac(own, message)
        expect(mac.length).toBe(spec.material.bytes)
        expect(verifyMac(own, message, mac)).toBe(true)
        expect(verifyMac(other, message, mac)).toBe(false)
        expect(verifyMac(own, otherMessage, mac)).toBe(Buffer.compare(message, otherMessage) === 0)
        const flipped = Buffer.from(mac)
        flipped[at % mac.length]! ^= 1 << (at & 7)
        expect(verifyMac(own, message, flipped)).toBe(false)
        expect(verifyMac(own, message, mac.subarray(0, at % mac.length))).toBe(false)
        expect(verifyMac(own, message, Buffer.concat([mac, Buffer.of(0)]))).toBe(false)
      }),
    )
  })
})
