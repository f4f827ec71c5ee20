/**
 * Key specs: one table that drives creation, use, description, condition keys and import of keys.
 *
 * Names of ciphers and key pairs are those of the KMS 2016-01-20 wire. It publishes no names for MAC keys: `HMAC_*` and
 * the usage `GENERATE/VERIFY_MAC` are ours, vendor-neutral; a slash in a usage may be written `_` in a condition.
 */

export type KeyUsage = 'ENCRYPT/DECRYPT' | 'SIGN/VERIFY' | 'GENERATE/VERIFY_MAC'

export type CipherAlgorithm = 'SYMMETRIC_DEFAULT'
export type RsaEncryptionAlgorithm = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256'
export type PublicKeyEncryptionAlgorithm = RsaEncryptionAlgorithm | 'SM2PKE' | 'ECIES_DH_SHA_1_XOR_HMAC'
export type SigningAlgorithm = 'RSA_PSS_SHA_256' | 'RSA_PKCS1_SHA_256' | 'ECDSA_SHA_256' | 'SM2DSA'
export type MacAlgorithm = 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512' | 'HMAC_SM3'
export type Algorithm = CipherAlgorithm | PublicKeyEncryptionAlgorithm | SigningAlgorithm | MacAlgorithm

export type WrappingKeySpec = 'RSA_2048' | 'EC_SM2'
export type WrappingAlgorithm =
  | 'RSAES_PKCS1_V1_5'
  | 'RSAES_OAEP_SHA_1'
  | 'RSAES_OAEP_SHA_256'
  | 'SM2PKE'
  | 'RSAES_OAEP_SHA_1_AES_256_ECB_PKCS7_PAD'
  | 'RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD'
  | 'SM2PKE_SM4_ECB'

/** One way in which material of a spec may arrive: the kind of key that wraps it, and how. */
export interface Wrapping {
  readonly keySpec: WrappingKeySpec
  readonly algorithm: WrappingAlgorithm
}

export type GcmCipher = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' | 'sm4-gcm'
export type MacHash = 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'sm3'
export type CurveName = 'P-256' | 'secp256k1' | 'SM2'

interface Row<N extends string> {
  readonly name: N
  /** True when one secret serves both sides: such keys have a primary version, the others do not. */
  readonly symmetric: boolean
  readonly usages: { readonly [U in KeyUsage]?: readonly Algorithm[] }
  /** The usage of a key created without one: to sign when the spec can sign. */
  readonly defaultUsage: KeyUsage
  /** Whether data keys can be made under it. */
  readonly dataKeys: boolean
  /** How its material may be imported (alibaba-kms B.7). */
  readonly wrappings: readonly Wrapping[]
}

export interface SymmetricSpec
  extends Row<'Aliyun_AES_128' | 'Aliyun_AES_192' | 'Aliyun_AES_256' | 'Aliyun_SM4'> {
  readonly kind: 'symmetric'
  readonly cipher: GcmCipher
  readonly materialBytes: number
}
export interface MacSpec extends Row<'HMAC_224' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'HMAC_SM3'> {
  readonly kind: 'mac'
  readonly hash: MacHash
  /** As long as the hash's output: shorter weakens the MAC, longer adds nothing. */
  readonly materialBytes: number
}
export interface RsaSpec extends Row<'RSA_2048' | 'RSA_3072' | 'RSA_4096'> {
  readonly kind: 'rsa'
  readonly modulusBits: number
}
export interface EcSpec extends Row<'EC_P256' | 'EC_P256K' | 'EC_SM2'> {
  readonly kind: 'ec'
  readonly curve: CurveName
}
export type KeySpec = SymmetricSpec | MacSpec | RsaSpec | EcSpec
export type KeySpecName = KeySpec['name']

const OF_SECRETS: readonly Wrapping[] = [
  { keySpec: 'RSA_2048', algorithm: 'RSAES_PKCS1_V1_5' },
  { keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_1' },
  { keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_256' },
  { keySpec: 'EC_SM2', algorithm: 'SM2PKE' },
]
const OF_PRIVATE_KEYS: readonly Wrapping[] = [
  { keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_1_AES_256_ECB_PKCS7_PAD' },
  { keySpec: 'RSA_2048', algorithm: 'RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD' },
]
const OF_SM2_KEYS: readonly Wrapping[] = [{ keySpec: 'EC_SM2', algorithm: 'SM2PKE_SM4_ECB' }]

function symmetric(name: SymmetricSpec['name'], cipher: GcmCipher, materialBytes: number): SymmetricSpec {
  return {
    kind: 'symmetric',
    name,
    cipher,
    materialBytes,
    symmetric: true,
    usages: { 'ENCRYPT/DECRYPT': ['SYMMETRIC_DEFAULT'] },
    defaultUsage: 'ENCRYPT/DECRYPT',
    dataKeys: true,
    wrappings: OF_SECRETS,
  }
}

function mac(name: MacSpec['name'], algorithm: MacAlgorithm, hash: MacHash, materialBytes: number): MacSpec {
  return {
    kind: 'mac',
    name,
    hash,
    materialBytes,
    symmetric: true,
    usages: { 'GENERATE/VERIFY_MAC': [algorithm] },
    defaultUsage: 'GENERATE/VERIFY_MAC',
    dataKeys: false,
    wrappings: OF_SECRETS,
  }
}

function pair(encrypt: readonly PublicKeyEncryptionAlgorithm[], sign: readonly SigningAlgorithm[]) {
  return {
    symmetric: false,
    usages: { 'ENCRYPT/DECRYPT': encrypt, 'SIGN/VERIFY': sign },
    defaultUsage: 'SIGN/VERIFY',
    dataKeys: false,
  } as const
}

function rsa(name: RsaSpec['name'], modulusBits: number): RsaSpec {
  const algorithms = pair(
    ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'],
    ['RSA_PSS_SHA_256', 'RSA_PKCS1_SHA_256'],
  )
  return { kind: 'rsa', name, modulusBits, ...algorithms, wrappings: OF_PRIVATE_KEYS }
}

function ec(name: EcSpec['name'], curve: CurveName): EcSpec {
  return {
    kind: 'ec',
    name,
    curve,
    ...pair(['ECIES_DH_SHA_1_XOR_HMAC'], ['ECDSA_SHA_256']),
    wrappings: OF_PRIVATE_KEYS,
  }
}

const SPECS: readonly KeySpec[] = freeze<KeySpec[]>([
  symmetric('Aliyun_AES_256', 'aes-256-gcm', 32),
  symmetric('Aliyun_AES_192', 'aes-192-gcm', 24),
  symmetric('Aliyun_AES_128', 'aes-128-gcm', 16),
  symmetric('Aliyun_SM4', 'sm4-gcm', 16),
  rsa('RSA_2048', 2048),
  rsa('RSA_3072', 3072),
  rsa('RSA_4096', 4096),
  ec('EC_P256', 'P-256'),
  ec('EC_P256K', 'secp256k1'),
  { kind: 'ec', name: 'EC_SM2', curve: 'SM2', ...pair(['SM2PKE'], ['SM2DSA']), wrappings: OF_SM2_KEYS },
  mac('HMAC_256', 'HMAC_SHA_256', 'sha256', 32),
  mac('HMAC_224', 'HMAC_SHA_224', 'sha224', 28),
  mac('HMAC_384', 'HMAC_SHA_384', 'sha384', 48),
  mac('HMAC_512', 'HMAC_SHA_512', 'sha512', 64),
  mac('HMAC_SM3', 'HMAC_SM3', 'sm3', 32),
])

const BY_NAME: ReadonlyMap<string, KeySpec> = new Map(SPECS.map((spec) => [spec.name, spec]))

export const DEFAULT_KEY_SPEC: KeySpecName = 'Aliyun_AES_256'

/** Every key spec, in the order in which they are shown. */
export function keySpecs(): readonly KeySpec[] {
  return SPECS
}

/** The row of a key spec; undefined for a name that is none. */
export function keySpec(name: KeySpecName): KeySpec
export function keySpec(name: string): KeySpec | undefined
export function keySpec(name: string): KeySpec | undefined {
  return BY_NAME.get(name)
}

/** The algorithms that a key of this spec and usage offers; empty when the spec has no such usage. */
export function algorithmsOf(spec: KeySpec, usage: KeyUsage): readonly Algorithm[] {
  return spec.usages[usage] ?? []
}

const SYMMETRIC_LIMIT = 6144
/** Public-key ciphertext on curves is at most as long as symmetric plaintext: 6144 bytes (alibaba-kms B.2). */
const CURVE_CIPHERTEXT_LIMIT = 6144
/** C1 (65 bytes) and C3 (32 bytes) of SM2; the ephemeral point (65) and the MAC (20) of ECIES. */
const OVERHEAD = { SM2PKE: 65 + 32, ECIES_DH_SHA_1_XOR_HMAC: 65 + 20 } as const
const OAEP_HASH_BYTES = { RSAES_OAEP_SHA_1: 20, RSAES_OAEP_SHA_256: 32 } as const

/** The longest plaintext, in bytes, that an algorithm encrypts under a key of this spec (alibaba-kms B.2). */
export function maxPlaintextBytes(
  spec: KeySpec,
  algorithm: CipherAlgorithm | PublicKeyEncryptionAlgorithm,
): number {
  switch (algorithm) {
    case 'SYMMETRIC_DEFAULT':
      return SYMMETRIC_LIMIT
    case 'SM2PKE':
    case 'ECIES_DH_SHA_1_XOR_HMAC':
      return CURVE_CIPHERTEXT_LIMIT - OVERHEAD[algorithm]
    default:
      return spec.kind === 'rsa' ? spec.modulusBits / 8 - 2 * OAEP_HASH_BYTES[algorithm] - 2 : 0
  }
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object') freeze(inner)
  return Object.freeze(value)
}
