import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyPair, PairSpec, PublicKeyEncryption, Signature } from '../key-spec.ts'
import { type RsaEncryption, type RsaSignature, rsaDecrypt, rsaEncrypt, rsaSign, rsaVerify } from '../rsa.ts'
import { importRsaPrivateKey, readRsaPrivateKey, readRsaPublicKey } from '../rsa-key.ts'
import { wrappingsOfPkcs8 } from '../wrappings.ts'

export interface RsaKey extends KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const makePair = promisify(generateKeyPair)
const PKCS8 = { type: 'pkcs8', format: 'der' } as const
const SPKI = { type: 'spki', format: 'der' } as const
const HASH_BYTES = { RSAES_OAEP_SHA_256: 32, RSAES_OAEP_SHA_1: 20 } as const

function oaep(name: RsaEncryption, modulusBits: number): PublicKeyEncryption<RsaKey> {
  return {
    name,
    longest: modulusBits / 8 - 2 * HASH_BYTES[name] - 2,
    encrypt: (key, plaintext) => rsaEncrypt(name, key.publicKey, plaintext),
    decrypt: (key, ciphertext) => rsaDecrypt(name, key.privateKey, ciphertext),
  }
}

function signature(name: RsaSignature): Signature<RsaKey> {
  return {
    name,
    sign: (key, digest) => rsaSign(name, key.privateKey, digest),
    verify: (key, digest, given) => rsaVerify(name, key.publicKey, digest, given),
  }
}

function row<const N extends string>(name: N, modulusBits: number): PairSpec<RsaKey> & { name: N } {
  return {
    kind: 'pair',
    name,
    defaultUsage: 'SIGN/VERIFY',
    encryptions: [oaep('RSAES_OAEP_SHA_256', modulusBits), oaep('RSAES_OAEP_SHA_1', modulusBits)],
    signatures: [signature('RSA_PSS_SHA_256'), signature('RSA_PKCS1_SHA_256')],
    material: {
      async generate() {
        const options = { modulusLength: modulusBits, publicExponent: 65_537 }
        const pair = await makePair('rsa', {
          ...options,
          privateKeyEncoding: PKCS8,
          publicKeyEncoding: SPKI,
        })
        return pair.privateKey
      },
      import: (bytes) => importRsaPrivateKey(bytes, modulusBits),
      load(bytes) {
        const privateKey = readRsaPrivateKey(bytes, modulusBits)
        return { privateKey, publicKey: createPublicKey(privateKey) }
      },
    },
    publicKey: (key) => key.publicKey.export(SPKI),
    wrappings: wrappingsOfPkcs8(),
    // Signing is slow though the runtime has a thread pool of its own: of a given digest it has no asynchronous form, and
    // that pool also carries the syncs of files. With a public key RSA costs less than the message to a thread: the
    // exponent of every key is bounded.
    slow: { private: true, public: false, generate: true },
    slowImport: true,
  }
}

const RSA_2048: PairSpec<RsaKey> & { name: 'RSA_2048' } = {
  ...row('RSA_2048', 2048),
  recipient: {
    algorithms: ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'],
    read(spki) {
      const publicKey = readRsaPublicKey(spki, 2048)
      // Nothing that a recipient is used for looks at the private half.
      return { spec: RSA_2048, publicKey, privateKey: publicKey }
    },
  },
}

export const RSA_SPECS = [RSA_2048, row('RSA_3072', 3072), row('RSA_4096', 4096)] as const
