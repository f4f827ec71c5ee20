import { decryptWith, encryptFor, sign, verify } from '../algorithms/asymmetric.ts'
import { type ExportAlgorithm, exportDataKey } from '../algorithms/data-key-export.ts'
import {
  type KeySpecName,
  keySpec,
  type PublicKeyEncryptionAlgorithm,
  type SigningAlgorithm,
  type WrappingAlgorithm,
  type WrappingKeySpec,
} from '../algorithms/key-specs.ts'
import { unwrap } from '../algorithms/wrapping.ts'
import { fromPortableKey, type PortableKey } from './portable-key.ts'

/** What a thread can do: functions whose arguments and results structured clone carries. */
export const jobs = Object.freeze({
  sign: (key: PortableKey, algorithm: SigningAlgorithm, digest: Uint8Array) =>
    sign(fromPortableKey(key), algorithm, digest),
  verify: (key: PortableKey, algorithm: SigningAlgorithm, digest: Uint8Array, signature: Uint8Array) =>
    verify(fromPortableKey(key), algorithm, digest, signature),
  encrypt: (key: PortableKey, algorithm: PublicKeyEncryptionAlgorithm, plaintext: Uint8Array) =>
    encryptFor(fromPortableKey(key), algorithm, plaintext),
  decrypt: (key: PortableKey, algorithm: PublicKeyEncryptionAlgorithm, ciphertext: Uint8Array) =>
    decryptWith(fromPortableKey(key), algorithm, ciphertext),
  exportDataKey: (
    spec: WrappingKeySpec,
    algorithm: ExportAlgorithm,
    publicKey: Uint8Array,
    dataKey: Uint8Array,
  ) => exportDataKey(spec, algorithm, publicKey, dataKey),
  unwrap: (spec: KeySpecName, algorithm: WrappingAlgorithm, wrappingKey: PortableKey, wrapped: Uint8Array) =>
    unwrap(keySpec(spec), algorithm, fromPortableKey(wrappingKey), wrapped),
})

export type Jobs = typeof jobs
export type JobName = keyof Jobs
