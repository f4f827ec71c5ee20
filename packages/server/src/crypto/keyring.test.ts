import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyring, isKeyedDigest, keyedDigest } from './keyring.ts'
import { CARRYING, openState, sealState } from './keyring-state.ts'
import { createRootKey } from './root-key.ts'
import { generationOf, sealOverhead } from './sealed-bytes.ts'
import { testKeyring, testState } from './testing/keyring.ts'

const label = { what: 'key-material', owner: '1', id: 'k', version: 'v' }
const unreadable = expect.objectContaining({ problem: expect.objectContaining({ code: 'Unavailable' }) })
const one = randomBytes(32)
const two = randomBytes(32)
const both = [
  { number: 1, secret: one },
  { number: 2, secret: two },
]

describe('a keyring', () => {
  it('names the generation in what it seals, and opens what every generation sealed', () => {
    const ring = createKeyring(testState(one))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const sealed = ring.seal(bytes, label)
        expect(generationOf(sealed)).toBe(1)
        expect(sealed).toHaveLength(bytes.length + sealOverhead(1))
        expect([...ring.open(sealed, label)]).toEqual([...bytes])
      }),
    )
    const first = ring.seal(Buffer.from('first'), label)
    ring.replace({ current: 2, carriedUntil: 0, generations: both })
    const second = ring.seal(Buffer.from('second'), label)
    expect([generationOf(first), generationOf(second)]).toEqual([1, 2])
    expect(ring.open(first, label).toString()).toBe('first')
    expect(ring.open(second, label).toString()).toBe('second')
    expect(() => testKeyring(one).open(second, label)).toThrow(unreadable)
  })

  it('opens nothing whose bits, generation among them, were changed', () => {
    const ring = createKeyring({ current: 1, carriedUntil: CARRYING, generations: both })
    const sealed = Buffer.from(ring.seal(Buffer.from('material'), label))
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = Buffer.from(sealed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => ring.open(flipped, label)).toThrow(unreadable)
    }
    for (const nothing of [
      new Uint8Array(0),
      Uint8Array.of(2),
      Uint8Array.of(2, 0, 0, 0, 0, 1),
      sealed.subarray(0, 20),
    ]) {
      expect(() => ring.open(nothing, label)).toThrow(unreadable)
    }
  })

  it('opens what the root key itself sealed while it is carried over and for a while, and then no more', () => {
    const old = randomBytes(32)
    const sealed = createRootKey(old).seal(Buffer.from('material'), label)
    let now = 0
    const state = (carriedUntil: number) => ({
      current: 1,
      carriedUntil,
      generations: [
        { number: 0, secret: old },
        { number: 1, secret: one },
      ],
    })
    const ring = createKeyring(state(CARRYING), { now: () => now })
    expect(ring.open(sealed, label).toString()).toBe('material')
    ring.replace(state(1000))
    now = 999
    expect(ring.open(sealed, label).toString()).toBe('material')
    now = 1000
    expect(() => ring.open(sealed, label)).toThrow(unreadable)
  })

  it('asks before each message, also of a purpose that encrypts, and tells what it has not', () => {
    const spent: number[] = []
    const missed: number[] = []
    const ring = createKeyring(testState(one), {
      uses: { spend: (number) => spent.push(number), missed: (number) => missed.push(number) },
    })
    ring.seal(new Uint8Array(1), label)
    ring.keyFor('security-tokens')
    ring.keyFor('diagnostic-messages')
    ring.keyFor('audit')
    expect(spent).toEqual([1, 1, 1])
    const later = createKeyring({ current: 2, carriedUntil: 0, generations: both }).seal(two, label)
    expect(() => ring.open(later, label)).toThrow(unreadable)
    expect(missed).toEqual([2])
  })

  it('keeps one key for what must compare alike, and digests that name their generation', () => {
    const ring = createKeyring(testState(one))
    const stable = ring.stableKey('audit-digests')
    const digest = keyedDigest(ring, 'audit', 'a', Buffer.from('b'))
    ring.replace({ current: 2, carriedUntil: 0, generations: both })
    expect(ring.stableKey('audit-digests').equals(stable)).toBe(true)
    expect(keyedDigest(ring, 'audit', 'ab').equals(digest)).toBe(false)
    expect(isKeyedDigest(ring, digest, 'audit', 'ab')).toBe(true)
    expect(isKeyedDigest(ring, digest, 'audit', 'abc')).toBe(false)
    expect(isKeyedDigest(ring, digest.subarray(4), 'audit', 'ab')).toBe(false)
    expect(isKeyedDigest(ring, digest.subarray(1), 'audit', 'ab')).toBe(false)
  })
})

describe('the row of a keyring', () => {
  const rootKey = createRootKey(randomBytes(32))
  const state = { current: 2, carriedUntil: 7, generations: both }

  it('holds it whole, under one root key and in one version', () => {
    const sealed = sealState(rootKey, 5, state)
    const found = openState(rootKey, 5, sealed)
    expect(found).toMatchObject({ current: 2, carriedUntil: 7 })
    expect(found.generations.map(({ number, secret }) => [number, [...secret]])).toEqual([
      [1, [...one]],
      [2, [...two]],
    ])
    expect(() => openState(rootKey, 4, sealed)).toThrow(unreadable)
    expect(() => openState(createRootKey(randomBytes(32)), 5, sealed)).toThrow(unreadable)
    expect(Buffer.from(sealed).includes(one)).toBe(false)
  })
})
