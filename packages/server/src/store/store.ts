import type { Kysely, Transaction } from 'kysely'
import type { Nonce } from '../pipeline/connection.ts'
import type { DamageLatch } from './damage.ts'
import type { RowName } from './group-rows.ts'
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

  /** Runs `body` over one state of the database: what it reads was all true at one moment. It awaits nothing but its handle. */
  snapshot<T>(body: (db: ReadHandle) => Promise<T>): Promise<T>

  /**
   * Runs `body` in a transaction and resolves once it is durable. Bodies have the effect of running one after another.
   *
   * With `accounts`, a body shares its transaction with others, each in a savepoint, and everything that it reads to
   * decide or to hold a rule must be of those accounts. Without, it is for what belongs to no account, or is rare.
   *
   * The body may be run again. So it awaits nothing but its handle and has no effect outside it: keys, random values and
   * network calls come before or after. If it throws, nothing of it remains and the error comes out unchanged. Raises
   * `Overloaded` when too many writes wait or it waited too long, `Unavailable` when the database does not answer; after
   * the latter it may be unknown whether the transaction stands.
   */
  write<T>(body: (tx: WriteHandle) => Promise<T>, how?: WriteOptions): Promise<T>

  /**
   * Whether a nonce is known to be used: asked before work that is slow and would be for nothing. Only the transaction that
   * uses it can say that it is not.
   */
  isUsed(nonce: Nonce): boolean | Promise<boolean>

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
  /**
   * Uids of the accounts that the body stands on. On PostgreSQL their rows are locked, in the order of the uids, before
   * the body reads anything: of two bodies with a common account, in whichever process, one sees all of the other.
   */
  readonly accounts?: readonly string[]
  /**
   * On PostgreSQL, used together with those of other bodies before they run: one that was used before fails with
   * `NonceUsed` and does not run. On SQLite the body uses it, in memory.
   */
  readonly nonce?: Nonce | undefined
  /** Rows that the body will ask for: on PostgreSQL, a group reads those of all its bodies by one query. */
  readonly rows?: readonly RowName[]
  /** Called once for all bodies of a group that give the same function, when the accounts are locked and before they run. */
  readonly before?: () => void | Promise<void>
  /** Asked just before the commit; where it is false, the group is undone and its bodies run again. */
  readonly holds?: () => boolean
  /** On SQLite, the body runs after all those that wait, in the same commit (the audit's batch does). */
  readonly last?: boolean
  /** With `last`, on PostgreSQL: every statement of the body guards itself, and READ COMMITTED is enough for it. */
  readonly guarded?: boolean
  /**
   * With `last`, on PostgreSQL: the body makes one statement, which guards itself and is a transaction of its own. Which
   * nonces it uses it says before.
   */
  readonly single?: boolean
  /** The body may take as long as it takes: a step of a migration. Nothing else is served meanwhile. */
  readonly unlimited?: boolean
  /**
   * The body writes thousands of rows: it has a group of its own, and two minutes instead of seconds. Whoever else writes
   * waits for it.
   */
  readonly long?: boolean
}

/**
 * What a revision is of. `keys`: keys, their versions and aliases; a change names them. `secrets`: those and their values. `network`: the operator's map of
 * networks. `identity`: all else that decides.
 */
export type RevisionKind = 'identity' | 'keys' | 'secrets' | 'network'

/** What a write changes: entities of one kind in one account; without `items`, any of them. */
export interface Touched {
  readonly account: string
  readonly kind: RevisionKind
  readonly items?: readonly string[]
}

/**
 * Authorization data and keys in memory, valid under their account's revision (design, section 7). The kind of revision
 * is told by the beginning of a key: `kms:THING:NAME`, `secrets:THING:NAME`, `network:`, and all others.
 *
 * INVARIANT: nothing is served when the START of the last successful look at the revisions lies further back than the
 * bound, measured on the monotonic clock at the moment of use.
 */
export interface RevisionCache {
  /**
   * The value kept under `key` for the account, loaded when absent. A cached value is returned as it is, without a
   * promise, so that a warm decision costs no turn of the event loop. Concurrent loads of one key are one load.
   * Values are shared: freeze them. What a `kms:` key names last is the entity that a change names. A value that says that there is no such entity (`isAbsent`) stands apart, in less room:
   * anybody can ask for what is not there. Waits as {@link RevisionCache.whenFresh} does, and raises what that raises.
   */
  get<T extends object>(
    accountUid: string,
    key: string,
    load: (db: ReadHandle) => Promise<T>,
    isAbsent?: (value: T) => boolean,
  ): T | Promise<T>

  /**
   * As `get`, for an entity whose account is known only from its row (an access key by id, a key version by id). A
   * `load` that finds nothing resolves to undefined, which is believed for as long as the bound, or until a change is seen.
   * `item`: the entity whose change ends it, where that is not all of its kind.
   */
  find<T extends object>(
    key: string,
    load: (db: ReadHandle) => Promise<{ accountUid: string; value: T; item?: string } | undefined>,
  ): T | undefined | Promise<T | undefined>

  /** Drops what is held of an account, or of entities of it: this process just committed a change to them. */
  drop(accountUid: string, kind?: RevisionKind, items?: readonly string[]): void

  /** Looks at the revisions now, unless the last look is young. Does not throw: where it fails, what it would prove is not. */
  look(): void | Promise<void>

  /** Start of the last look that succeeded, on the monotonic clock. */
  readonly lastLook: number

  /** How many changes were seen so far. */
  readonly moves: number

  /**
   * A number that is the same as long as nothing was seen to change in these accounts; undefined where not enough of them
   * is held to see it.
   */
  stamp(accountUids: Iterable<string>): number | undefined

  /** True once a proof is half as old as it may be: whoever goes on for a while renews it first. */
  isAging(proof: number): boolean

  /** Raises `Unavailable` when the last look is too old. */
  assertFresh(): void

  /**
   * Nothing when the last look is young enough. Where it is not, because no look had a turn (the loop stood still, the
   * machine had too much to do), it waits for one look, the same for all who ask. Raises `Unavailable` where looks fail: at
   * once when the last one did, and no later than one look is given up.
   */
  whenFresh(): void | Promise<void>

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
