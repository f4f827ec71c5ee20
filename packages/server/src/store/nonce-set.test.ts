import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNonceSet } from './nonce-set.ts'

const idOf = (number: number) => createHash('sha256').update(String(number)).digest().subarray(0, 16)

describe('nonces in memory', () => {
  it('holds what a plain set holds, through any order of adding, removing and purging', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('add'), bucket: fc.nat(3), number: fc.nat(400) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('remove'), bucket: fc.nat(3), number: fc.nat(400) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('purge'), bucket: fc.nat(3), number: fc.constant(0) }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2000, size: 'max' }), (steps) => {
        const set = createNonceSet()
        const plain = new Map<number, number>()
        let floor = 0
        for (const { do: what, bucket, number } of steps) {
          if (what === 'add') {
            const fresh = bucket >= floor && !plain.has(number)
            expect(set.add(bucket, idOf(number))).toBe(fresh)
            if (fresh) plain.set(number, bucket)
          } else if (what === 'remove') {
            set.remove(bucket, idOf(number))
            if (plain.get(number) === bucket) plain.delete(number)
          } else {
            set.raise(bucket)
            set.purge()
            floor = Math.max(floor, bucket)
            for (const [key, held] of plain) if (held < floor) plain.delete(key)
          }
        }
        for (const number of plain.keys()) expect(set.add(9, idOf(number))).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  it('finds ids that want the same slot, also after one between them has gone', () => {
    const id = (low: number) => {
      const bytes = Buffer.alloc(16)
      bytes.writeUInt32BE(7, 0)
      bytes.writeUInt32BE(low, 4)
      return bytes
    }
    const set = createNonceSet()
    for (let low = 1; low <= 10; low += 1) expect(set.add(1, id(low))).toBe(true)
    set.remove(1, id(4))
    for (let low = 1; low <= 10; low += 1) expect(set.add(1, id(low))).toBe(low === 4)
  })

  it('stays cheap with a full window of them', () => {
    const set = createNonceSet()
    const perMinute = 2000
    for (let i = 0; i < 40 * perMinute; i += 1) set.add(Math.floor(i / perMinute), idOf(i))
    const ids = Array.from({ length: 5000 }, (_, i) => idOf(-1 - i))
    const began = performance.now()
    for (const id of ids) set.add(39, id)
    // A few microseconds each; the bound is for a machine that has much else to do.
    expect((performance.now() - began) / ids.length).toBeLessThan(0.1)
  })

  it('knows the id that begins with nothing', () => {
    const set = createNonceSet()
    expect(set.add(1, new Uint8Array(16))).toBe(true)
    expect(set.add(1, new Uint8Array(16))).toBe(false)
  })
})
