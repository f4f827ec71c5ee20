import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { decryptWith } from './asymmetric.ts'
import { exportDataKey } from './data-key-export.ts'
import type { KeyPair } from './key-spec.ts'
import { keySpec, keySpecs, knownKeySpec } from './key-specs.ts'
import { loadMaterial, publicKeyDer, publicKeyPem } from './material.ts'
import type { EcKey } from './specs/ec.ts'
import { describeWith, run, scratch } from './testing/command.ts'
import { testMaterial, testPair } from './testing/keys.ts'
import { RSA_MATERIAL } from './testing/rsa-material.ts'
import { unwrap, wrap } from './wrapping.ts'

const wrappingKeys = {} as Record<string, KeyPair> & Record<'RSA_2048' | 'EC_SM2', KeyPair>
beforeAll(async () => {
  wrappingKeys.RSA_2048 = await testPair('RSA_2048')
  wrappingKeys.EC_SM2 = await testPair('EC_SM2')
})

const codeOf = (work: () => unknown) => {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof Refusal ? error.problem.code : String(error)
  }
}

const WAYS = keySpecs().flatMap((spec) =>
  spec.wrappings.map((way) => [spec.name, way.keySpec, way.algorithm] as const),
)

describe('import', () => {
  it.each(WAYS)('%s under %s by %s', async (name, keySpecName, algorithm) => {
    const spec = knownKeySpec(name)
    const material = await testMaterial(name)
    const key = wrappingKeys[keySpecName]!
    const wrapped = wrap(spec, algorithm, publicKeyDer(key), material)
    expect(Buffer.from(unwrap(spec, algorithm, key, wrapped))).toEqual(Buffer.from(material))
    // A fresh key or padding each time.
    expect(wrap(spec, algorithm, publicKeyDer(key), material)).not.toEqual(wrapped)
  })

  it('every other way is refused before anything is opened', () => {
    const algorithms = [...new Set(WAYS.map(([, , algorithm]) => algorithm))]
    for (const spec of keySpecs()) {
      for (const keySpecName of ['RSA_2048', 'EC_SM2'] as const) {
        for (const algorithm of algorithms) {
          const offered = spec.wrappings.some(
            (way) => way.keySpec === keySpecName && way.algorithm === algorithm,
          )
          const found = codeOf(() => unwrap(spec, algorithm, wrappingKeys[keySpecName]!, Buffer.alloc(300)))
          expect([spec.name, keySpecName, algorithm, found]).toEqual([
            spec.name,
            keySpecName,
            algorithm,
            offered ? 'InvalidKeyMaterial' : 'InvalidParameter',
          ])
        }
      }
    }
  })

  it.each([
    ['Aliyun_AES_256', 'RSA_2048', 'RSAES_PKCS1_V1_5'],
    ['Aliyun_AES_256', 'RSA_2048', 'RSAES_OAEP_SHA_256'],
    ['HMAC_SM3', 'EC_SM2', 'SM2PKE'],
    ['EC_P256', 'RSA_2048', 'RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD'],
    ['EC_SM2', 'EC_SM2', 'SM2PKE_SM4_ECB'],
  ] as const)(
    '%s by %s %s: any damage and any length has one answer',
    async (name, keySpecName, algorithm) => {
      const spec = knownKeySpec(name)
      const material = Buffer.from(await testMaterial(name))
      const key = wrappingKeys[keySpecName]!
      const good = Buffer.from(wrap(spec, algorithm, publicKeyDer(key), material))
      const tampered = fc.record({ at: fc.nat(good.length - 1), bit: fc.nat(7) }).map(({ at, bit }) => {
        const bytes = Buffer.from(good)
        bytes[at]! ^= 1 << bit
        return bytes
      })
      const cut = fc.nat(good.length - 1).map((length) => good.subarray(0, length))
      const noise = fc.uint8Array({ maxLength: 400 })
      fc.assert(
        fc.property(fc.oneof(tampered, cut, noise), (bytes) => {
          const found = codeOf(() =>
            expect(Buffer.from(unwrap(spec, algorithm, key, bytes))).not.toEqual(material),
          )
          // ECB has no integrity: damage to the bare scalar of SM2 gives another key, which is for the sender to notice.
          const headIsGood = Buffer.compare(bytes.subarray(0, 113), good.subarray(0, 113)) === 0
          const sm2Body =
            algorithm === 'SM2PKE_SM4_ECB' && headIsGood && bytes.length === good.length && found === 'none'
          expect(found === 'InvalidKeyMaterial' || sm2Body).toBe(true)
        }),
        { numRuns: 60 },
      )
    },
  )

  it('PKCS#1 v1.5 under another key never comes out as material', () => {
    // Implicit rejection would give random bytes here, of the wanted length once in a hundred.
    const spec = keySpec('Aliyun_AES_256')
    for (let i = 0; i < 300; i++) {
      const wrapped = Buffer.concat([Buffer.of(0), randomBytes(255)])
      expect(codeOf(() => unwrap(spec, 'RSAES_PKCS1_V1_5', wrappingKeys.RSA_2048, wrapped))).toBe(
        'InvalidKeyMaterial',
      )
    }
  })

  it('a key pair behind a wrong PKCS#7 padding is refused, though the key inside can be read', () => {
    const key = wrappingKeys.RSA_2048
    const aes = randomBytes(32)
    const head = exportDataKey('RSA_2048', 'RSAES_OAEP_SHA_256', publicKeyDer(key), aes)
    const pkcs8 = RSA_MATERIAL.RSA_2048
    const short = 16 - (pkcs8.length % 16)
    const unwrapPadded = (padding: Uint8Array) => {
      const cipher = createCipheriv('aes-256-ecb', aes, null).setAutoPadding(false)
      const body = [cipher.update(Buffer.concat([pkcs8, padding])), cipher.final()]
      const wrapped = Buffer.concat([head, ...body])
      return codeOf(() =>
        unwrap(keySpec('RSA_2048'), 'RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD', key, wrapped),
      )
    }
    expect(unwrapPadded(Buffer.alloc(short, short))).toBe('none')
    for (const padding of [
      Buffer.alloc(short),
      Buffer.alloc(short, short + 1),
      Buffer.alloc(short + 16, short + 16),
    ]) {
      expect(unwrapPadded(padding)).toBe('InvalidKeyMaterial')
    }
  })

  it('a secret of the wrong length is refused', () => {
    const key = wrappingKeys.RSA_2048
    const publicKey = createPublicKey(publicKeyPem(key))
    for (const length of [0, 16, 31, 33, 64]) {
      for (const [algorithm, options] of [
        ['RSAES_PKCS1_V1_5', { padding: constants.RSA_PKCS1_PADDING }],
        ['RSAES_OAEP_SHA_1', { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }],
      ] as const) {
        const wrapped = publicEncrypt({ key: publicKey, ...options }, randomBytes(length))
        expect(codeOf(() => unwrap(keySpec('Aliyun_AES_256'), algorithm, key, wrapped))).toBe(
          'InvalidKeyMaterial',
        )
      }
    }
  })
})

describe('export of data keys', () => {
  it.each([
    ['RSA_2048', 'RSAES_OAEP_SHA_1', 214],
    ['RSA_2048', 'RSAES_OAEP_SHA_256', 190],
    ['EC_SM2', 'SM2PKE', 1024],
  ] as const)('%s %s: up to %i bytes', (spec, algorithm, longest) => {
    const key = wrappingKeys[spec]
    for (const length of [16, 32, longest]) {
      const dataKey = randomBytes(length)
      const exported = exportDataKey(spec, algorithm, publicKeyDer(key), dataKey)
      expect(Buffer.from(decryptWith(key, algorithm, exported))).toEqual(dataKey)
    }
  })

  it('refuses other public keys, algorithms and lengths by name', async () => {
    const nameOf = (work: () => unknown) => {
      try {
        work()
      } catch (error) {
        if (error instanceof Refusal && error.problem.code === 'InvalidParameter') return error.problem.name
      }
      return undefined
    }
    const rsa = publicKeyDer(wrappingKeys.RSA_2048)
    const sm2 = publicKeyDer(wrappingKeys.EC_SM2)
    const key = randomBytes(32)
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({
      format: 'der',
      type: 'spki',
    })
    const others = [sm2, pss, publicKeyDer(await testPair('RSA_3072')), rsa.subarray(1), Buffer.alloc(0)]
    for (const other of others) {
      expect(nameOf(() => exportDataKey('RSA_2048', 'RSAES_OAEP_SHA_1', other, key))).toBe('PublicKeyBlob')
    }
    const off = Buffer.from(sm2)
    off[off.length - 1]! ^= 1
    for (const other of [
      rsa,
      publicKeyDer(await testPair('EC_P256')),
      off,
      Buffer.concat([sm2, Buffer.of(0)]),
    ]) {
      expect(nameOf(() => exportDataKey('EC_SM2', 'SM2PKE', other, key))).toBe('PublicKeyBlob')
    }
    expect(nameOf(() => exportDataKey('EC_SM2', 'RSAES_OAEP_SHA_1', sm2, key))).toBe('WrappingAlgorithm')
    expect(nameOf(() => exportDataKey('RSA_2048', 'SM2PKE', rsa, key))).toBe('WrappingAlgorithm')
    expect(nameOf(() => exportDataKey('RSA_2048', 'RSAES_OAEP_SHA_256', rsa, randomBytes(191)))).toBe(
      'WrappingAlgorithm',
    )
  })
})

describeWith('openssl', ['version'])('import of what the openssl command wrapped', () => {
  const files = scratch()
  afterAll(() => files.remove())
  const openssl = (args: readonly string[], input?: Uint8Array) => run('openssl', args, input)

  it('a secret, in each RSA way', () => {
    const key = wrappingKeys.RSA_2048
    const publicKey = files.file('rsa.pem', publicKeyPem(key))
    const secret = randomBytes(32)
    const oaep = (hash: string) =>
      ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`].flatMap((option) => ['-pkeyopt', option])
    const ways = [
      ['RSAES_PKCS1_V1_5', []],
      ['RSAES_OAEP_SHA_1', oaep('sha1')],
      ['RSAES_OAEP_SHA_256', oaep('sha256')],
    ] as const
    for (const [algorithm, options] of ways) {
      const wrapped = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', publicKey, ...options], secret)
      expect(Buffer.from(unwrap(keySpec('Aliyun_AES_256'), algorithm, key, wrapped))).toEqual(secret)
    }
  })

  it('a key pair, under AES-256-ECB under RSA', () => {
    const key = wrappingKeys.RSA_2048
    const publicKey = files.file('rsa.pem', publicKeyPem(key))
    const aes = randomBytes(32)
    const pem = files.file(
      'ec.pem',
      openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']),
    )
    const pkcs8 = openssl(['pkcs8', '-topk8', '-nocrypt', '-in', pem, '-outform', 'DER'])
    for (const [hash, name] of [
      ['sha1', 'SHA_1'],
      ['sha256', 'SHA_256'],
    ] as const) {
      const options = ['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', `rsa_oaep_md:${hash}`]
      const head = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', publicKey, ...options], aes)
      const body = openssl(['enc', '-aes-256-ecb', '-K', aes.toString('hex')], pkcs8)
      const spec = keySpec('EC_P256')
      const material = unwrap(
        spec,
        `RSAES_OAEP_${name}_AES_256_ECB_PKCS7_PAD`,
        key,
        Buffer.concat([head, body]),
      )
      const theirs = openssl(['pkey', '-in', pem, '-pubout']).toString()
      expect(publicKeyPem(loadMaterial(spec, material) as KeyPair)).toBe(theirs)
    }
  })

  it('what we wrapped for SM2: the scalar under SM4-ECB', async () => {
    const spec = keySpec('EC_SM2')
    const material = await testMaterial('EC_SM2')
    const key = wrappingKeys.EC_SM2
    const wrapped = wrap(spec, 'SM2PKE_SM4_ECB', publicKeyDer(key), material)
    expect(wrapped.length).toBe(113 + 32)
    const sm4Key = Buffer.from(decryptWith(key, 'SM2PKE', wrapped.subarray(0, 113))).toString('hex')
    const d = openssl(['enc', '-d', '-sm4-ecb', '-nopad', '-K', sm4Key], wrapped.subarray(113))
    expect(d).toEqual(Buffer.from((loadMaterial(spec, material) as EcKey).scalar))
  })
})
