import { hash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decryptWith, encryptFor, sign, verify } from './asymmetric.ts'
import { der, readDer, readOnly, TAG } from './der.ts'
import type { KeyPair, MacKey } from './key-spec.ts'
import { type KeySpecName, keySpec, keySpecs } from './key-specs.ts'
import { importMaterial, loadMaterial, publicKeyPem } from './material.ts'
import { generateMac } from './secret-keys.ts'
import { sm2Digest } from './sm2-signature.ts'
import type { EcKey } from './specs/ec.ts'
import { describeWith, run, scratch } from './testing/command.ts'
import { testKey, testMaterial } from './testing/keys.ts'

/* Both ways with the `openssl` command: what one side makes, the other accepts. */

const MESSAGE = Buffer.from('what one side makes, the other accepts')
const files = scratch()
afterAll(() => files.remove())

interface Subject {
  readonly key: KeyPair
  /** Files: the private key as PKCS#8 DER, the public key as the PEM that we publish. */
  readonly privateKey: string
  readonly publicKey: string
}
const subjects = new Map<KeySpecName, Subject>()

async function subject(name: KeySpecName): Promise<Subject> {
  const material = await testMaterial(name)
  const key = loadMaterial(keySpec(name), material) as KeyPair
  return {
    key,
    privateKey: files.file(`${name}.der`, material),
    publicKey: files.file(`${name}.pem`, publicKeyPem(key)),
  }
}

const PAIRS = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_P256', 'EC_P256K', 'EC_SM2'] as const
beforeAll(async () => {
  for (const name of PAIRS) subjects.set(name, await subject(name))
})

const openssl = (args: readonly string[], input?: Uint8Array) => run('openssl', args, input)

const PKCS1 = ['-pkeyopt', 'digest:sha256']
const PSS = [...PKCS1, '-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:32']
const SIGNATURES: readonly (readonly [KeySpecName, string, readonly string[]])[] = [
  ['RSA_2048', 'RSA_PKCS1_SHA_256', PKCS1],
  ['RSA_3072', 'RSA_PKCS1_SHA_256', PKCS1],
  ['RSA_4096', 'RSA_PKCS1_SHA_256', PKCS1],
  ['RSA_2048', 'RSA_PSS_SHA_256', PSS],
  ['RSA_3072', 'RSA_PSS_SHA_256', PSS],
  ['RSA_4096', 'RSA_PSS_SHA_256', PSS],
  ['EC_P256', 'ECDSA_SHA_256', PKCS1],
  ['EC_P256K', 'ECDSA_SHA_256', PKCS1],
]

describeWith('openssl', ['version'])('signatures', () => {
  it.each(SIGNATURES)('%s %s', (name, algorithm, options) => {
    const { key, privateKey, publicKey } = subjects.get(name)!
    const digest = hash('sha256', MESSAGE, 'buffer')
    const theirs = openssl(['pkeyutl', '-sign', '-inkey', privateKey, ...options], digest)
    expect(verify(key, algorithm, digest, theirs)).toBe(true)
    const ours = files.file('signature', sign(key, algorithm, digest))
    const check = ['pkeyutl', '-verify', '-pubin', '-inkey', publicKey, '-sigfile', ours, ...options]
    expect(openssl(check, digest).toString()).toContain('Verified Successfully')
  })

  it('EC_SM2 SM2DSA, with the default user id', () => {
    const { key, privateKey, publicKey } = subjects.get('EC_SM2')!
    const e = sm2Digest((key as EcKey).point, MESSAGE)
    const message = files.file('message', MESSAGE)
    const id = ['-sigopt', 'distid:1234567812345678']
    const theirs = openssl(['dgst', '-sm3', '-sign', privateKey, ...id, message])
    expect(verify(key, 'SM2DSA', e, theirs)).toBe(true)
    const ours = files.file('signature', sign(key, 'SM2DSA', e))
    const check = ['dgst', '-sm3', '-verify', publicKey, ...id, '-signature', ours, message]
    expect(openssl(check).toString()).toContain('Verified OK')
  })
})

const oaep = (hashName: string) => [
  ...['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', `rsa_oaep_md:${hashName}`],
  ...['-pkeyopt', `rsa_mgf1_md:${hashName}`],
]

describeWith('openssl', ['version'])('encryption', () => {
  it.each(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const)('%s, OAEP with either hash', (name) => {
    const { key, privateKey, publicKey } = subjects.get(name)!
    const ways: readonly (readonly [string, readonly string[]])[] = [
      ['RSAES_OAEP_SHA_1', oaep('sha1')],
      ['RSAES_OAEP_SHA_256', oaep('sha256')],
    ]
    for (const [algorithm, options] of ways) {
      const theirs = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', publicKey, ...options], MESSAGE)
      expect(Buffer.from(decryptWith(key, algorithm, theirs))).toEqual(MESSAGE)
      const ours = encryptFor(key, algorithm, MESSAGE)
      expect(openssl(['pkeyutl', '-decrypt', '-inkey', privateKey, ...options], ours)).toEqual(MESSAGE)
    }
  })

  it('EC_SM2 SM2PKE, in ASN.1 on their side', () => {
    const { key, privateKey, publicKey } = subjects.get('EC_SM2')!
    for (const message of [MESSAGE, Buffer.alloc(32, 1), Buffer.alloc(1000, 2)]) {
      const theirs = openssl(['pkeyutl', '-encrypt', '-pubin', '-inkey', publicKey], message)
      expect(Buffer.from(decryptWith(key, 'SM2PKE', fromAsn1(theirs)))).toEqual(message)
      const ours = toAsn1(encryptFor(key, 'SM2PKE', message))
      expect(openssl(['pkeyutl', '-decrypt', '-inkey', privateKey], ours)).toEqual(message)
    }
  })
})

const GENPKEY = {
  RSA_2048: ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  EC_P256: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  EC_P256K: ['EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
  EC_SM2: ['SM2'],
} as const

describeWith('openssl', ['version'])('keys', () => {
  it.each(['RSA_2048', 'EC_P256', 'EC_P256K', 'EC_SM2'] as const)(
    'a %s key of theirs is imported, and its public key reads alike',
    (name) => {
      const kind = GENPKEY[name]
      const pem = files.file('theirs.pem', openssl(['genpkey', '-algorithm', ...kind]))
      const pkcs8 = openssl(['pkcs8', '-topk8', '-nocrypt', '-in', pem, '-outform', 'DER'])
      const spec = keySpec(name)
      const material = importMaterial(spec, pkcs8)
      // Importing what was imported changes nothing.
      expect(importMaterial(spec, material)).toEqual(material)
      const key = loadMaterial(spec, material) as KeyPair
      expect(publicKeyPem(key)).toBe(openssl(['pkey', '-in', pem, '-pubout']).toString())
    },
  )
})

const HASHES: Readonly<Record<string, string>> = {
  HMAC_224: 'sha224',
  HMAC_256: 'sha256',
  HMAC_384: 'sha384',
  HMAC_512: 'sha512',
  HMAC_SM3: 'sm3',
}

describeWith('openssl', ['version'])('MACs', () => {
  it.each(keySpecs().filter((spec) => spec.kind === 'mac'))('$name', async (spec) => {
    const key = (await testKey(spec.name)) as MacKey
    const secret = key.secret.export().toString('hex')
    const args = [
      'mac',
      '-digest',
      HASHES[spec.name]!,
      '-macopt',
      `hexkey:${secret}`,
      '-in',
      files.file('m', MESSAGE),
      'HMAC',
    ]
    expect(generateMac(key, MESSAGE).toString('hex').toUpperCase()).toBe(openssl(args).toString().trim())
  })
})

/** SEQUENCE { INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 } (GB/T 35276) from our bare C1 C3 C2. */
function toAsn1(bare: Uint8Array): Buffer {
  const number = (bytes: Uint8Array) => {
    const hex = BigInt(`0x${Buffer.from(bytes).toString('hex')}`).toString(16)
    const even = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
    return der(TAG.integer, even[0]! > 0x7f ? Buffer.concat([Buffer.of(0), even]) : even)
  }
  const [x, y] = [number(bare.subarray(1, 33)), number(bare.subarray(33, 65))]
  return der(TAG.sequence, x, y, der(TAG.octets, bare.subarray(65, 97)), der(TAG.octets, bare.subarray(97)))
}

function fromAsn1(bytes: Uint8Array): Buffer {
  const [x, y, c3, c2] = readDer(readOnly(bytes, TAG.sequence)).map(({ content }) => Buffer.from(content))
  const coordinate = (content: Buffer) => Buffer.concat([Buffer.alloc(32), content]).subarray(-32)
  return Buffer.concat([Buffer.of(4), coordinate(x!), coordinate(y!), c3!, c2!])
}
