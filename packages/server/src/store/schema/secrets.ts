/** Times are milliseconds since the epoch. */
export interface SecretTables {
  secrets: {
    /** UUID: what sealed values are bound to. */
    id: string
    account_uid: string
    region: string
    /** Unique in its account and region. */
    name: string
    /** `Generic`, `Rds`, ... as the wire spells it. */
    type: string
    description: string
    /** ARN of the identity that created it. */
    creator: string
    /** The secret policy as it was set, JSON text. */
    policy: string
    /** JSON object from tag key to value. */
    tags: string
    /** JSON text of the settings of a managed type; null where there are none. */
    extended_config: string | null
    /** Id of the KMS key under which new values are encrypted. */
    kms_key_id: string
    /** 1: that is the service's own key, which no policy of the caller bears on. */
    service_key: number
    instance_id: string | null
    created_at: number
    updated_at: number
    /** When its recovery window ends, while it is planned to be deleted. */
    delete_at: number | null
    /** 0 or 1. */
    automatic_rotation: number
    rotation_interval_s: number | null
    last_rotation_at: number | null
    /** When its next rotation is due, while rotation is on. */
    next_rotation_at: number | null
    /** Why its rotation does not go on, in words; null while it does. */
    rotation_error: string | null
    /** The hour in which calls to rotate are counted, and how many there were. */
    rotations_since: number | null
    rotations_count: number | null
    /** Grows by one with every change: writes are conditional on it. */
    version: number
  }
  secret_versions: {
    /** UUID. */
    id: string
    secret_id: string
    account_uid: string
    /** As the caller named it; unique in its secret. */
    version_id: string
    /** `text` or `binary`: what the caller says of the value. */
    data_type: string
    /** The value under the data key; see secrets/value.ts for the format. */
    sealed_value: Uint8Array
    /** The data key as KMS encrypted it, Base64. */
    data_key: string
    created_at: number
    /** Order of the versions of a secret, from 1 on. */
    position: number
  }
  secret_stages: {
    secret_id: string
    /** `ACSCurrent`, `ACSPrevious` or one of the caller's. On one version of the secret at a time. */
    stage: string
    /** Id of the version's row. */
    version_row: string
  }
}
