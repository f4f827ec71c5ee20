/** Times are milliseconds since the epoch. */
export interface KeypairTables {
  keypairs: {
    /** UUID inside, never on the wire. */
    id: string
    /** Number on the wire: position in the account's list and its marker. */
    number: number
    account_uid: string
    project_id: string
    name: string
    /** `user` or `domain`. */
    scope: string
    /** iam id of the owner. */
    user_id: string
    user_name: string
    type: string
    algorithm: string
    /** OpenSSH line without a final newline. */
    public_key: string
    /** MD5 of the key blob, 16 hex pairs joined by `:`. */
    fingerprint: string
    description: string
    created_at: number
    updated_at: number
    version: number
  }
}
