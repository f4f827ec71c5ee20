/** Tables of the store itself, the audit and the jobs. Times are milliseconds since the epoch. */
export interface SystemTables {
  /** Which migrations this database has seen. */
  migrations: {
    /** `0001-tables`: the number orders them. */
    name: string
    applied_at: number
  }
  /** One row, `id` 1: whoever holds it migrates. */
  migration_lock: {
    id: number
    /** Empty when nobody holds it. */
    owner: string
    /** By the wall clock; a holder that died is overtaken then. */
    until: number
  }
  /** Small facts about the database: its world, the root key's check value, what was done once (`once:NAME`). */
  meta: {
    key: string
    value: string
  }
  /** One row, `id` 1: the keys under the root key; see crypto/keyring-state.ts. */
  keyring: {
    id: number
    /** Grows with every change, that of the root key too. */
    version: number
    sealed: Uint8Array
  }
  /** How many messages each generation of the keyring may have sealed: reserved in blocks, before they are. */
  keyring_uses: {
    generation: number
    uses: number
  }
  /** Grows with the writes that change decisions or keys of the account: once for all that share a commit. */
  revisions: {
    account_uid: string
    /** What changed; see revisions.ts. */
    kind: string
    revision: number
    /** Which entities the last changes were of; see revisions.ts for the format. */
    recent: string
  }
  /** PostgreSQL: a row an account, locked before anything of the account is read to be changed. */
  account_locks: {
    account_uid: string
  }
  /** Request identifiers that were used, kept by the time they were signed. */
  nonces: {
    /** Minutes since the epoch of the signed timestamp. */
    bucket: number
    /** 16 bytes; on SQLite those of a whole batch, one after the other. */
    id: Uint8Array
  }
  /** One row, `id` 1. INVARIANT: a nonce that was forgotten was signed before this minute. */
  nonce_floor: {
    id: number
    /** Minutes since the epoch. What was signed earlier is refused. */
    bucket: number
  }
  /** The clock of every process, and the last time that each of them trusted; see clock/judge.ts. */
  clocks: {
    /** The process; on SQLite, which has one, always the same. */
    id: string
    /** The run of its machine. */
    boot: string
    wall: number
    /** When the row was written: by the database's clock where it has one. */
    seen: number
    /** The last trusted time, and how long the machine had been up then. */
    trusted_wall: number | null
    trusted_uptime: number | null
  }
  /** The sealed head of each chain; see audit/format.ts. */
  audit_chains: {
    id: string
    /** Number of the last batch; 0 before the first. */
    sequence: number
    /** Hash of the last batch, 32 bytes. */
    hash: Uint8Array
    /** Keyed, 32 bytes: over id, sequence and hash. */
    seal: Uint8Array
  }
  /** The log itself; see audit/format.ts. */
  audit_batches: {
    chain_id: string
    /** 1, 2, 3, ... without a gap. */
    sequence: number
    /** Time of the earliest and of the latest entry. */
    first_time: number
    last_time: number
    /** One entry a line, without a final newline. */
    entries: string
    /** 32 bytes an entry. */
    digests: Uint8Array
    /** Hash of the batch before, 32 bytes. */
    previous: Uint8Array
    hash: Uint8Array
    seal: Uint8Array
  }
  /** Up to where batches of a chain were taken out of the database, when they were old enough; see audit/floors.ts. */
  audit_floors: {
    chain_id: string
    /** Number of the last batch that was taken out. */
    sequence: number
    /** Its hash, 32 bytes. */
    hash: Uint8Array
    /** Keyed, 32 bytes: over chain, sequence and hash. */
    seal: Uint8Array
  }
  /** How far the entries of a chain were sent to another system; see audit/sent.ts. */
  audit_sent: {
    /** The address of the system. */
    sink: string
    chain_id: string
    /** Number of the last batch that was sent. */
    sequence: number
    /** Keyed, 32 bytes: over sink, chain and sequence. */
    seal: Uint8Array
  }
  /** Entries that were committed with their effect and are not chained yet. */
  audit_pending: {
    id: string
    /** The chain of the process that wrote it. */
    chain_id: string
    /** By the time that all processes share. */
    written_at: number
    entry: string
    /** Keyed, 32 bytes: over id, chain and entry. */
    seal: Uint8Array
  }
  /** When keys, secrets and roles were last used, some time late: see identity/last-used.ts. */
  resource_uses: {
    /** Its name in policies of `ram`; a role has no region there. */
    resource: string
    account_uid: string
    used_at: number
  }
  jobs: {
    name: string
    /** The worker that has it; empty when nobody has. */
    owner: string
    /** Grows with every claim: a worker that finds another number has lost the job. */
    fence: number
    lease_until: number
    next_at: number
  }
}
