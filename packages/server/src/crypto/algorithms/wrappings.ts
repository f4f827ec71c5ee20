import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { toScalar } from './curves.ts'
import { decodeEcPrivateKey, decodeEcPublicKey, ecKeyPair, encodeEcPrivateKey } from './ec-key.ts'
import type { Wrapping } from './key-spec.ts'
import { badMaterial, badPublicKey } from './refusals.ts'
import { type RsaEncryption, rsaDecrypt, rsaDecryptBare, rsaEncrypt, rsaEncryptPkcs1 } from './rsa.ts'
import { readRsaPublicKey } from './rsa-key.ts'
import { decodePkcs1Message } from './rsa-padding.ts'
import { sm2Decrypt, sm2Encrypt } from './sm2-encryption.ts'
import type { EcKey } from './specs/ec.ts'
import type { RsaKey } from './specs/rsa.ts'

/*
 * Ways in which material arrives (alibaba-kms.md B.7). A secret is wrapped whole; a key pair is wrapped under a fresh key
 * of the sender's, and that key under ours:
 *
 *   RSAES_OAEP_SHA_*_AES_256_ECB_PKCS7_PAD   RSA-OAEP(AES key, 32 bytes), 256 bytes | AES-256-ECB-PKCS7(PKCS#8 DER)
 *   SM2PKE_SM4_ECB                           SM2(SM4 key, 16 bytes), 113 bytes      | SM4-ECB(d, 32 bytes), no padding
 */

const RSA = 'RSA_2048'
const SM2 = 'EC_SM2'
const AES = { cipher: 'aes-256-ecb', keyBytes: 32 } as const
const SM4 = { cipher: 'sm4-ecb', keyBytes: 16 } as const
const BLOCK_BYTES = 16
const RSA_BYTES = 256
const SM2_BYTES = 65 + 32 + SM4.keyBytes

/** Of raw material of a fixed length in bytes. */
export function wrappingsOfSecrets(bytes: number): readonly Wrapping[] {
  const pkcs1: Wrapping<RsaKey> = {
    keySpec: RSA,
    algorithm: 'RSAES_PKCS1_V1_5',
    wrap: (publicKey, material) => rsaEncryptPkcs1(readRsa(publicKey), material),
    unwrap: (key, wrapped, check) =>
      check(decodePkcs1Message(rsaDecryptBare(key.privateKey, wrapped), bytes) ?? Buffer.of()),
  }
  const oaep = (algorithm: RsaEncryption): Wrapping<RsaKey> => ({
    keySpec: RSA,
    algorithm,
    wrap: (publicKey, material) => rsaEncrypt(algorithm, readRsa(publicKey), material),
    unwrap: (key, wrapped, check) => check(rsaDecrypt(algorithm, key.privateKey, wrapped)),
  })
  const sm2: Wrapping<EcKey> = {
    keySpec: SM2,
    algorithm: 'SM2PKE',
    wrap: (publicKey, material) => sm2Encrypt(readSm2(publicKey), material),
    unwrap: (key, wrapped, check) => check(sm2Decrypt(key.scalar, wrapped)),
  }
  return [pkcs1, oaep('RSAES_OAEP_SHA_1'), oaep('RSAES_OAEP_SHA_256'), sm2] as readonly Wrapping[]
}

/** Of private keys in PKCS#8. */
export function wrappingsOfPkcs8(): readonly Wrapping[] {
  const hybrid = (oaep: RsaEncryption): Wrapping<RsaKey> => ({
    keySpec: RSA,
    algorithm: `${oaep}_AES_256_ECB_PKCS7_PAD`,
    wrap(publicKey, material) {
      const key = randomBytes(AES.keyBytes)
      const cipher = createCipheriv(AES.cipher, key, null)
      const head = rsaEncrypt(oaep, readRsa(publicKey), key)
      return Buffer.concat([head, cipher.update(material), cipher.final()])
    },
    unwrap(key, wrapped, check) {
      const head = wrapped.subarray(0, RSA_BYTES)
      const inner = openKey(AES.keyBytes, () => rsaDecrypt(oaep, key.privateKey, head))
      const body = decryptBlocks(AES.cipher, inner.key, wrapped.subarray(RSA_BYTES))
      const padding = paddingOf(body)
      const material = check(body.subarray(0, body.length - padding.length))
      if (!inner.opened || !padding.good) throw badMaterial()
      return material
    },
  })
  return [hybrid('RSAES_OAEP_SHA_1'), hybrid('RSAES_OAEP_SHA_256')] as readonly Wrapping[]
}

/** Of SM2 private keys: the bare scalar. */
export function wrappingsOfSm2Keys(): readonly Wrapping[] {
  const hybrid: Wrapping<EcKey> = {
    keySpec: SM2,
    algorithm: 'SM2PKE_SM4_ECB',
    wrap(publicKey, material) {
      const key = randomBytes(SM4.keyBytes)
      const { scalar } = decodeEcPrivateKey('SM2', material)
      const cipher = createCipheriv(SM4.cipher, key, null).setAutoPadding(false)
      return Buffer.concat([sm2Encrypt(readSm2(publicKey), key), cipher.update(scalar), cipher.final()])
    },
    unwrap(key, wrapped) {
      const inner = openKey(SM4.keyBytes, () => sm2Decrypt(key.scalar, wrapped.subarray(0, SM2_BYTES)))
      const d = decryptBlocks(SM4.cipher, inner.key, wrapped.subarray(SM2_BYTES))
      if (!inner.opened || d.length !== 32) throw badMaterial()
      return encodeEcPrivateKey('SM2', ecKeyPair('SM2', toScalar(d)))
    },
  }
  return [hybrid] as readonly Wrapping[]
}

/** A public key from outside. Raises `InvalidParameter` of PublicKeyBlob. */
function readRsa(spki: Uint8Array) {
  try {
    return readRsaPublicKey(spki, RSA_BYTES * 8)
  } catch {
    throw badPublicKey()
  }
}

function readSm2(spki: Uint8Array): Uint8Array {
  try {
    return decodeEcPublicKey('SM2', spki)
  } catch {
    throw badPublicKey()
  }
}

/**
 * The sender's key; a random one in its place when it does not open, so that the work that follows, and with it the
 * time, is the same. Whoever takes it must refuse in the end.
 */
function openKey(length: number, open: () => Uint8Array): { key: Uint8Array; opened: boolean } {
  const instead = randomBytes(length)
  try {
    const key = open()
    return key.length === length ? { key, opened: true } : { key: instead, opened: false }
  } catch {
    return { key: instead, opened: false }
  }
}

function decryptBlocks(cipher: string, key: Uint8Array, blocks: Uint8Array): Buffer {
  if (blocks.length === 0 || blocks.length % BLOCK_BYTES !== 0) throw badMaterial()
  const decipher = createDecipheriv(cipher, key, null).setAutoPadding(false)
  return Buffer.concat([decipher.update(blocks), decipher.final()])
}

/** Length of the PKCS#7 padding; a wrong one counts as none, so that what follows is parsed (and fails) as well. */
function paddingOf(blocks: Uint8Array): { length: number; good: boolean } {
  const length = blocks.at(-1)!
  const good =
    length >= 1 && length <= BLOCK_BYTES && blocks.subarray(-length).every((byte) => byte === length)
  return { length: good ? length : 0, good }
}
