/*
 * Every algorithm of KMS keys: pure functions over bytes. Those of key pairs block; servers use ../pool/ for them.
 */
export { decryptWith, encryptFor, sign, verify } from './asymmetric.ts'
export { exportDataKey } from './data-key-export.ts'
export { IV_BYTES } from './iv.ts'
export type * from './key-spec.ts'
export * from './key-specs.ts'
export { generateMaterial, importMaterial, loadMaterial, publicKeyDer, publicKeyPem } from './material.ts'
export { decrypt, encrypt, generateMac, verifyMac } from './secret-keys.ts'
export { sm2Digest } from './sm2-signature.ts'
export { SYMMETRIC_ALGORITHM, TAG_BYTES } from './specs/cipher.ts'
export type { EcKey } from './specs/ec.ts'
export type { RsaKey } from './specs/rsa.ts'
export { unwrap, wrap } from './wrapping.ts'
