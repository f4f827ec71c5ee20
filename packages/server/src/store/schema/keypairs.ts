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
    /** Row of `keypair_private_keys` that belongs to `public_key`; null: no private key in custody. */
    private_key_id: string | null
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
  /**
   * Private keys in custody. A rotation leaves the pair's earlier key here for as long as a host still lets it in.
   */
  keypair_private_keys: {
    /** UUID. */
    id: string
    keypair_id: string
    account_uid: string
    /** The OpenSSH line that it belongs to. */
    public_key: string
    /** `default`: sealed under the keyring. `kms`: sealed under a data key of a KMS key. */
    encryption: string
    kms_key_id: string | null
    /** The data key as KMS encrypted it, Base64. */
    data_key: string | null
    /** The private key's text, sealed; see keypairs/custody.ts. */
    sealed: Uint8Array
    created_at: number
  }
  /** Hosts that key pairs can be bound to. */
  keypair_hosts: {
    /** UUID inside. */
    id: string
    account_uid: string
    /** What the wire calls the server's id; unique in the account. */
    server_id: string
    name: string
    address: string
    port: number
    login_user: string
    /** The pinned host key: an OpenSSH line without a comment. */
    host_key: string
    /** `on` or `off`, as the operator says. */
    power: string
    /** Name of a program in the folder of offline hooks; empty: none. */
    offline_hook: string
    /** Path of sshd's configuration on the host; empty: the usual one. */
    sshd_config: string
    /** Shell command on the host that makes sshd read its configuration; empty: the usual one. */
    sshd_reload: string
    /** What is bound: all four are null where nothing is. The pair may be gone; the host keeps its line. */
    keypair_id: string | null
    keypair_name: string | null
    /** The line in authorized_keys exactly as it was written. */
    bound_line: string | null
    bound_at: number | null
    created_at: number
    updated_at: number
    version: number
  }
  /** What is not known of a host since a task could not take back what it had begun; see keypairs/hosts/doubts.ts. */
  keypair_host_doubts: {
    host_id: string
    account_uid: string
    /** The task that was the last to leave something. */
    task_id: string
    /** 1: the line that the record says is bound may be gone. */
    may_lack: number
    /** JSON: lines of ours that may be there besides, each with its pair. */
    lines: string
    /** What password login may have been switched to, `on` or `off`; empty: nothing. */
    passwords: string
    since: number
  }
  /** One operation on one host, from its submission on; see keypairs/tasks/. */
  keypair_tasks: {
    /** UUID: the task id of the wire. */
    id: string
    account_uid: string
    project_id: string
    host_id: string
    server_id: string
    server_name: string
    keypair_id: string
    keypair_name: string
    /** `visible_to` of the pair, also once that is gone: who else sees the task. */
    visible_to: string
    /** `BIND`, `RESET`, `REPLACE` or `UNBIND`. */
    verb: string
    /** `READY`, `RUNNING`, `SUCCESS` or `FAILED`. */
    state: string
    /** What becomes of password login: `keep`, `off` or `on`. */
    passwords: string
    /** As asked; null: that of the host. */
    port: number | null
    /** 1: through the host's offline hook. */
    offline: number
    /** 1: logs in with the pair's own earlier key from custody (rotations). */
    own_login: number
    rotation_id: string | null
    /** 1: who unbinds takes the key away also where nothing else lets in. */
    allow_lockout: number
    /** Passwords and private keys that the task needs; null once it has ended. */
    sealed_secrets: Uint8Array | null
    /** Who asked: the task is decided again as this access key when it starts. */
    access_key_id: string
    /** JSON: where the submission came from, for the second decision. */
    connection: string
    /** JSON of the host job; null before it started. */
    job: string | null
    /** JSON array of journal entries. */
    journal: string
    error_code: string
    error_message: string
    created_at: number
    updated_at: number
  }
}
