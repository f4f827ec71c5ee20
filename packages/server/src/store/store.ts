import type { Kysely, Transaction } from 'kysely'
import type { DamageLatch } from './damage.ts'
import type { Schema } from './schema/index.ts'

export type ReadHandle = Kysely<Schema>
export type WriteHandle = Transaction<Schema>

/**
 * The database, whichever it is. Both implementations pass the conformance suite beside this file.
 */
export interface Store {
  readonly kind: 'sqlite' | 'postgres'

  /** Reads outside a transaction, on a connection of their own. Never for a decision: that is the revision cache's. */
  readonly read: ReadHandle

  /**
   * Runs `body` in one serializable transaction and resolves once it is durable.
   *
   * The body may be run again after a serialization failure, and on SQLite shares its commit with other bodies (each
   * in a savepoint). So it awaits nothing but its handle and has no effect outside it: keys, random values and
   * network calls come before or after. If it throws, nothing of it remains and the error comes out unchanged.
   * Raises `Overloaded` when too many writes wait, `Unavailable` when the database does not answer; after the latter
   * it may be unknown whether the transaction stands.
   *
   */
  write<T>(body: (tx: WriteHandle) => Promise<T>, how?: WriteOptions): Promise<T>

  /** Set once the database was found damaged; a store opened to read only has none, and reads what can be read. */
  readonly damage?: DamageLatch

  /** On SQLite: begins to look the whole file through, in a thread of its own; what it finds is reported as damage. */
  check?(): { readonly done: Promise<void>; stop(): Promise<void> }

  /** SQLite: the file was empty when this process locked it, so whatever is in it this process made. */
  readonly fresh?: boolean

  /** `discard`: on SQLite, takes the database away too, before anyone else can have its lock. */
  close(how?: { readonly discard?: boolean }): Promise<void>
}

export interface WriteOptions {
  /** On SQLite, the body runs after all those that wait, in the same commit (the audit's batch does). */
  readonly last?: boolean
  /** The body may take as long as it takes: a step of a migration. Nothing else is served meanwhile. */
  readonly unlimited?: boolean
}

/**
 * Adds one to the account's revision. Called in the transaction of every write that changes a decision or a key of
 * that account (not for task progress, last-used times or audit).
 */
export type BumpRevision = (tx: WriteHandle, accountUid: string) => Promise<void>

/**
 * Authorization data and keys in memory, valid under their account's revision (design, section 7).
 *
 * INVARIANT: nothing is served when the START of the last successful look at the revisions lies further back than the
 * bound, measured on the monotonic clock at the moment of use.
 */
export interface RevisionCache {
  /**
   * The value kept under `key` for the account, loaded when absent. A cached value is returned as it is, without a
   * promise, so that a warm decision costs no turn of the event loop. Concurrent loads of one key are one load.
   * Values are shared: freeze them. A value that says that there is no such thing (`isAbsent`) stands apart, in less room:
   * anybody can ask for what is not there. Raises `Unavailable` when the cache may not be believed.
   */
  get<T extends object>(
    accountUid: string,
    key: string,
    load: (db: ReadHandle) => Promise<T>,
    isAbsent?: (value: T) => boolean,
  ): T | Promise<T>

  /**
   * As `get`, for a thing whose account is known only from its row (an access key by id, a key version by id). A
   * `load` that finds nothing resolves to undefined, which is believed for as long as the bound, or until a change is seen.
   */
  find<T extends object>(
    key: string,
    load: (db: ReadHandle) => Promise<{ accountUid: string; value: T } | undefined>,
  ): T | undefined | Promise<T | undefined>

  /** Drops what is held for an account: this process just committed a change to it. */
  drop(accountUid: string): void

  /** Raises `Unavailable` when the last look is too old. */
  assertFresh(): void

  /**
   * The proof that what is held is believed now: the start of the last successful look, in milliseconds on the
   * monotonic clock. All that the cache gives from now on was true then or is newer. Raises `Unavailable` when the cache
   * may not be believed.
   *
   * Take it before the first value of a decision and show it to {@link RevisionCache.assertProof} where the decision
   * takes effect: a look that comes between the two proves the cache, but not the values that were taken before it.
   */
  proof(): number

  /** Raises `Unavailable` when that proof is now as old as the bound, or older: what was decided on it is not believed. */
  assertProof(proof: number): void

  close(): Promise<void>
}

/** The cache as those see it who only load through it. */
export type Loader = Pick<RevisionCache, 'get' | 'find'>
