import { decryptWith, encryptFor, sign, verify } from '../algorithms/asymmetric.ts'
import { exportDataKey } from '../algorithms/data-key-export.ts'
import { knownKeySpec } from '../algorithms/key-specs.ts'
import { unwrap } from '../algorithms/wrapping.ts'
import { fromPortableKey, type PortableKey } from './portable-key.ts'

/** What a thread can do: functions whose arguments and results structured clone carries. */
export const jobs = Object.freeze({
  sign: (key: PortableKey, algorithm: string, digest: Uint8Array) =>
    sign(fromPortableKey(key), algorithm, digest),
  verify: (key: PortableKey, algorithm: string, digest: Uint8Array, signature: Uint8Array) =>
    verify(fromPortableKey(key), algorithm, digest, signature),
  encrypt: (key: PortableKey, algorithm: string, plaintext: Uint8Array) =>
    encryptFor(fromPortableKey(key), algorithm, plaintext),
  decrypt: (key: PortableKey, algorithm: string, ciphertext: Uint8Array) =>
    decryptWith(fromPortableKey(key), algorithm, ciphertext),
  exportDataKey,
  unwrap: (spec: string, algorithm: string, wrappingKey: PortableKey, wrapped: Uint8Array) =>
    unwrap(knownKeySpec(spec), algorithm, fromPortableKey(wrappingKey), wrapped),
})

export type Jobs = typeof jobs
export type JobName = keyof Jobs
