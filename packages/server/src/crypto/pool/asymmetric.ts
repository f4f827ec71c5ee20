import { availableParallelism } from 'node:os'
import { encryptFor, verify } from '../algorithms/asymmetric.ts'
import { type ExportAlgorithm, exportDataKey } from '../algorithms/data-key-export.ts'
import type {
  KeySpec,
  PublicKeyEncryptionAlgorithm,
  SigningAlgorithm,
  WrappingAlgorithm,
  WrappingKeySpec,
} from '../algorithms/key-specs.ts'
import type { KeyPair } from '../algorithms/loaded-key.ts'
import { generateMaterial } from '../algorithms/material.ts'
import { createGate } from './gate.ts'
import { portableBytes, portableKey } from './portable-key.ts'
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from './worker-pool.ts'

export interface AsymmetricOptions extends WorkerPoolOptions {
  /** RSA keys that are made at once, each in a thread of the runtime's pool. One by default, two on four cores or more. */
  readonly generations?: number
  /** Calls that may wait to make an RSA key before more are refused as `Overloaded`. 32 by default. */
  readonly generationQueue?: number
}

/**
 * The operations of key pairs for a server: the same functions as in ../algorithms/, off the event loop, so that a burst
 * of them delays no other call. All raise the problems of those functions, and `Overloaded` when too much waits.
 */
export interface Asymmetric {
  sign(key: KeyPair, algorithm: SigningAlgorithm, digest: Uint8Array): Promise<Buffer>
  verify(
    key: KeyPair,
    algorithm: SigningAlgorithm,
    digest: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>
  encrypt(key: KeyPair, algorithm: PublicKeyEncryptionAlgorithm, plaintext: Uint8Array): Promise<Buffer>
  decrypt(key: KeyPair, algorithm: PublicKeyEncryptionAlgorithm, ciphertext: Uint8Array): Promise<Buffer>
  exportDataKey(
    spec: WrappingKeySpec,
    algorithm: ExportAlgorithm,
    publicKey: Uint8Array,
    dataKey: Uint8Array,
  ): Promise<Buffer>
  unwrap(
    spec: KeySpec,
    algorithm: WrappingAlgorithm,
    wrappingKey: KeyPair,
    wrapped: Uint8Array,
  ): Promise<Buffer>
  /** New material of any spec; RSA keys wait for their turn. */
  generate(spec: KeySpec): Promise<Uint8Array>
  /** Finishes what it has, takes nothing more, ends the threads. */
  close(): Promise<void>
  readonly load: WorkerPool['load']
}

/**
 * Private-key operations and all arithmetic on curves go to worker threads. RSA signing is there too, though the runtime
 * has a thread pool of its own: of a given digest it has no asynchronous form, and that pool also carries the syncs of
 * files, which a burst of signing would hold up. RSA operations with a public key stay on the loop: they cost less than
 * the message to a thread (the exponent of every key is bounded).
 */
export function createAsymmetric(options: AsymmetricOptions = {}): Asymmetric {
  const pool = createWorkerPool(options)
  const generations = options.generations ?? (availableParallelism() >= 4 ? 2 : 1)
  const gate = createGate(generations, options.generationQueue ?? 32)
  return Object.freeze({
    get load() {
      return pool.load
    },
    async sign(key, algorithm, digest) {
      return buffer(await pool.run('sign', portableKey(key), algorithm, portableBytes(digest)))
    },
    async verify(key, algorithm, digest, signature) {
      if (key.kind === 'rsa') return verify(key, algorithm, digest, signature)
      return pool.run('verify', portableKey(key), algorithm, portableBytes(digest), portableBytes(signature))
    },
    async encrypt(key, algorithm, plaintext) {
      if (key.kind === 'rsa') return buffer(encryptFor(key, algorithm, plaintext))
      return buffer(await pool.run('encrypt', portableKey(key), algorithm, portableBytes(plaintext)))
    },
    async decrypt(key, algorithm, ciphertext) {
      return buffer(await pool.run('decrypt', portableKey(key), algorithm, portableBytes(ciphertext)))
    },
    async exportDataKey(spec, algorithm, publicKey, dataKey) {
      if (algorithm !== 'SM2PKE') return buffer(exportDataKey(spec, algorithm, publicKey, dataKey))
      return buffer(
        await pool.run('exportDataKey', spec, algorithm, portableBytes(publicKey), portableBytes(dataKey)),
      )
    },
    async unwrap(spec, algorithm, wrappingKey, wrapped) {
      const job = pool.run('unwrap', spec.name, algorithm, portableKey(wrappingKey), portableBytes(wrapped))
      return buffer(await job)
    },
    async generate(spec) {
      return spec.kind === 'rsa' ? gate.pass(() => generateMaterial(spec)) : generateMaterial(spec)
    },
    async close() {
      await Promise.all([pool.close(), gate.close()])
    },
  } satisfies Asymmetric)
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
