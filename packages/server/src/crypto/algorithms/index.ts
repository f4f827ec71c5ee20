/*
 * Every algorithm of KMS keys: pure functions over bytes. Those of key pairs block; servers use ../pool/ for them.
 */
export { decryptWith, encryptFor, sign, verify } from './asymmetric.ts'
export { type ExportAlgorithm, exportDataKey } from './data-key-export.ts'
export { IV_BYTES } from './iv.ts'
export * from './key-specs.ts'
export type { EcKey, KeyPair, LoadedKey, MacKey, RsaKey, SymmetricKey } from './loaded-key.ts'
export { generateMac, verifyMac } from './mac.ts'
export { generateMaterial, importMaterial, loadMaterial, publicKeyDer, publicKeyPem } from './material.ts'
export { sm2Digest } from './sm2-signature.ts'
export { decrypt, encrypt, type Sealed, TAG_BYTES } from './symmetric.ts'
export { unwrap, wrap } from './wrapping.ts'
