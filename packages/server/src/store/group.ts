import type { Nonce } from '../pipeline/connection.ts'
import type { RowName } from './group-rows.ts'
import type { HandleParts, LateRow } from './handles.ts'
import type { Bumps } from './revisions.ts'
import type { WriteHandle } from './store.ts'

/** What a kind of database does for the committer (committer.ts). On SQLite nothing of it waits before the commit is done. */
export interface Groups {
  readonly kind: 'sqlite' | 'postgres'
  /**
   * Begins a transaction and locks these accounts, given in order. Those that another process holds for too long are
   * told to `onBlocked` and not locked. Raises `Unavailable`.
   *
   * On PostgreSQL it also uses the nonces of the bodies and reads the rows that they were decided on, both of which are asked
   * for when it is known who is not blocked.
   */
  begin(
    accounts: readonly string[],
    onBlocked: (accounts: ReadonlySet<string>) => void,
    nonces: () => readonly Nonce[],
    rows: () => readonly RowName[],
  ): Promise<GroupTransaction>
}

/** The whole group has to be run again, whatever its bodies did. */
export class GroupUndone extends Error {}

/** What a group writes once, for all its bodies. */
export interface GroupEnd {
  readonly bumps: Bumps
  readonly late: readonly LateRow[]
}

export interface GroupTransaction {
  /** Nonces that were used before. */
  readonly replayed: ReadonlySet<Nonce>
  /** With the nonce that was used for it. */
  body(nonce?: Nonce): GroupBody
  /** The nonce of a body that failed: it is not used. */
  releaseNonce(nonce: Nonce): void
  /** Writes the revisions and commits; with nothing done, ends without. Resolves when it is durable. */
  commit(end: GroupEnd, any: boolean): Promise<void>
  /** Does not throw. */
  rollback(): Promise<void>
}

/** One body, in a savepoint. */
export interface GroupBody {
  readonly tx: WriteHandle
  readonly parts: HandleParts
  begin(): Promise<void>
  end(): Promise<void>
  /** Its handle is of no use from now on. */
  close(): void
  /** Takes back what it did. False: the whole transaction is gone. Raises {@link GroupUndone} where it cannot be told apart. */
  undo(): Promise<boolean>
}
