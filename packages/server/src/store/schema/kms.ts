import type { Generated } from 'kysely'

/** Times are milliseconds since the epoch. */
export interface KeyTables {
  kms_keys: {
    /** UUID. */
    id: string
    account_uid: string
    region: string
    /** ARN of the identity that created it. */
    creator: string
    description: string
    key_spec: string
    key_usage: string
    origin: string
    protection_level: string
    state: string
    /** Version that encrypts; null for asymmetric keys. */
    primary_version_id: string | null
    /** The key policy as it was set, JSON text. */
    policy: string
    created_at: number
    /** When its deletion window ends, while `state` is PendingDeletion. */
    delete_at: number | null
    /** 0 or 1. */
    deletion_protection: number
    deletion_protection_description: string
    /** Managed instance that holds the key, or null. */
    instance_id: string | null
    /** 0 or 1. */
    automatic_rotation: number
    rotation_interval_s: number | null
    last_rotation_at: number
    /** When a new version is due, while rotation is on. */
    next_rotation_at: number | null
    /** When imported material expires. */
    material_expires_at: number | null
    /** Keyed digest of the first imported material: only the same bytes may ever be imported again. */
    material_check: Uint8Array | null
    /** JSON object from tag key to value. */
    tags: string
    /** The part of this service that made the key for itself and alone may use it; null: a caller's key. */
    service: string | null
    /** Grows by one with every change: writes are conditional on it. */
    version: number
  }
  kms_key_versions: {
    /** UUID of 36 characters: the first 36 bytes of a ciphertext blob. */
    id: string
    key_id: string
    account_uid: string
    /** Sealed under the keyring; see crypto/sealed-bytes.ts for the format. Null: no material (imported keys). */
    sealed_material: Uint8Array | null
    /** 1: made by CreateKeyVersion. The first version, and those of rotations, are not. */
    by_hand: number
    created_at: number
    /** Messages that it has encrypted, in blocks; see kms/uses.ts. */
    uses: Generated<number>
  }
  kms_aliases: {
    account_uid: string
    region: string
    /** With its `alias/`. */
    name: string
    key_id: string
    created_at: number
    version: number
  }
}
