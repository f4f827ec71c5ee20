import { refuse } from '../../base/problem.ts'
import { decodeEcPublicKey } from './ec-key.ts'
import { keySpec, maxPlaintextBytes, type WrappingKeySpec } from './key-specs.ts'
import { badPublicKey } from './refusals.ts'
import { rsaEncrypt } from './rsa.ts'
import { readRsaPublicKey } from './rsa-key.ts'
import { sm2Encrypt } from './sm2-encryption.ts'

/** How a data key may leave under a public key (alibaba-kms B.6). */
export type ExportAlgorithm = 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'

/**
 * Encrypts a data key for the public key of a recipient, SubjectPublicKeyInfo in DER.
 *
 * Raises `InvalidParameter`: of PublicKeyBlob when it is not a key of that spec, of WrappingAlgorithm when the spec does
 * not offer it or the data key is too long for it.
 */
export function exportDataKey(
  spec: WrappingKeySpec,
  algorithm: ExportAlgorithm,
  publicKey: Uint8Array,
  dataKey: Uint8Array,
): Uint8Array {
  if ((algorithm === 'SM2PKE') !== (spec === 'EC_SM2')) throw badWrapping(`not an algorithm of ${spec} keys`)
  const longest = maxPlaintextBytes(keySpec(spec), algorithm)
  if (dataKey.length < 1 || dataKey.length > longest) throw badWrapping(`wraps 1 to ${longest} bytes`)
  if (algorithm === 'SM2PKE') return sm2Encrypt(readSm2PublicKey(publicKey), dataKey)
  return rsaEncrypt(algorithm, readWrappingPublicKey(publicKey), dataKey)
}

/** The point of an SM2 public key from outside. Raises `InvalidParameter` of PublicKeyBlob. */
export function readSm2PublicKey(spki: Uint8Array): Uint8Array {
  try {
    return decodeEcPublicKey('SM2', spki)
  } catch {
    throw badPublicKey()
  }
}

/** An RSA_2048 public key from outside. Raises `InvalidParameter` of PublicKeyBlob. */
export function readWrappingPublicKey(spki: Uint8Array) {
  try {
    return readRsaPublicKey(spki, 2048)
  } catch {
    throw badPublicKey()
  }
}

function badWrapping(detail: string) {
  return refuse({ code: 'InvalidParameter', name: 'WrappingAlgorithm', detail })
}
