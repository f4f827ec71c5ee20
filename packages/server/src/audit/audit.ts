import type { Nonce } from '../pipeline/connection.ts'
import type { WriteHandle } from '../store/store.ts'

/** One check of a call as the audit keeps it. */
export interface AuditedCheck {
  readonly action: string
  readonly resource: string
  readonly decision: 'Allow' | 'Deny'
  readonly reason: string
  /** Layer, policy and statement that decided, where one did. */
  readonly by?: string
  /** The condition keys that were looked at, with their values; encryption-context values are keyed digests. */
  readonly facts?: Readonly<Record<string, string | readonly string[]>>
}

/** One entry a call (design, section 8). Holds no secret field, no plaintext, no URL. */
export interface AuditEntry {
  readonly requestId: string
  /** ISO 8601, milliseconds, UTC. */
  readonly time: string
  readonly operation: string
  readonly account: string
  readonly caller: string
  readonly accessKeyId: string
  readonly source: string
  readonly checks: readonly AuditedCheck[]
  /** `Success`, or the code of the problem. */
  readonly outcome: string
  /** The input without its secret fields. */
  readonly input?: Readonly<Record<string, unknown>>
  /** Remarks that outlive the call, such as a policy that locks everyone out. */
  readonly warnings?: readonly string[]
}

/** How much waits to be written, for metrics. */
export interface AuditLoad {
  /** Calls that wait for the sync that carries their entries. */
  readonly waiting: number
  /** Entries of writes, durable with their effect, that wait to be chained. */
  readonly unchained: number
  readonly writable: boolean
}

export interface AuditLog {
  /**
   * For a call that only reads, or that changed nothing: resolves when the shared sync has made the entry durable.
   * With a nonce, raises `NonceUsed` if that nonce was ever made durable before. Raises `Unavailable` on failure.
   */
  record(entry: AuditEntry, nonce?: Nonce): Promise<void>

  /** For a call that writes: entry and nonce join the transaction. Raises `NonceUsed` as above, undoing it all. */
  recordIn(tx: WriteHandle, entry: AuditEntry, nonce?: Nonce): Promise<void>

  /** Raises `Unavailable` while the last write failed and no probe has succeeded since: calls stop before their work. */
  assertWritable(): void

  close(): Promise<void>
}
