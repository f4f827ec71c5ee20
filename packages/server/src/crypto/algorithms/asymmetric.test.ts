import { hash, randomBytes } from 'node:crypto'
import { DER } from '@noble/curves/abstract/der.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { decryptWith, encryptFor, sign, verify } from './asymmetric.ts'
import { curve, fromScalar } from './curves.ts'
import { ecKeyPair, encodeEcPrivateKey } from './ec-key.ts'
import { ecdsaSign } from './ecdsa.ts'
import type { KeyPair, PairSpec } from './key-spec.ts'
import { algorithmsOf, keySpec, knownKeySpec } from './key-specs.ts'
import { loadMaterial } from './material.ts'
import type { EcKey } from './specs/ec.ts'
import { PAIR_SPECS, testPair } from './testing/keys.ts'

const keys = new Map<string, readonly [KeyPair, KeyPair]>()
beforeAll(async () => {
  for (const name of PAIR_SPECS) {
    // RSA keys of the tests are fixed: the other one has another size there.
    const other = name === 'RSA_2048' ? 'RSA_3072' : name.startsWith('RSA') ? 'RSA_2048' : name
    keys.set(name, [await testPair(name), await testPair(other)])
  }
})

const signing = PAIR_SPECS.flatMap((name) =>
  algorithmsOf(keySpec(name), 'SIGN/VERIFY').map((algorithm) => [name, algorithm] as const),
)
const encrypting = PAIR_SPECS.flatMap((name) =>
  algorithmsOf(keySpec(name), 'ENCRYPT/DECRYPT').map((algorithm) => [name, algorithm] as const),
)

function problemOf(work: () => unknown) {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error.problem
    throw error
  }
  return undefined
}

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })
const FEW = { numRuns: 12 }

describe.each(signing)('%s %s', (name, algorithm) => {
  it('verifies its own signature of that digest, and no other key’s, digest’s or damaged one', () => {
    const [own, other] = keys.get(name)!
    fc.assert(
      fc.property(digests, digests, fc.nat(), (digest, otherDigest, at) => {
        fc.pre(Buffer.compare(digest, otherDigest) !== 0)
        const signature = sign(own, algorithm, digest)
        expect(verify(own, algorithm, digest, signature)).toBe(true)
        expect(verify(own, algorithm, otherDigest, signature)).toBe(false)
        expect(verify(other, algorithm, digest, signature)).toBe(false)
        const flipped = Uint8Array.from(signature)
        flipped[at % flipped.length]! ^= 1 << (at & 7)
        expect(verify(own, algorithm, digest, flipped)).toBe(false)
      }),
      FEW,
    )
  })

  it('calls malformed signatures false, without an error', () => {
    const [own] = keys.get(name)!
    const digest = Buffer.alloc(32, 1)
    const signature = Buffer.from(sign(own, algorithm, digest))
    const bad = [
      signature.subarray(0, -1),
      signature.subarray(1),
      Buffer.concat([signature, Buffer.of(0)]),
      Buffer.concat([Buffer.of(0), signature]),
      Buffer.alloc(signature.length),
      Buffer.alloc(signature.length, 0xff),
      Buffer.alloc(0),
    ]
    for (const one of bad) expect(verify(own, algorithm, digest, one)).toBe(false)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        expect(verify(own, algorithm, digest, noise)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  it('is random where the algorithm asks for it, and only there', () => {
    const [own] = keys.get(name)!
    const [one, two] = [1, 2].map(() => Buffer.from(sign(own, algorithm, Buffer.alloc(32))).toString('hex'))
    expect(one === two).toBe(algorithm === 'RSA_PKCS1_SHA_256' || algorithm === 'ECDSA_SHA_256')
  })

  it('takes digests of 32 bytes, and algorithms of its spec', () => {
    const [own] = keys.get(name)!
    for (const length of [0, 20, 31, 33, 64]) {
      const problem = { code: 'InvalidParameter', name: 'Digest' }
      expect(problemOf(() => sign(own, algorithm, Buffer.alloc(length)))).toMatchObject(problem)
      expect(problemOf(() => verify(own, algorithm, Buffer.alloc(length), Buffer.alloc(9)))).toMatchObject(
        problem,
      )
    }
    for (const [, foreign] of signing) {
      if (algorithmsOf(own.spec, 'SIGN/VERIFY').includes(foreign)) continue
      expect(problemOf(() => sign(own, foreign, Buffer.alloc(32)))?.code).toBe('UnsupportedOperation')
    }
  })
})

describe.each(encrypting)('%s %s', (name, algorithm) => {
  const longest = (knownKeySpec(name) as PairSpec).encryptions.find((one) => one.name === algorithm)!.longest
  const refusal = { code: 'InvalidParameter', name: 'CiphertextBlob' }

  it('opens with its own key, from one byte to the longest', () => {
    const [own, other] = keys.get(name)!
    for (const length of [1, 2, 16, 32, longest]) {
      const plaintext = randomBytes(length)
      const ciphertext = encryptFor(own, algorithm, plaintext)
      expect(Buffer.from(decryptWith(own, algorithm, ciphertext))).toEqual(plaintext)
      expect(problemOf(() => decryptWith(other, algorithm, ciphertext))).toEqual(refusal)
      expect(encryptFor(own, algorithm, plaintext)).not.toEqual(ciphertext)
    }
    for (const length of [0, longest + 1]) {
      const problem = { code: 'InvalidParameter', name: 'Plaintext' }
      expect(problemOf(() => encryptFor(own, algorithm, Buffer.alloc(length)))).toMatchObject(problem)
    }
  })

  it('refuses any flipped bit, any cut and any noise with one answer', () => {
    const [own] = keys.get(name)!
    const good = Buffer.from(encryptFor(own, algorithm, Buffer.from('message')))
    const flipped = fc.record({ at: fc.nat(good.length - 1), bit: fc.nat(7) }).map(({ at, bit }) => {
      const bytes = Buffer.from(good)
      bytes[at]! ^= 1 << bit
      return bytes
    })
    const cut = fc.nat(good.length - 1).map((length) => good.subarray(0, length))
    const noise = fc.uint8Array({ maxLength: 600 })
    fc.assert(
      fc.property(fc.oneof(flipped, cut, noise), (bytes) => {
        expect(problemOf(() => decryptWith(own, algorithm, bytes))).toEqual(refusal)
      }),
      { numRuns: 40 },
    )
  })
})

describe('RSA signatures', () => {
  it('are as long as the modulus: one without its leading zero byte is none', async () => {
    const key = await testPair('RSA_2048')
    for (const algorithm of ['RSA_PKCS1_SHA_256', 'RSA_PSS_SHA_256'] as const) {
      let signature: Uint8Array
      let digest: Buffer
      do {
        digest = randomBytes(32)
        signature = sign(key, algorithm, digest)
      } while (signature[0] !== 0)
      expect(verify(key, algorithm, digest, signature)).toBe(true)
      expect(verify(key, algorithm, digest, signature.subarray(1))).toBe(false)
    }
  })
})

describe('SM2 signatures', () => {
  it('have both numbers between 1 and n - 1', async () => {
    const key = await testPair('EC_SM2')
    const n = curve('SM2').maxScalar + 2n
    const digest = randomBytes(32)
    const { r, s } = DER.toSig(sign(key, 'SM2DSA', digest))
    const pairs = [
      [r + n, s],
      [r, s + n],
      [0n, s],
      [r, 0n],
      [n, s],
      [r, n],
      [r, n - r],
    ] as const
    for (const [one, two] of pairs) {
      const signature = Buffer.from(DER.hexFromSig({ r: one, s: two }), 'hex')
      expect(verify(key, 'SM2DSA', digest, signature)).toBe(false)
    }
  })
})

describe('ECDSA', () => {
  it('signs the digest itself, with the nonce of RFC 6979', () => {
    // RFC 6979, A.2.5: P-256, SHA-256, message "sample".
    const x = Buffer.from('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721', 'hex')
    const signature = ecdsaSign('P-256', x, hash('sha256', 'sample', 'buffer'))
    expect(Buffer.from(signature).toString('hex')).toBe(
      '3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716' +
        '022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
    )
  })

  it('gives the lower s on secp256k1 and accepts either', async () => {
    const key = await testPair('EC_P256K')
    const n = curve('secp256k1').maxScalar + 1n
    for (let i = 0; i < 20; i++) {
      const digest = randomBytes(32)
      const { r, s } = DER.toSig(sign(key, 'ECDSA_SHA_256', digest))
      expect(s <= n / 2n).toBe(true)
      const higher = Buffer.from(DER.hexFromSig({ r, s: n - s }), 'hex')
      expect(verify(key, 'ECDSA_SHA_256', digest, higher)).toBe(true)
    }
  })
})

it('loaded keys do not share memory with the bytes that they came from', () => {
  const material = encodeEcPrivateKey('SM2', ecKeyPair('SM2', 12_345n))
  const key = loadMaterial(keySpec('EC_SM2'), material)
  material.fill(0)
  expect(Buffer.compare((key as EcKey).scalar, fromScalar(12_345n))).toBe(0)
})
