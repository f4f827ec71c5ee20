import { createPrivateKey, createPublicKey, generateKeyPairSync, generatePrimeSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { curve, fromScalar, toScalar } from './curves.ts'
import { der, TAG } from './der.ts'
import { ecKeyPair, encodeEcPrivateKey } from './ec-key.ts'
import type { KeyPair } from './key-spec.ts'
import { type KeySpecName, keySpec, keySpecs } from './key-specs.ts'
import { generateMaterial, importMaterial, loadMaterial, publicKeyDer, publicKeyPem } from './material.ts'
import type { EcKey } from './specs/ec.ts'
import { testMaterial } from './testing/keys.ts'
import { RSA_MATERIAL } from './testing/rsa-material.ts'

const codeOf = (work: () => unknown) => {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof Refusal ? error.problem.code : String(error)
  }
}

describe('material', () => {
  it.each(keySpecs().filter((spec) => !spec.name.startsWith('RSA_')))(
    '$name: made, loaded, imported again, never twice alike',
    async (spec) => {
      const material = await generateMaterial(spec)
      expect(loadMaterial(spec, material).spec).toBe(spec)
      expect(Buffer.from(importMaterial(spec, material))).toEqual(Buffer.from(material))
      if ('materialBytes' in spec) expect(material.length).toBe(spec.materialBytes)
      expect(await generateMaterial(spec)).not.toEqual(material)
    },
  )

  it('RSA: made with its size and exponent, and each fixed key of the tests is good', async () => {
    const material = await generateMaterial(keySpec('RSA_2048'))
    const details = createPrivateKey({
      key: Buffer.from(material),
      format: 'der',
      type: 'pkcs8',
    }).asymmetricKeyDetails
    expect(details).toMatchObject({ modulusLength: 2048, publicExponent: 65_537n })
    for (const [name, fixed] of Object.entries(RSA_MATERIAL)) {
      expect(importMaterial(keySpec(name as KeySpecName), fixed)).toEqual(fixed)
    }
  })

  it('one spec’s material is not another’s', async () => {
    for (const spec of keySpecs()) {
      for (const other of keySpecs()) {
        // Raw secrets of one length are interchangeable by nature.
        const alike = spec.material.bytes !== undefined && spec.material.bytes === other.material.bytes
        if (spec === other || alike) continue
        const material = await testMaterial(other.name)
        expect([spec.name, other.name, codeOf(() => loadMaterial(spec, material))]).toEqual([
          spec.name,
          other.name,
          'Unavailable',
        ])
        expect(codeOf(() => importMaterial(spec, material))).toBe('InvalidKeyMaterial')
      }
    }
  })

  it('a public key is PEM in lines of 64 with a newline at the end, and OpenSSL reads it', async () => {
    for (const name of ['RSA_2048', 'RSA_4096', 'EC_P256', 'EC_P256K', 'EC_SM2'] as const) {
      const key = loadMaterial(keySpec(name), await testMaterial(name)) as KeyPair
      const pem = publicKeyPem(key)
      const lines = pem.split('\n')
      expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual([
        '-----BEGIN PUBLIC KEY-----',
        '-----END PUBLIC KEY-----',
        '',
      ])
      expect(lines.slice(1, -3).every((line) => line.length === 64)).toBe(true)
      expect(createPublicKey(pem).export({ format: 'der', type: 'spki' })).toEqual(publicKeyDer(key))
    }
  })
})

describe('imported EC keys', () => {
  const spec = keySpec('EC_P256')
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  const canonical = importMaterial(spec, pkcs8)
  const { scalar, point } = loadMaterial(spec, canonical) as EcKey
  const algorithm = der(
    TAG.sequence,
    der(TAG.oid, Buffer.from('2a8648ce3d0201', 'hex')),
    der(TAG.oid, curve('P-256').oid),
  )
  const wrapped = (...inner: Buffer[]) =>
    der(TAG.sequence, der(TAG.integer, Buffer.of(0)), algorithm, der(TAG.octets, der(TAG.sequence, ...inner)))
  const one = der(TAG.integer, Buffer.of(1))
  const d = der(TAG.octets, scalar)
  const publicPart = (bytes: Uint8Array) => der(TAG.context1, der(TAG.bits, Buffer.of(0), bytes))

  it('have one encoding, whatever the optional parts', () => {
    const compressed = Buffer.concat([Buffer.of(2 + (point[64]! & 1)), point.subarray(1, 33)])
    const named = der(TAG.context0, der(TAG.oid, curve('P-256').oid))
    const variants = [
      wrapped(one, d),
      wrapped(one, d, named),
      wrapped(one, d, named, publicPart(point)),
      wrapped(one, d, publicPart(compressed)),
    ]
    for (const variant of variants) expect(importMaterial(spec, variant)).toEqual(canonical)
  })

  it('are refused when anything in them is wrong', () => {
    const n = curve('P-256').maxScalar + 1n
    const otherPoint = ecKeyPair('P-256', 5n).point
    const otherCurve = der(TAG.context0, der(TAG.oid, curve('secp256k1').oid))
    const bad = {
      nothing: Buffer.alloc(0),
      'a byte behind it': Buffer.concat([pkcs8, Buffer.of(0)]),
      'cut off': pkcs8.subarray(0, -1),
      'scalar 0': wrapped(one, der(TAG.octets, Buffer.alloc(32))),
      'scalar of the order': wrapped(one, der(TAG.octets, fromScalar(n))),
      'scalar too long': wrapped(one, der(TAG.octets, Buffer.concat([Buffer.of(0), scalar]))),
      'another public key': wrapped(one, d, publicPart(otherPoint)),
      'a public key off the curve': wrapped(one, d, publicPart(Buffer.alloc(65, 4))),
      'another curve inside': wrapped(one, d, otherCurve),
      'another version': wrapped(der(TAG.integer, Buffer.of(2)), d),
      'explicit parameters': generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        paramEncoding: 'explicit',
      }).privateKey.export({
        format: 'der',
        type: 'pkcs8',
      }),
    }
    for (const [what, bytes] of Object.entries(bad)) {
      expect([what, codeOf(() => importMaterial(spec, bytes))]).toEqual([what, 'InvalidKeyMaterial'])
    }
  })

  it('SM2: n - 1 is no private key, n - 2 is', () => {
    const { maxScalar, Point } = curve('SM2')
    const beyond = { scalar: fromScalar(Point.Fn.ORDER - 1n), point: Point.BASE.negate().toBytes(false) }
    const spec = keySpec('EC_SM2')
    expect(codeOf(() => importMaterial(spec, encodeEcPrivateKey('SM2', beyond)))).toBe('InvalidKeyMaterial')
    expect(maxScalar).toBe(Point.Fn.ORDER - 2n)
    const last = encodeEcPrivateKey('SM2', ecKeyPair('SM2', maxScalar))
    expect(importMaterial(spec, last)).toEqual(last)
  })
})

describe('imported RSA keys', () => {
  const spec = keySpec('RSA_2048')
  const jwk = createPrivateKey({ key: RSA_MATERIAL.RSA_2048, format: 'der', type: 'pkcs8' }).export({
    format: 'jwk',
  })
  const FIELDS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const
  type Numbers = Record<(typeof FIELDS)[number], bigint>
  const good = Object.fromEntries(
    FIELDS.map((field) => [field, toScalar(Buffer.from(jwk[field]!, 'base64url'))]),
  ) as Numbers

  /** PKCS#8 around RSAPrivateKey (RFC 8017, A.1.2). */
  function pkcs8Of(numbers: Numbers): Buffer {
    const integer = (value: bigint) => {
      const digits = value.toString(16)
      const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
      return der(TAG.integer, bytes[0]! > 0x7f ? Buffer.of(0) : Buffer.of(), bytes)
    }
    const key = der(TAG.sequence, integer(0n), ...FIELDS.map((field) => integer(numbers[field])))
    const rsa = der(TAG.sequence, der(TAG.oid, Buffer.from('2a864886f70d010101', 'hex')), Buffer.of(5, 0))
    return der(TAG.sequence, integer(0n), rsa, der(TAG.octets, key))
  }

  /** All numbers of a key, each right by the others. */
  function numbersOf(p: bigint, q: bigint): Numbers {
    const e = 65_537n
    const d = inverse(e, (p - 1n) * (q - 1n))
    return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q % p, p) }
  }

  it('are read from any encoding of good numbers', () => {
    expect(importMaterial(spec, pkcs8Of(good))).toEqual(RSA_MATERIAL.RSA_2048)
    expect(importMaterial(spec, pkcs8Of(numbersOf(good.p, good.q))).length).toBeGreaterThan(1000)
  })

  it('are refused when a number in them is wrong', () => {
    for (const field of FIELDS) {
      const bytes = pkcs8Of({ ...good, [field]: good[field] + 2n })
      expect([field, codeOf(() => importMaterial(spec, bytes))]).toEqual([field, 'InvalidKeyMaterial'])
    }
  })

  it('are refused when what should be a prime is none, though all else fits', () => {
    for (;;) {
      const halves = [511, 513].map((size) => generatePrimeSync(size, { bigint: true }))
      const composite = halves[0]! * halves[1]!
      if (composite.toString(2).length !== 1024 || (composite - 1n) % 65_537n === 0n) continue
      for (const [p, q] of [
        [composite, good.q],
        [good.p, composite],
      ] as const) {
        const numbers = numbersOf(p, q)
        if (numbers.n.toString(2).length !== 2048) continue
        expect(codeOf(() => importMaterial(spec, pkcs8Of(numbers)))).toBe('InvalidKeyMaterial')
      }
      break
    }
  })

  it('are refused with a small exponent, as RSA-PSS keys, or of another size', () => {
    const pkcs8 = { format: 'der', type: 'pkcs8' } as const
    const small = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey.export(
      pkcs8,
    )
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey.export(pkcs8)
    for (const bytes of [small, pss, RSA_MATERIAL.RSA_3072, Buffer.from('key')]) {
      expect(codeOf(() => importMaterial(spec, bytes))).toBe('InvalidKeyMaterial')
    }
  })
})

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n]
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
  return ((x % modulus) + modulus) % modulus
}
