import { availableParallelism } from 'node:os'
import { createGate } from '../../base/gate.ts'
import { decryptWith, encryptFor, sign, verify } from '../algorithms/asymmetric.ts'
import { exportDataKey } from '../algorithms/data-key-export.ts'
import type { KeyPair, KeySpec } from '../algorithms/key-spec.ts'
import { keySpec } from '../algorithms/key-specs.ts'
import { generateMaterial } from '../algorithms/material.ts'
import { unwrap } from '../algorithms/wrapping.ts'
import { portableKey } from './portable-key.ts'
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
  sign(key: KeyPair, algorithm: string, digest: Uint8Array): Promise<Buffer>
  verify(key: KeyPair, algorithm: string, digest: Uint8Array, signature: Uint8Array): Promise<boolean>
  encrypt(key: KeyPair, algorithm: string, plaintext: Uint8Array): Promise<Buffer>
  decrypt(key: KeyPair, algorithm: string, ciphertext: Uint8Array): Promise<Buffer>
  exportDataKey(
    specName: string,
    algorithm: string,
    publicKey: Uint8Array,
    dataKey: Uint8Array,
  ): Promise<Buffer>
  unwrap(spec: KeySpec, algorithm: string, wrappingKey: KeyPair, wrapped: Uint8Array): Promise<Buffer>
  /** New material of any spec; RSA keys wait for their turn. */
  generate(spec: KeySpec): Promise<Uint8Array>
  /** Finishes what it has, takes nothing more, ends the threads. */
  close(): Promise<void>
  readonly load: WorkerPool['load']
}

/** What a row of the table calls slow goes to worker threads; the rest costs less than the message to one. */
export function createAsymmetric(options: AsymmetricOptions = {}): Asymmetric {
  const pool = createWorkerPool(options)
  const generations = options.generations ?? (availableParallelism() >= 4 ? 2 : 1)
  const gate = createGate(generations, options.generationQueue ?? 32)
  return Object.freeze({
    get load() {
      return pool.load
    },
    async sign(key, algorithm, digest) {
      if (!key.spec.slow.private) return buffer(sign(key, algorithm, digest))
      return buffer(await pool.run('sign', portableKey(key), algorithm, digest))
    },
    async verify(key, algorithm, digest, signature) {
      if (!key.spec.slow.public) return verify(key, algorithm, digest, signature)
      return pool.run('verify', portableKey(key), algorithm, digest, signature)
    },
    async encrypt(key, algorithm, plaintext) {
      if (!key.spec.slow.public) return buffer(encryptFor(key, algorithm, plaintext))
      return buffer(await pool.run('encrypt', portableKey(key), algorithm, plaintext))
    },
    async decrypt(key, algorithm, ciphertext) {
      if (!key.spec.slow.private) return buffer(decryptWith(key, algorithm, ciphertext))
      return buffer(await pool.run('decrypt', portableKey(key), algorithm, ciphertext))
    },
    async exportDataKey(specName, algorithm, publicKey, dataKey) {
      const spec = keySpec(specName)
      const slow = spec?.kind === 'pair' && spec.slow.public
      if (!slow) return buffer(exportDataKey(specName, algorithm, publicKey, dataKey))
      return buffer(await pool.run('exportDataKey', specName, algorithm, publicKey, dataKey))
    },
    async unwrap(spec, algorithm, wrappingKey, wrapped) {
      if (!spec.slowImport) return buffer(unwrap(spec, algorithm, wrappingKey, wrapped))
      const job = pool.run('unwrap', spec.name, algorithm, portableKey(wrappingKey), wrapped)
      return buffer(await job)
    },
    async generate(spec) {
      const slow = spec.kind === 'pair' && spec.slow.generate
      return slow ? gate.pass(() => generateMaterial(spec)) : generateMaterial(spec)
    },
    async close() {
      await Promise.all([pool.close(), gate.close()])
    },
  } satisfies Asymmetric)
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
