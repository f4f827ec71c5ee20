import { type Refusal, refuse } from '../../base/problem.ts'

/*
 * What the algorithms refuse. Each answer is the same whatever inside went wrong, and no text of OpenSSL's gets out:
 * a caller who could tell a bad padding from a bad tag would have an oracle.
 */

/** A ciphertext that does not open under this key and context (alibaba-kms H-22). */
export function undecryptable(): Refusal {
  return refuse({ code: 'InvalidParameter', name: 'CiphertextBlob' })
}

/** Imported bytes that are not material of the key's spec, or were not wrapped as said. */
export function badMaterial(): Refusal {
  return refuse({ code: 'InvalidKeyMaterial' })
}

/** Stored bytes that were once good and are no more. */
export function brokenMaterial(): Refusal {
  return refuse({ code: 'Unavailable', detail: 'stored key material cannot be read' })
}

export function badDigest(): Refusal {
  return refuse({ code: 'InvalidParameter', name: 'Digest', detail: 'a digest of 32 bytes is wanted' })
}

export function badPlaintext(longest: number): Refusal {
  return refuse({ code: 'InvalidParameter', name: 'Plaintext', detail: `1 to ${longest} bytes are wanted` })
}

export function badPublicKey(): Refusal {
  return refuse({ code: 'InvalidParameter', name: 'PublicKeyBlob' })
}

/** An algorithm that the key's spec does not offer. */
export function unfit(algorithm: string, spec: string): Refusal {
  return refuse({
    code: 'UnsupportedOperation',
    detail: `\`${algorithm}\` is not an algorithm of ${spec} keys`,
  })
}
