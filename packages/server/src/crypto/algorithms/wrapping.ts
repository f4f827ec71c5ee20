import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { refuse } from '../../base/problem.ts'
import { toScalar } from './curves.ts'
import { exportDataKey, readWrappingPublicKey } from './data-key-export.ts'
import { decodeEcPrivateKey, ecKeyPair, encodeEcPrivateKey } from './ec-key.ts'
import type { KeySpec, WrappingAlgorithm, WrappingKeySpec } from './key-specs.ts'
import type { KeyPair, RsaKey } from './loaded-key.ts'
import { importMaterial } from './material.ts'
import { badMaterial } from './refusals.ts'
import { rsaDecrypt, rsaDecryptBare, rsaEncryptPkcs1 } from './rsa.ts'
import { decodePkcs1Message } from './rsa-padding.ts'
import { sm2Decrypt } from './sm2-encryption.ts'

/*
 * Material on its way in (alibaba-kms B.7). A secret is wrapped whole; a key pair is wrapped under a fresh key of the
 * sender's, and that key under ours:
 *
 *   RSAES_OAEP_SHA_*_AES_256_ECB_PKCS7_PAD   RSA-OAEP(AES key, 32 bytes), 256 bytes | AES-256-ECB-PKCS7(PKCS#8 DER)
 *   SM2PKE_SM4_ECB                           SM2(SM4 key, 16 bytes), 113 bytes      | SM4-ECB(d, 32 bytes), no padding
 */

const AES = { cipher: 'aes-256-ecb', keyBytes: 32 } as const
const SM4 = { cipher: 'sm4-ecb', keyBytes: 16 } as const
const BLOCK_BYTES = 16
const OAEP_OF = {
  RSAES_OAEP_SHA_1_AES_256_ECB_PKCS7_PAD: 'RSAES_OAEP_SHA_1',
  RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD: 'RSAES_OAEP_SHA_256',
} as const
const RSA_BYTES = 256
const SM2_BYTES = 65 + 32 + SM4.keyBytes

/**
 * Wraps material (as `importMaterial` gives it) of a key of this spec for import, under a wrapping key's public half,
 * SubjectPublicKeyInfo in DER. The sender's side: the service itself only unwraps.
 */
export function wrap(
  spec: KeySpec,
  algorithm: WrappingAlgorithm,
  publicKey: Uint8Array,
  material: Uint8Array,
): Uint8Array {
  switch (algorithm) {
    case 'RSAES_PKCS1_V1_5':
      checkWrapping(spec, 'RSA_2048', algorithm)
      return rsaEncryptPkcs1(readWrappingPublicKey(publicKey), material)
    case 'SM2PKE':
      checkWrapping(spec, 'EC_SM2', algorithm)
      return exportDataKey('EC_SM2', algorithm, publicKey, material)
    case 'SM2PKE_SM4_ECB': {
      checkWrapping(spec, 'EC_SM2', algorithm)
      const key = randomBytes(SM4.keyBytes)
      const { scalar } = decodeEcPrivateKey('SM2', material)
      const cipher = createCipheriv(SM4.cipher, key, null).setAutoPadding(false)
      return Buffer.concat([
        exportDataKey('EC_SM2', 'SM2PKE', publicKey, key),
        cipher.update(scalar),
        cipher.final(),
      ])
    }
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      checkWrapping(spec, 'RSA_2048', algorithm)
      return exportDataKey('RSA_2048', algorithm, publicKey, material)
    default: {
      checkWrapping(spec, 'RSA_2048', algorithm)
      const key = randomBytes(AES.keyBytes)
      const cipher = createCipheriv(AES.cipher, key, null)
      const head = exportDataKey('RSA_2048', OAEP_OF[algorithm], publicKey, key)
      return Buffer.concat([head, cipher.update(material), cipher.final()])
    }
  }
}

/**
 * Opens wrapped material and checks it (`importMaterial`): what comes back may be stored. Raises `InvalidKeyMaterial` for
 * all that is wrong with the bytes, `InvalidParameter` when such a key cannot come in this way at all.
 */
export function unwrap(
  spec: KeySpec,
  algorithm: WrappingAlgorithm,
  wrappingKey: KeyPair,
  wrapped: Uint8Array,
): Uint8Array {
  checkWrapping(spec, wrappingKey.spec.name, algorithm)
  try {
    return wrappingKey.kind === 'rsa'
      ? unwrapUnderRsa(spec, algorithm, wrappingKey, wrapped)
      : unwrapUnderSm2(spec, algorithm, wrappingKey.scalar, wrapped)
  } catch {
    throw badMaterial()
  }
}

function unwrapUnderRsa(
  spec: KeySpec,
  algorithm: WrappingAlgorithm,
  key: RsaKey,
  wrapped: Uint8Array,
): Uint8Array {
  switch (algorithm) {
    case 'RSAES_PKCS1_V1_5': {
      const length = 'materialBytes' in spec ? spec.materialBytes : 0
      return importMaterial(
        spec,
        decodePkcs1Message(rsaDecryptBare(key.privateKey, wrapped), length) ?? Buffer.of(),
      )
    }
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      return importMaterial(spec, rsaDecrypt(algorithm, key.privateKey, wrapped))
    case 'RSAES_OAEP_SHA_1_AES_256_ECB_PKCS7_PAD':
    case 'RSAES_OAEP_SHA_256_AES_256_ECB_PKCS7_PAD': {
      const head = wrapped.subarray(0, RSA_BYTES)
      const inner = openKey(AES.keyBytes, () => rsaDecrypt(OAEP_OF[algorithm], key.privateKey, head))
      const body = decryptBlocks(AES.cipher, inner.key, wrapped.subarray(RSA_BYTES))
      const padding = paddingOf(body)
      const material = importMaterial(spec, body.subarray(0, body.length - padding.length))
      if (!inner.opened || !padding.good) throw badMaterial()
      return material
    }
    default:
      throw badMaterial()
  }
}

function unwrapUnderSm2(
  spec: KeySpec,
  algorithm: WrappingAlgorithm,
  scalar: Uint8Array,
  wrapped: Uint8Array,
) {
  if (algorithm === 'SM2PKE') return importMaterial(spec, sm2Decrypt(scalar, wrapped))
  const inner = openKey(SM4.keyBytes, () => sm2Decrypt(scalar, wrapped.subarray(0, SM2_BYTES)))
  const d = decryptBlocks(SM4.cipher, inner.key, wrapped.subarray(SM2_BYTES))
  if (!inner.opened || d.length !== 32) throw badMaterial()
  return encodeEcPrivateKey('SM2', ecKeyPair('SM2', toScalar(d)))
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

function checkWrapping(spec: KeySpec, keySpecName: string, algorithm: WrappingAlgorithm): void {
  const fits = spec.wrappings.some((way) => way.keySpec === keySpecName && way.algorithm === algorithm)
  const wanted: WrappingKeySpec[] = [...new Set(spec.wrappings.map((way) => way.keySpec))]
  const detail = `${spec.name} material does not come so; it may under ${wanted.join(', ')}`
  if (!fits) throw refuse({ code: 'InvalidParameter', name: 'WrappingAlgorithm', detail })
}
