import { randomBytes } from 'node:crypto'
import { refuse } from '../../base/problem.ts'
import { whenAllReady, whenReady } from '../../base/when-ready.ts'
import { type Blob, readBlob } from '../../kms/blob.ts'
import { findKey, livingKey } from '../../kms/keys.ts'
import { keyArn } from '../../kms/names.ts'
import {
  findServiceKey,
  insertServiceKey,
  makeServiceKey,
  type NewServiceKey,
} from '../../kms/service-key.ts'
import { decryptText, encryptText } from '../../kms/symmetric.ts'
import { findKeyVersion, type KeyVersion } from '../../kms/versions.ts'
import type { Check, DecidedRow } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope, StateScope } from '../../pipeline/scope.ts'
import type { Secret } from '../../secrets/secrets.ts'
import {
  dataKeyContext,
  newRowId,
  openValue,
  type SealedVersion,
  sealValue,
  type ValueOwner,
} from '../../secrets/value.ts'
import { readValue, type SecretVersion } from '../../secrets/versions.ts'
import type { WriteHandle } from '../../store/store.ts'
import { symmetricCheck } from '../kms/key-checks.ts'
import { decidedKey, type KeyTarget, keyFor, resolveKey } from '../kms/key-target.ts'
import { assertCipher, encryptingVersion } from '../kms/key-use.ts'

/** What the service's own key is made for. */
const SERVICE = 'secrets'

/**
 * The KMS key of a secret: the caller's, which the caller must be allowed to use, or the service's own, which no policy of
 * the caller bears on. `keyId` is unknown while the service's key is not made yet.
 */
export interface ValueKey {
  readonly keyId: string | undefined
  /** Undefined: the service's own. */
  readonly target: KeyTarget | undefined
}

/** The key of a new secret, as `EncryptionKeyId` names it: one of the account's. */
export async function resolveNewKey(scope: ResolveScope, named: string | undefined): Promise<ValueKey> {
  const { uid } = scope.caller.account
  if (named === undefined) {
    const own = await findServiceKey(scope.cache, uid, scope.regions.alibaba, SERVICE)
    return { keyId: own?.keyId, target: undefined }
  }
  const target = await resolveKey(scope, named, 'EncryptionKeyId')
  if (target.key?.service === SERVICE && target.owner === uid)
    return { keyId: target.key.id, target: undefined }
  // The key of another account is not taken, and told as missing.
  const kept = target.owner === uid ? target : { ...target, key: undefined }
  return { keyId: kept.key?.id ?? named, target: kept }
}

/** The key under which a secret's values are encrypted. */
export function resolveSecretKey(scope: ResolveScope, secret: Secret): ValueKey | Promise<ValueKey> {
  const { accountUid, kmsKeyId: keyId, region, serviceKey } = secret
  if (serviceKey) return { keyId, target: undefined }
  const { uid } = scope.caller.account
  const found = findKey(scope.cache, accountUid, region, keyId)
  const make = (key: Awaited<typeof found>): ValueKey => ({
    keyId,
    target: {
      arn: keyArn(region, accountUid, keyId),
      owner: accountUid,
      key: livingKey(key, scope.clock.now()),
      // The caller named the secret: no refusal shows which key encrypts it.
      called: { arn: keyArn(region, uid, '*'), owner: uid },
      missing: { code: 'KeyNotFound' },
    },
  })
  return whenReady(found, make)
}

/** What using the key needs of the same caller (seed: kms:GenerateDataKey to store a value, kms:Decrypt to read one). */
export function keyChecks(
  action: 'GenerateDataKey' | 'Decrypt',
  key: ValueKey | undefined,
): readonly Check[] {
  return key?.target ? [symmetricCheck(`kms:${action}`, key.target, undefined)] : []
}

/** The key's row, whose state and policy were decided on. */
export function decidedValueKey(key: ValueKey | undefined): readonly DecidedRow[] {
  return key?.target ? decidedKey(key.target) : []
}

/** Raises what KMS says of a caller's key that cannot be used now. */
export function assertUsable(scope: StateScope, action: 'GenerateDataKey' | 'Decrypt', key: ValueKey): void {
  if (key.target) assertCipher(keyFor(scope, action, key.target))
}

/** A value ready to be stored, but for what only the transaction knows. */
export interface PreparedValue {
  readonly rowId: string
  /** Answers the version to store; the same one when it is asked again. */
  finish(tx: WriteHandle): Promise<{ readonly version: SealedVersion; readonly keyId: string }>
}

/** Seals a value under a data key of its own, made under the secret's key. */
export async function prepareValue(
  scope: Scope,
  key: ValueKey,
  of: Omit<ValueOwner, 'rowId'>,
  given: { readonly versionId: string; readonly dataType: string; readonly value: string },
): Promise<PreparedValue> {
  const rowId = newRowId()
  const owner = { ...of, rowId }
  const bytes = randomBytes(32)
  const sealedValue = sealValue(owner, given.value, bytes)
  const text = bytes.toString('base64')
  bytes.fill(0)
  const { dataType, versionId } = given
  const sealed = (under: KeyVersion) => ({
    version: {
      rowId,
      versionId,
      dataType,
      sealedValue,
      dataKey: encryptText(scope.keyring, under, text, dataKeyContext(owner)),
    },
    keyId: under.keyId,
  })
  const under = await versionFor(scope, key, of.accountUid)
  if ('prepared' in under) {
    // The account's first secret brings the service's key with it, unless another call was first.
    return {
      rowId,
      finish: async (tx) => sealed(await insertServiceKey(tx, under, scope.clock.now())),
    }
  }
  const done = sealed(under)
  return { rowId, finish: async () => done }
}

async function versionFor(
  scope: Scope,
  { keyId, target }: ValueKey,
  accountUid: string,
): Promise<KeyVersion | NewServiceKey> {
  if (target) return encryptingVersion(scope, keyFor(scope, 'GenerateDataKey', target))
  const region = scope.regions.alibaba
  if (keyId === undefined) return makeServiceKey(scope.keyring, { accountUid, region }, SERVICE)
  const key = await findKey(scope.cache, accountUid, region, keyId)
  if (!key) throw refuse({ code: 'KeyNotFound' })
  return encryptingVersion(scope, key)
}

/** Values up to this size, in bytes, are kept in memory, sealed. */
const SMALL = 4096

interface Kept {
  readonly sealed: Uint8Array
}

/**
 * The value of a version, whose key was decided on and may be used. Without a promise when all is in memory. Raises
 * `SecretNotFound` when it went meanwhile, `KeyNotFound` when its key did.
 */
export function readSecretValue(
  scope: Scope,
  secret: Secret,
  version: SecretVersion,
): string | Promise<string> {
  const blob = blobOf(version)
  const under = findKeyVersion(scope.cache, blob.versionId)
  const kept = keptValue(scope, secret, version)
  const open = (key: KeyVersion | undefined, sealed: Uint8Array | undefined): string => {
    if (!key) throw refuse({ code: 'KeyNotFound' })
    if (!sealed) throw refuse({ code: 'SecretNotFound' })
    const owner = { accountUid: secret.accountUid, secretId: secret.id, rowId: version.rowId }
    const dataKey = Buffer.from(decryptText(scope.keyring, key, blob, dataKeyContext(owner)), 'base64')
    try {
      return openValue(owner, sealed, dataKey)
    } finally {
      dataKey.fill(0)
    }
  }
  return whenAllReady([under, kept] as const, (key, value) => open(key, value?.sealed))
}

const blobs = new WeakMap<SecretVersion, Blob>()

/** The encrypted data key of a version, taken apart once. */
function blobOf(version: SecretVersion): Blob {
  const known = blobs.get(version)
  if (known) return known
  const blob = readBlob(version.dataKey)
  blobs.set(version, blob)
  return blob
}

/** A short value stays in memory as it is stored; a long one is read each time, so that few cannot fill it. */
function keptValue(
  scope: Scope,
  { accountUid, name }: Secret,
  { rowId, size }: SecretVersion,
): Kept | undefined | Promise<Kept | undefined> {
  const load = async (db: Scope['store']['read']) => {
    const sealed = await readValue(db, rowId)
    return sealed && { sealed }
  }
  if (size > SMALL) return load(scope.store.read)
  return scope.cache.find<Kept>(`secrets:value:${name}:${rowId}`, async (db) => {
    const value = await load(db)
    return value && { accountUid, value }
  })
}
