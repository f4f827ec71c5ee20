import type { KeyObject } from 'node:crypto'

/*
 * What one row of the table of key specs says. A row holds all that keys of its spec can do: to make, import and load
 * their material, to encrypt, sign, authenticate, leave and arrive wrapped, and where that work runs. Nothing else in
 * the service knows a spec by its name: a new one is a row.
 */

export type KeyUsage = 'ENCRYPT/DECRYPT' | 'SIGN/VERIFY' | 'GENERATE/VERIFY_MAC'

/** Material parsed once, ready for use; callers cache it. What a row adds to it only the row's functions read. */
export interface LoadedKey {
  readonly spec: KeySpec
}

/** A key whose halves are two: its material is the private one. */
export interface KeyPair extends LoadedKey {
  readonly spec: PairSpec
}

/** One secret on both sides. */
export interface SecretKey extends LoadedKey {
  readonly secret: KeyObject
}
export interface CipherKey extends SecretKey {
  readonly spec: CipherSpec
}
export interface MacKey extends SecretKey {
  readonly spec: MacSpec
}

/** How material is made, checked and read. */
export interface MaterialOf<K> {
  /** New random material. */
  generate(): Promise<Uint8Array>
  /** Checks bytes from outside and gives them in the one encoding that is stored. Throws when they are no such key. */
  import(bytes: Uint8Array): Uint8Array
  /** What the row adds to a loaded key. Copies: the caller wipes the bytes. Throws when they are not what was stored. */
  load(bytes: Uint8Array): Omit<K, 'spec'>
  /** Bytes of the material, where every key has as many. */
  readonly bytes?: number
}

export interface Sealed {
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/** Authenticated encryption under one secret. */
export interface Cipher<K = CipherKey> {
  readonly name: string
  /** The longest plaintext in bytes (alibaba-kms.md B.2). */
  readonly longest: number
  encrypt(key: K, plaintext: Uint8Array, aad?: Uint8Array): Sealed
  /** Raises `InvalidParameter` of the ciphertext for all that does not open. */
  decrypt(key: K, sealed: Sealed, aad?: Uint8Array): Buffer
}

export interface Mac<K = MacKey> {
  readonly name: string
  /** The full-length code of a message. */
  generate(key: K, message: Uint8Array): Buffer
}

export interface PublicKeyEncryption<K = KeyPair> {
  readonly name: string
  /** The longest plaintext in bytes (alibaba-kms.md B.2). */
  readonly longest: number
  encrypt(key: K, plaintext: Uint8Array): Uint8Array
  /** Raises `InvalidParameter` of the ciphertext for all that does not open. */
  decrypt(key: K, ciphertext: Uint8Array): Uint8Array
}

/** Of a digest of 32 bytes. */
export interface Signature<K = KeyPair> {
  readonly name: string
  sign(key: K, digest: Uint8Array): Uint8Array
  /** A malformed signature is false, never an error. */
  verify(key: K, digest: Uint8Array, signature: Uint8Array): boolean
}

/** One way in which material may arrive (alibaba-kms.md B.7): the spec of the key that wraps it, and how. */
export interface Wrapping<K = KeyPair> {
  readonly keySpec: string
  readonly algorithm: string
  /** The sender's side, under the wrapping key's public half: SubjectPublicKeyInfo in DER. */
  wrap(publicKey: Uint8Array, material: Uint8Array): Uint8Array
  /** Opens what was wrapped and gives it to `check`, which is the row's own `import`. Throws for all that fails. */
  unwrap(wrappingKey: K, wrapped: Uint8Array, check: (material: Uint8Array) => Uint8Array): Uint8Array
}

/** A public key from outside as the recipient of data keys (alibaba-kms.md B.6). */
export interface Recipient<K = KeyPair> {
  /** Names of the row's public-key encryptions that may be used so. */
  readonly algorithms: readonly string[]
  /** Reads SubjectPublicKeyInfo in DER. Throws when it is not a key of this spec. The private half is missing. */
  read(publicKey: Uint8Array): K
}

interface Row<K extends LoadedKey> {
  readonly name: string
  /** The usage of a key created without one: to sign when the spec can sign. */
  readonly defaultUsage: KeyUsage
  readonly material: MaterialOf<K>
  readonly wrappings: readonly Wrapping[]
  /** Imported material of the spec takes long to check: a thread does it. */
  readonly slowImport: boolean
}

export interface CipherSpec extends Row<CipherKey> {
  readonly kind: 'cipher'
  readonly ciphers: readonly Cipher[]
}

export interface MacSpec extends Row<MacKey> {
  readonly kind: 'mac'
  readonly macs: readonly Mac[]
}

export interface PairSpec<K extends KeyPair = KeyPair> extends Row<K> {
  readonly kind: 'pair'
  readonly encryptions: readonly PublicKeyEncryption<K>[]
  readonly signatures: readonly Signature<K>[]
  /** The public half as SubjectPublicKeyInfo in DER. */
  publicKey(key: K): Buffer
  readonly recipient?: Recipient<K>
  /** Which operations take longer than the message to a thread. */
  readonly slow: { readonly private: boolean; readonly public: boolean; readonly generate: boolean }
}

export type KeySpec = CipherSpec | MacSpec | PairSpec
