import { refuse } from '../../base/problem.ts'
import type { KeyPair, Recipient } from './key-spec.ts'
import { keySpec } from './key-specs.ts'
import { badPublicKey } from './refusals.ts'

/**
 * Encrypts a data key for the public key of a recipient, SubjectPublicKeyInfo in DER (alibaba-kms.md B.6).
 *
 * Raises `InvalidParameter`: of PublicKeyBlob when it is not a key of that spec, of WrappingAlgorithm when the spec does
 * not offer it or the data key is too long for it.
 */
export function exportDataKey(
  specName: string,
  algorithm: string,
  publicKey: Uint8Array,
  dataKey: Uint8Array,
): Uint8Array {
  const spec = keySpec(specName)
  const recipient = spec?.kind === 'pair' ? spec.recipient : undefined
  const encryption =
    spec?.kind === 'pair' && recipient?.algorithms.includes(algorithm)
      ? spec.encryptions.find(({ name }) => name === algorithm)
      : undefined
  if (!recipient || !encryption) throw badWrapping(`not an algorithm of ${specName} keys`)
  const { longest } = encryption
  if (dataKey.length < 1 || dataKey.length > longest) throw badWrapping(`wraps 1 to ${longest} bytes`)
  return encryption.encrypt(readKey(recipient, publicKey), dataKey)
}

function readKey(recipient: Recipient, publicKey: Uint8Array): KeyPair {
  try {
    return recipient.read(publicKey)
  } catch {
    throw badPublicKey()
  }
}

function badWrapping(detail: string) {
  return refuse({ code: 'InvalidParameter', name: 'WrappingAlgorithm', detail })
}
