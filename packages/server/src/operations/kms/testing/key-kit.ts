import { generateKeyPairSync } from 'node:crypto'
import { importMaterial, type KeySpecName, knownKeySpec } from '../../../crypto/algorithms/index.ts'
import { wrapFor } from './example-keys.ts'
import { type KmsFixture, REGION } from './kms-fixture.ts'

/** A key of one kind, with everything that a call on it can need, prepared while it was usable. */
export interface Kit {
  readonly keyId: string
  readonly versionId: string
  readonly aliasName: string
  /** Made by the call that its kind has: symmetric or public-key ciphertext. */
  readonly blob: string
  /** Of an imported key. */
  readonly sent: { readonly ImportToken: string; readonly EncryptedKeyMaterial: string } | undefined
}

export type Kind = 'symmetric' | 'signing' | 'encrypting' | 'mac'
const SPECS: Readonly<Record<Kind, { KeySpec: KeySpecName; KeyUsage: string }>> = {
  symmetric: { KeySpec: 'Aliyun_AES_256', KeyUsage: 'ENCRYPT/DECRYPT' },
  signing: { KeySpec: 'EC_P256', KeyUsage: 'SIGN/VERIFY' },
  encrypting: { KeySpec: 'EC_P256', KeyUsage: 'ENCRYPT/DECRYPT' },
  mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE/VERIFY_MAC' },
}
export const ECIES = 'ECIES_DH_SHA_1_XOR_HMAC'

const recipient = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
export const recipientPrivateKey = recipient.privateKey
export const RECIPIENT = {
  PublicKeyBlob: recipient.publicKey.toString('base64'),
  WrappingKeySpec: 'RSA_2048',
  WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
}

let count = 0

/** Makes a key and all that belongs to it, then takes it to the state. */
export async function kit(fixture: KmsFixture, kind: Kind, state: string, external: boolean): Promise<Kit> {
  const { ok } = fixture
  const options = { ...SPECS[kind], Origin: external ? 'EXTERNAL' : 'Aliyun_KMS' }
  const KeyId = await fixture.key(options)
  let sent: Kit['sent']
  if (external) {
    sent = await wrapFor(ok, KeyId, materialOf(options.KeySpec), options.KeySpec)
    await ok('ImportKeyMaterial', { KeyId, ...sent })
  }
  const { KeyVersions } = await ok('ListKeyVersions', { KeyId })
  const versionId = KeyVersions.KeyVersion[0].KeyVersionId
  count += 1
  const aliasName = `alias/kit-${count}`
  await ok('CreateAlias', { KeyId, AliasName: aliasName })
  let blob = ''
  if (kind === 'symmetric') blob = (await ok('Encrypt', { KeyId, Plaintext: 'aGVsbG8=' })).CiphertextBlob
  if (kind === 'encrypting') {
    const call = { KeyId, KeyVersionId: versionId, Algorithm: ECIES, Plaintext: 'aGVsbG8=' }
    blob = (await ok('AsymmetricEncrypt', call)).CiphertextBlob
  }
  if (state === 'Disabled') await ok('DisableKey', { KeyId })
  if (state === 'PendingDeletion') await ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 30 })
  if (state === 'PendingImport') await ok('DeleteKeyMaterial', { KeyId })
  return { keyId: KeyId, versionId, aliasName, blob, sent }
}

/** Some material of a spec, as its owner has it: raw, or PKCS#8. */
export function materialOf(name: string, seed = 9): Uint8Array {
  const spec = knownKeySpec(name)
  if (spec.material.bytes !== undefined) return Buffer.alloc(spec.material.bytes, seed)
  const options = { privateKeyEncoding: { type: 'pkcs8', format: 'der' } } as const
  const { privateKey } = name.startsWith('RSA_')
    ? generateKeyPairSync('rsa', {
        modulusLength: Number(name.slice('RSA_'.length)),
        ...options,
        publicKeyEncoding: { type: 'spki', format: 'der' },
      })
    : generateKeyPairSync('ec', {
        namedCurve: { EC_P256: 'prime256v1', EC_P256K: 'secp256k1', EC_SM2: 'SM2' }[name]!,
        ...options,
        publicKeyEncoding: { type: 'spki', format: 'der' },
      })
  return importMaterial(spec, privateKey)
}

export const RESOURCE_CALL = { RegionId: REGION, ResourceType: 'key' }

/** A key pair and its one version, as calls name them. */
export async function pairOf(fixture: KmsFixture, KeySpec: string, KeyUsage: string) {
  const KeyId = await fixture.key({ KeySpec, KeyUsage })
  const { KeyVersions } = await fixture.ok('ListKeyVersions', { KeyId })
  return { KeyId, KeyVersionId: KeyVersions.KeyVersion[0].KeyVersionId as string }
}
