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
    delete_at: number | null
    /** Grows by one with every change: writes are conditional on it. */
    version: number
  }
  kms_key_versions: {
    /** UUID of 36 characters: the first 36 bytes of a ciphertext blob. */
    id: string
    key_id: string
    account_uid: string
    /** AES-256-GCM under the root key; see crypto/root-key.ts for the format. */
    sealed_material: Uint8Array
    created_at: number
  }
}
