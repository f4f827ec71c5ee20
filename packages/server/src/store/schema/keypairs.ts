/** Times are milliseconds since the epoch. */
export interface KeypairTables {
  keypairs: {
    /** UUID inside, never on the wire. */
    id: string
    /** Number on the wire: position in the account's list and its marker. Never given twice in an account. */
    number: number
    account_uid: string
    project_id: string
    name: string
    /** Who sees it: `*` is everyone in the account (scope `domain`), else the iam id of one identity (scope `user`). */
    visible_to: string
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
  /** The last number given in an account. A row of its own, so that numbers of deleted pairs do not come back. */
  keypair_numbers: {
    account_uid: string
    last: number
  }
}
