import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { type CurveName, curve, POINT_BYTES } from '../curves.ts'
import {
  decodeEcPrivateKey,
  decodeEcPublicKey,
  encodeEcPrivateKey,
  encodeEcPublicKey,
  importEcPrivateKey,
} from '../ec-key.ts'
import { type EcdsaCurve, ecdsaSign, ecdsaVerify } from '../ecdsa.ts'
import { eciesDecrypt, eciesEncrypt } from '../ecies.ts'
import type { KeyPair, MaterialOf, PairSpec, Wrapping } from '../key-spec.ts'
import { sm2Decrypt, sm2Encrypt } from '../sm2-encryption.ts'
import { sm2Sign, sm2Verify } from '../sm2-signature.ts'
import { wrappingsOfPkcs8, wrappingsOfSm2Keys } from '../wrappings.ts'
import { SYMMETRIC_LIMIT } from './cipher.ts'

export interface EcKey extends KeyPair {
  /** 32 bytes, big-endian. */
  readonly scalar: Uint8Array
  /** 0x04, x, y: 65 bytes. */
  readonly point: Uint8Array
}

const makePair = promisify(generateKeyPair)
const PKCS8 = { type: 'pkcs8', format: 'der' } as const
const SPKI = { type: 'spki', format: 'der' } as const

/** Public-key ciphertext on curves is at most as long as symmetric plaintext (alibaba-kms.md B.2). */
const LONGEST_CIPHERTEXT = SYMMETRIC_LIMIT
/** C1 and C3 (32 bytes) of SM2; the ephemeral point and the MAC (20) of ECIES. */
const SM2_OVERHEAD = POINT_BYTES + 32
const ECIES_OVERHEAD = POINT_BYTES + 20

function material(name: CurveName): MaterialOf<EcKey> {
  return {
    async generate() {
      const { privateKey } = await makePair('ec', {
        namedCurve: curve(name).openssl,
        paramEncoding: 'named',
        privateKeyEncoding: PKCS8,
        publicKeyEncoding: SPKI,
      })
      return encodeEcPrivateKey(name, decodeEcPrivateKey(name, privateKey))
    },
    import: (bytes) => encodeEcPrivateKey(name, importEcPrivateKey(name, bytes)),
    load(bytes) {
      const { scalar, point } = decodeEcPrivateKey(name, bytes)
      return { scalar: Uint8Array.from(scalar), point: Uint8Array.from(point) }
    },
  }
}

function common<const N extends string>(name: N, curveName: CurveName, wrappings: readonly Wrapping[]) {
  return {
    kind: 'pair',
    name,
    defaultUsage: 'SIGN/VERIFY',
    material: material(curveName),
    publicKey: (key: EcKey) => encodeEcPublicKey(curveName, key.point),
    wrappings,
    slow: { private: true, public: true, generate: false },
    slowImport: true,
  } as const
}

function row<const N extends string>(name: N, curveName: EcdsaCurve): PairSpec<EcKey> & { name: N } {
  return {
    ...common(name, curveName, wrappingsOfPkcs8()),
    encryptions: [
      {
        name: 'ECIES_DH_SHA_1_XOR_HMAC',
        longest: LONGEST_CIPHERTEXT - ECIES_OVERHEAD,
        encrypt: (key, plaintext) => eciesEncrypt(curveName, key.point, plaintext),
        decrypt: (key, ciphertext) => eciesDecrypt(curveName, key.scalar, ciphertext),
      },
    ],
    signatures: [
      {
        name: 'ECDSA_SHA_256',
        sign: (key, digest) => ecdsaSign(curveName, key.scalar, digest),
        verify: (key, digest, signature) => ecdsaVerify(curveName, key.point, digest, signature),
      },
    ],
  }
}

/** Of a public key from outside. */
const NO_SCALAR = Buffer.alloc(0)

const EC_SM2: PairSpec<EcKey> & { name: 'EC_SM2' } = {
  ...common('EC_SM2', 'SM2', wrappingsOfSm2Keys()),
  encryptions: [
    {
      name: 'SM2PKE',
      longest: LONGEST_CIPHERTEXT - SM2_OVERHEAD,
      encrypt: (key, plaintext) => sm2Encrypt(key.point, plaintext),
      decrypt: (key, ciphertext) => sm2Decrypt(key.scalar, ciphertext),
    },
  ],
  signatures: [
    {
      name: 'SM2DSA',
      sign: (key, digest) => sm2Sign(key.scalar, digest),
      verify: (key, digest, signature) => sm2Verify(key.point, digest, signature),
    },
  ],
  recipient: {
    algorithms: ['SM2PKE'],
    read: (spki) => ({ spec: EC_SM2, point: decodeEcPublicKey('SM2', spki), scalar: NO_SCALAR }),
  },
}

export const EC_SPECS = [row('EC_P256', 'P-256'), row('EC_P256K', 'secp256k1'), EC_SM2] as const
