import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import { refuse } from '../base/problem.ts'
import { writeTags } from '../base/tags.ts'
import {
  DEFAULT_KEY_SPEC,
  type KeySpec,
  type KeyUsage,
  keySpec,
  usagesOf,
} from '../crypto/algorithms/index.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { KeyTables } from '../store/schema/kms.ts'
import type { WriteHandle } from '../store/store.ts'
import { assertInstance } from './instance.ts'
import { defaultKeyPolicy } from './policy.ts'
import { canRotate, nextRotation, type RotationPolicy } from './rotation.ts'
import { insertVersion, type PreparedVersion, prepareVersion } from './versions.ts'

/** What a caller may ask of a new key. */
export interface NewKeyOptions {
  readonly description?: string | undefined
  readonly spec?: string | undefined
  readonly usage?: string | undefined
  readonly origin?: string | undefined
  readonly protectionLevel?: string | undefined
  readonly instanceId?: string | undefined
  readonly policyText?: string | undefined
  readonly tags?: ReadonlyMap<string, string> | undefined
  readonly rotation: RotationPolicy
}

/** What a new key is made of, before any of it is stored. */
export interface NewKey {
  readonly accountUid: string
  readonly region: string
  readonly creator: string
  readonly description: string
  readonly spec: string
  readonly kind: KeySpec
  readonly usage: string
  readonly origin: string
  readonly protectionLevel: string
  readonly instanceId: string | undefined
  readonly policyText: string
  readonly tags: ReadonlyMap<string, string>
  readonly rotation: RotationPolicy
  /** Of a key that the service makes for itself. */
  readonly service?: string
}

/** Fills in what a request leaves out (reference: alibaba-kms.md A.2 CreateKey, B.1). Decides nothing, refuses nothing. */
export function newKey(
  owner: { readonly accountUid: string; readonly region: string; readonly creator: string },
  options: NewKeyOptions,
): NewKey {
  const kind = keySpec(options.spec ?? DEFAULT_KEY_SPEC)
  if (!kind) throw refuse({ code: 'InvalidParameter', name: 'KeySpec' })
  return {
    ...owner,
    description: options.description ?? '',
    spec: kind.name,
    kind,
    usage: options.usage ?? kind.defaultUsage,
    origin: options.origin ?? 'Aliyun_KMS',
    // Of a key in an instance the level is the instance's: this one is software.
    protectionLevel: options.instanceId === undefined ? (options.protectionLevel ?? 'SOFTWARE') : 'SOFTWARE',
    instanceId: options.instanceId,
    policyText: options.policyText ?? defaultKeyPolicy(owner.accountUid),
    tags: options.tags ?? new Map(),
    rotation: options.rotation,
  }
}

/**
 * Raises `InstanceNotFound` for an instance that is not there, `UnsupportedOperation` for a usage that the spec has not
 * and for rotation of what cannot rotate.
 */
export function assertPossible(key: NewKey): void {
  if (key.instanceId !== undefined) assertInstance(key.instanceId)
  if (!usagesOf(key.kind)[key.usage as KeyUsage]) throw refuse({ code: 'UnsupportedOperation' })
  if (key.rotation.on && !canRotate(key)) throw refuse({ code: 'UnsupportedOperation' })
}

/** Identifiers and sealed material of a new key: all that is random or slow, made before the transaction. */
export interface PreparedKey {
  readonly keyId: string
  /** Of an EXTERNAL key: without material, until it is imported. */
  readonly version: PreparedVersion
}

/** Takes the material and wipes it; null for a key whose material will be imported. */
export function prepareKey(keyring: Keyring, accountUid: string, material: Uint8Array | null): PreparedKey {
  const keyId = randomUUID()
  return { keyId, version: prepareVersion(keyring, accountUid, keyId, material) }
}

/** Stores a new key with its first version. */
export async function insertKey(
  tx: WriteHandle,
  key: NewKey,
  prepared: PreparedKey,
  now: number,
): Promise<Selectable<KeyTables['kms_keys']>> {
  const row: Selectable<KeyTables['kms_keys']> = {
    id: prepared.keyId,
    account_uid: key.accountUid,
    region: key.region,
    creator: key.creator,
    description: key.description,
    key_spec: key.spec,
    key_usage: key.usage,
    origin: key.origin,
    protection_level: key.protectionLevel,
    state: prepared.version.sealedMaterial === null ? 'PendingImport' : 'Enabled',
    // Key pairs have no primary version: their callers name one (reference: alibaba-kms.md B.3).
    primary_version_id: key.kind.kind !== 'pair' ? prepared.version.id : null,
    policy: key.policyText,
    created_at: now,
    delete_at: null,
    deletion_protection: 0,
    deletion_protection_description: '',
    instance_id: key.instanceId ?? null,
    automatic_rotation: key.rotation.on ? 1 : 0,
    rotation_interval_s: key.rotation.intervalS,
    last_rotation_at: now,
    next_rotation_at: nextRotation(key.rotation, now),
    material_expires_at: null,
    material_check: null,
    tags: writeTags(key.tags),
    service: key.service ?? null,
    version: 1,
  }
  await tx.insertInto('kms_keys').values(row).execute()
  await insertVersion(tx, { id: row.id, accountUid: row.account_uid }, prepared.version, now)
  return row
}
