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
        const plain = new Map<string, number>()
        for (const { do: what, bucket, number } of steps) {
          const name = `${bucket} ${number}`
          if (what === 'add') {
            expect(set.add(bucket, idOf(number))).toBe(!plain.has(name))
            plain.set(name, bucket)
          } else if (what === 'remove') {
            set.remove(bucket, idOf(number))
            plain.delete(name)
          } else {
            set.purge(bucket)
            for (const [key, held] of plain) if (held < bucket) plain.delete(key)
          }
        }
        for (const name of plain.keys()) {
          const [bucket, number] = name.split(' ').map(Number) as [number, number]
          expect(set.add(bucket, idOf(number))).toBe(false)
        }
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

  it('knows the id that begins with nothing', () => {
    const set = createNonceSet()
    expect(set.add(1, new Uint8Array(16))).toBe(true)
    expect(set.add(1, new Uint8Array(16))).toBe(false)
  })
})
