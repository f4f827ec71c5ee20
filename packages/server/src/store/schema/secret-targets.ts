/** Times are milliseconds since the epoch. */
export interface SecretTargetTables {
  /** Databases whose accounts managed secrets may have. */
  secret_targets: {
    /** UUID inside. */
    id: string
    account_uid: string
    /** What stands for an instance id in the calls; unique in the account. */
    name: string
    engine: string
    address: string
    port: number
    /** PostgreSQL: the database to connect to; empty: `postgres`. */
    database: string
    /** `on` or `off`. */
    tls: string
    /** Certificates in PEM; empty: those of the machine. */
    ca: string
    /** Name of the account that the service logs in as to change the others. */
    administrator: string
    /** Its password, sealed under the keyring; see secrets/targets/password.ts. */
    sealed_password: Uint8Array
    /** JSON array of names: the accounts that secrets may manage. */
    accounts: string
    created_at: number
    updated_at: number
    version: number
  }
  /** The users of registered hosts that managed secrets may have. No row: none. */
  secret_host_users: {
    account_uid: string
    /** Id of the host in the calls. */
    host: string
    /** JSON array of names. */
    users: string
  }
}
