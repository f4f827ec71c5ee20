import { createPublicKey } from 'node:crypto'
import { knownKeySpec, wrap } from '../../../crypto/algorithms/index.ts'

/** Keys of every kind, for the examples of KMS operations. */
export interface KeyExamples {
  /** The one version of `keyId`. */
  readonly keyVersionId: string
  /** Of `keyId`. */
  readonly aliasName: string
  /** A symmetric key whose version is older than seven days. */
  readonly oldKeyId: string
  /** In its deletion window. */
  readonly pendingKeyId: string
  /** EXTERNAL, symmetric, without material; token and material for it. */
  readonly externalKeyId: string
  readonly importToken: string
  readonly encryptedKeyMaterial: string
  /** EC_P256, to sign. */
  readonly signingKeyId: string
  readonly signingKeyVersionId: string
  readonly signingAlgorithm: string
  /** RSA_2048, to encrypt; something that it encrypted by RSAES_OAEP_SHA_256. */
  readonly encryptingKeyId: string
  readonly encryptingKeyVersionId: string
  readonly asymmetricBlob: string
  readonly encryptingAlgorithm: string
  /** HMAC_256. */
  readonly macKeyId: string
  readonly macAlgorithm: string
  /** How `encryptedKeyMaterial` was wrapped; also good for `publicKeyBlob`. */
  readonly wrappingKeySpec: string
  readonly wrappingAlgorithm: string
  /** An RSA_2048 public key, SubjectPublicKeyInfo in DER, in Base64. */
  readonly publicKeyBlob: string
}

/** Calls as someone who may do everything; throws when refused. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers
export type Do = (action: string, input: object) => Promise<any>

/** Wraps material for a key, as its holder does; answers what ImportKeyMaterial takes. */
export async function wrapFor(
  act: Do,
  keyId: string,
  material: Uint8Array,
  spec: string = 'Aliyun_AES_256',
  way: { readonly keySpec: string; readonly algorithm: string } = quickestWay(spec),
) {
  const { ImportToken, PublicKey } = await act('GetParametersForImport', {
    KeyId: keyId,
    WrappingKeySpec: way.keySpec,
    WrappingAlgorithm: way.algorithm,
  })
  const wrapped = wrap(knownKeySpec(spec), way.algorithm, Buffer.from(PublicKey, 'base64'), material)
  return { ImportToken, EncryptedKeyMaterial: Buffer.from(wrapped).toString('base64') }
}

/** A wrapping key on the curve is made at once, an RSA key is not. */
function quickestWay(spec: string) {
  const { wrappings } = knownKeySpec(spec)
  return wrappings.find((way) => way.keySpec === 'EC_SM2') ?? wrappings.at(-1)!
}

async function makeKey(act: Do, options: object) {
  const { KeyMetadata } = await act('CreateKey', options)
  const { KeyVersions } = await act('ListKeyVersions', { KeyId: KeyMetadata.KeyId })
  return { keyId: KeyMetadata.KeyId as string, versionId: KeyVersions.KeyVersion[0].KeyVersionId as string }
}

/** What examples look at, by the operations that do: making all of it for each would be slow. */
const NEEDS: Readonly<Record<string, readonly Part[]>> = {
  DescribeKeyVersion: ['version'],
  UpdateAlias: ['alias', 'old'],
  DeleteAlias: ['alias'],
  CreateKeyVersion: ['old'],
  ReEncrypt: ['old'],
  CancelKeyDeletion: ['pending'],
  GetParametersForImport: ['external'],
  ImportKeyMaterial: ['external', 'material'],
  DeleteKeyMaterial: ['external'],
  AsymmetricSign: ['signing'],
  AsymmetricVerify: ['signing'],
  GetPublicKey: ['signing'],
  AsymmetricEncrypt: ['encrypting'],
  AsymmetricDecrypt: ['encrypting', 'blob'],
  GenerateMac: ['mac'],
  VerifyMac: ['mac'],
  ExportDataKey: ['publicKey'],
  GenerateAndExportDataKey: ['publicKey'],
}
type Part =
  | 'version'
  | 'alias'
  | 'old'
  | 'pending'
  | 'external'
  | 'material'
  | 'signing'
  | 'encrypting'
  | 'blob'
  | 'mac'
  | 'publicKey'

/** Examples that name nothing that exists. */
export const NO_KEYS: KeyExamples = Object.freeze({
  keyVersionId: '00000000-0000-4000-8000-000000000001',
  aliasName: 'alias/none',
  oldKeyId: '00000000-0000-4000-8000-000000000002',
  pendingKeyId: '00000000-0000-4000-8000-000000000003',
  externalKeyId: '00000000-0000-4000-8000-000000000004',
  importToken: 'AAAA',
  encryptedKeyMaterial: 'AAAA',
  signingKeyId: '00000000-0000-4000-8000-000000000005',
  signingKeyVersionId: '00000000-0000-4000-8000-000000000006',
  encryptingKeyId: '00000000-0000-4000-8000-000000000007',
  encryptingKeyVersionId: '00000000-0000-4000-8000-000000000008',
  asymmetricBlob: 'AAAA',
  macKeyId: '00000000-0000-4000-8000-000000000009',
  publicKeyBlob: 'AAAA',
  signingAlgorithm: 'ECDSA_SHA_256',
  encryptingAlgorithm: 'RSAES_OAEP_SHA_256',
  macAlgorithm: 'HMAC_SHA_256',
  wrappingKeySpec: 'RSA_2048',
  wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
})

let count = 0

/**
 * Makes the keys that the example of an operation (`kms:...`) looks at. `advance` moves the service's clock by so many
 * days: a version must be a week old before it has a successor. `options` are of every key.
 */
export async function exampleKeys(
  name: string,
  keyId: string,
  act: Do,
  advance: (days: number) => void,
  options: object = {},
): Promise<KeyExamples> {
  const make = (act: Do, special: object) => makeKey(act, { ...options, ...special })
  const parts = new Set(NEEDS[name.replace(/^kms:/, '')] ?? [])
  const made: { -readonly [K in keyof KeyExamples]: KeyExamples[K] } = { ...NO_KEYS }
  if (parts.has('old')) {
    made.oldKeyId = (await make(act, {})).keyId
    advance(8)
  }
  if (parts.has('version')) {
    const { KeyVersions } = await act('ListKeyVersions', { KeyId: keyId })
    made.keyVersionId = KeyVersions.KeyVersion[0].KeyVersionId
  }
  if (parts.has('alias')) {
    count += 1
    made.aliasName = `alias/example-${count}`
    await act('CreateAlias', { AliasName: made.aliasName, KeyId: keyId })
  }
  if (parts.has('pending')) {
    made.pendingKeyId = (await make(act, {})).keyId
    await act('ScheduleKeyDeletion', { KeyId: made.pendingKeyId, PendingWindowInDays: 7 })
  }
  if (parts.has('external')) made.externalKeyId = (await make(act, { Origin: 'EXTERNAL' })).keyId
  if (parts.has('material')) {
    const sent = await wrapFor(act, made.externalKeyId, Buffer.alloc(32, 3))
    made.importToken = sent.ImportToken
    made.encryptedKeyMaterial = sent.EncryptedKeyMaterial
  }
  if (parts.has('signing')) {
    const key = await make(act, { KeySpec: 'EC_P256' })
    made.signingKeyId = key.keyId
    made.signingKeyVersionId = key.versionId
  }
  if (parts.has('encrypting') || parts.has('publicKey')) {
    const key = await make(act, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT/DECRYPT' })
    const named = { KeyId: key.keyId, KeyVersionId: key.versionId }
    made.encryptingKeyId = key.keyId
    made.encryptingKeyVersionId = key.versionId
    const { PublicKey } = await act('GetPublicKey', named)
    made.publicKeyBlob = createPublicKey(PublicKey).export({ type: 'spki', format: 'der' }).toString('base64')
    if (parts.has('blob')) {
      const sealed = { ...named, Algorithm: 'RSAES_OAEP_SHA_256', Plaintext: 'aGVsbG8=' }
      made.asymmetricBlob = (await act('AsymmetricEncrypt', sealed)).CiphertextBlob
    }
  }
  if (parts.has('mac')) made.macKeyId = (await make(act, { KeySpec: 'HMAC_256' })).keyId
  return made
}
