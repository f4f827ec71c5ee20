import { randomBytes, randomUUID } from 'node:crypto'
import type { RootKey } from '../crypto/root-key.ts'
import type { WriteHandle } from '../store/store.ts'
import { materialLabel } from './keys.ts'

/** What a new key is made of, before any of it is stored. */
export interface NewKey {
  readonly accountUid: string
  readonly region: string
  readonly creator: string
  readonly description: string
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly protectionLevel: string
  readonly policyText: string
}

/** Identifiers and sealed material of a new key: all that is random or slow, made before the transaction. */
export interface PreparedKey {
  readonly keyId: string
  readonly versionId: string
  readonly sealedMaterial: Uint8Array
}

export function prepareSymmetricKey(rootKey: RootKey, accountUid: string, bytes: number): PreparedKey {
  const keyId = randomUUID()
  const versionId = randomUUID()
  const material = randomBytes(bytes)
  const sealedMaterial = rootKey.seal(material, materialLabel(accountUid, keyId, versionId))
  material.fill(0)
  return { keyId, versionId, sealedMaterial }
}

/** Stores a new key with its first version. */
export async function insertKey(
  tx: WriteHandle,
  key: NewKey,
  prepared: PreparedKey,
  now: number,
): Promise<void> {
  await tx
    .insertInto('kms_keys')
    .values({
      id: prepared.keyId,
      account_uid: key.accountUid,
      region: key.region,
      creator: key.creator,
      description: key.description,
      key_spec: key.spec,
      key_usage: key.usage,
      origin: key.origin,
      protection_level: key.protectionLevel,
      state: 'Enabled',
      primary_version_id: prepared.versionId,
      policy: key.policyText,
      created_at: now,
      delete_at: null,
      deletion_protection: 0,
      deletion_protection_description: '',
      instance_id: null,
      automatic_rotation: 0,
      rotation_interval_s: null,
      last_rotation_at: now,
      next_rotation_at: null,
      material_expires_at: null,
      material_check: null,
      tags: '{}',
      version: 1,
    })
    .execute()
  await tx
    .insertInto('kms_key_versions')
    .values({
      id: prepared.versionId,
      key_id: prepared.keyId,
      account_uid: key.accountUid,
      sealed_material: prepared.sealedMaterial,
      created_at: now,
    })
    .execute()
}
