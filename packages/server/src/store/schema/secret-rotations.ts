/** Times are milliseconds since the epoch. */
export interface SecretRotationTables {
  /** Rotations of managed secrets that are not at their end: at most one a secret. */
  secret_rotations: {
    /** UUID. */
    id: string
    secret_id: string
    account_uid: string
    /** What the new version is called. */
    version_id: string
    /** `create`, `call` or `schedule`. */
    cause: string
    /** `asked`, `stored`, `setting`, `undoing` or `moved`; see secrets/rotation/journal.ts. */
    state: string
    /** Row of the new version; null until it is stored. */
    new_row: string | null
    /** Row of the version that was current; null where there was none. */
    old_row: string | null
    /** When what the old version opens is taken away, once the stages have moved; null: nothing is. */
    retire_at: number | null
    /** Attempts that failed since something last went well. */
    attempts: number
    next_attempt_at: number
    error_code: string
    error_message: string
    created_at: number
    updated_at: number
  }
}
