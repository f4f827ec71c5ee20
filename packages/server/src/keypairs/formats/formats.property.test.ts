import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Algorithm, algorithmNames } from '../algorithms.ts'
import { generateKey } from '../generate.ts'
import type { PrivateKey } from './private-key.ts'
import { parsePublicLine, writePublicLine } from './public-line.ts'
import { readPrivateKey } from './read-private-key.ts'
import { Malformed } from './reading.ts'
import { writePrivateKey } from './write-private-key.ts'

/** How a key is damaged: cut, one bit turned, four bytes made a huge length, or bytes put in. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({
    kind: fc.constant('length' as const),
    at: fc.nat(),
    value: fc.constantFrom(0, 0x7fffffff, 0xffffffff),
  }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  }),
)
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never

function damaged(data: Buffer, how: Damage): Buffer {
  const at = how.at % data.length
  const out = Buffer.from(data)
  if (how.kind === 'cut') return out.subarray(0, at)
  if (how.kind === 'insert') return Buffer.concat([out.subarray(0, at), how.bytes, out.subarray(at)])
  if (how.kind === 'flip') out[at] = (out[at] as number) ^ (1 << how.bit)
  else out.writeUInt32BE(how.value, Math.min(at, out.length - 4))
  return out
}

const keys = new Map<Algorithm, PrivateKey>()
beforeAll(async () => {
  for (const name of algorithmNames) keys.set(name, await generateKey(name))
})
const anyAlgorithm = fc.constantFrom(...algorithmNames)

describe('whatever is done to a key', () => {
  it('a public line is read to the same blob, or refused in words', () => {
    fc.assert(
      fc.property(anyAlgorithm, damage, (algorithm, how) => {
        const { public: key } = keys.get(algorithm) as PrivateKey
        const type = writePublicLine(key, '').split(' ')[0]
        const line = `${type} ${damaged(key.blob, how).toString('base64')}`
        const read = refusedOr(() => parsePublicLine(line))
        if (read) expect(writePublicLine(read, '')).toBe(line)
      }),
      { numRuns: 1500 },
    )
  })

  it('any text as a public line is read to itself, or refused in words', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        refusedOr(() => parsePublicLine(text))
        refusedOr(() => parsePublicLine(`ssh-rsa ${text}`))
      }),
      { numRuns: 1500 },
    )
  })

  it.each(['openssh', 'pkcs8'] as const)(
    'a private key in %s is read whole, or refused in words',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(anyAlgorithm, damage, async (algorithm, how) => {
          const key = keys.get(algorithm) as PrivateKey
          const [label, data] = unarmored(writePrivateKey(key, format))
          const text = `-----BEGIN ${label}-----\n${damaged(data, how).toString('base64')}\n-----END ${label}-----\n`
          const read = await readPrivateKey(text).catch(onlyMalformed)
          // Damage that leaves a key leaves a whole one: it can be written and read again.
          if (read)
            expect((await readPrivateKey(writePrivateKey(read, format))).key.equals(read.key)).toBe(true)
        }),
        { numRuns: 400 },
      )
    },
  )
})

function unarmored(text: string): [string, Buffer] {
  const label = /BEGIN (.*)-----/.exec(text)?.[1] as string
  return [label, Buffer.from(text.replace(/-----[^-]*-----/g, ''), 'base64')]
}

function refusedOr<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    return onlyMalformed(error)
  }
}

function onlyMalformed(error: unknown): undefined {
  if (!(error instanceof Malformed)) throw error
  expect(error.message).toMatch(/^[a-z.`]/)
}
