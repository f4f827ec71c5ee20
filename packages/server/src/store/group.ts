import type { HandleParts } from './handles.ts'
import type { Bumps } from './revisions.ts'
import type { WriteHandle } from './store.ts'

/** What a kind of database does for the committer (committer.ts). On SQLite nothing of it waits before the commit is done. */
export interface Groups {
  readonly kind: 'sqlite' | 'postgres'
  /**
   * Begins a transaction and locks these accounts, given in order. Those that another process holds for too long are
   * told to `onBlocked` and not locked. Raises `Unavailable`.
   */
  begin(
    accounts: readonly string[],
    onBlocked: (accounts: ReadonlySet<string>) => void,
  ): Promise<GroupTransaction>
}

export interface GroupTransaction {
  body(): GroupBody
  /** Writes the revisions and commits; with nothing done, ends without. Resolves when it is durable. */
  commit(bumps: Bumps, any: boolean): Promise<void>
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
  /** Takes back what it did. False: the whole transaction is gone. */
  undo(): Promise<boolean>
}
