import type { Compilable, CompiledQuery } from 'kysely'
import type { Nonce } from '../pipeline/connection.ts'
import type { BodyRows, KnownRow, RowName } from './group-rows.ts'
import type { NonceSet } from './nonce-set.ts'
import type { Bumps } from './revisions.ts'
import type { ReadHandle, WriteHandle } from './store.ts'

/** What stands behind a write handle, for the few places that need more than the query builder. */
export interface HandleParts {
  readonly kind: 'sqlite' | 'postgres'
  /** SQLite only: runs a statement at once and returns the number of rows it changed. */
  readonly run?: (sql: string, parameters: readonly unknown[]) => number
  /** SQLite only: the nonces in memory, loaded by the first who asks. */
  readonly nonces?: (load: () => Promise<NonceSet>) => Promise<NonceSet>
  /** Ids of rows that this transaction changed, in bodies before this one too: those that were read outside are past. */
  readonly changed: Set<string>
  /** Groups on PostgreSQL: sends a statement whose result nobody needs, and does not wait for it. */
  readonly send?: (query: CompiledQuery) => void
  /** Groups on PostgreSQL: the nonce that the group used for the body, before it ran. */
  readonly usedNonce?: Nonce | undefined
  /** Groups on PostgreSQL: rows that are written at the end of the transaction, with those of all its bodies. */
  readonly late?: LateRow[]
  /** Groups on PostgreSQL: rows that the group read for all its bodies. */
  readonly rows?: BodyRows
  /** Changes of revisions, which are written at the end of the transaction. */
  readonly bumps: Bumps
  /** PostgreSQL: nonces that the transaction used. */
  readonly used: Nonce[]
  /** Jobs that have work by what the body wrote. */
  readonly begun: Set<string>
  readonly done: (() => void)[]
  readonly failed: ((error: unknown) => void)[]
}

/** A row that may be written last, and what writes many of them by one statement. */
export interface LateRow {
  readonly write: (tx: WriteHandle, rows: readonly never[]) => Promise<void>
  readonly row: never
}

const handles = new WeakMap<WriteHandle, HandleParts>()

export function createParts(
  parts: Omit<HandleParts, 'begun' | 'bumps' | 'changed' | 'used' | 'done' | 'failed'>,
  changed: Set<string> = new Set(),
): HandleParts {
  return { ...parts, changed, bumps: new Map(), used: [], begun: new Set(), done: [], failed: [] }
}

export function registerHandle(tx: WriteHandle, parts: HandleParts): void {
  handles.set(tx, parts)
}

/** The parts of a handle that `Store.write` gave out. */
export function partsOf(tx: WriteHandle): HandleParts {
  const parts = handles.get(tx)
  if (!parts) throw new TypeError('this handle was not given out by a write of the store')
  return parts
}

/**
 * Calls `then` when the body that has this handle is done: on PostgreSQL once it is durable; on SQLite once it is part
 * of its group, before the group's commit. Not called when the body is rolled back or run again. It must not throw.
 */
export function whenDone(tx: WriteHandle, then: () => void): void {
  partsOf(tx).done.push(then)
}

/** Tells that a job has work once the body is durable: in this process it looks at once, not with its next look. */
export function beginsWork(tx: WriteHandle, job: string): void {
  partsOf(tx).begun.add(job)
}

/**
 * Calls `then` when nothing remains of the body, or when that cannot be known: what memory holds of it goes. The body may
 * run again afterwards, with parts of its own.
 */
export function whenFailed(tx: WriteHandle, then: (error: unknown) => void): void {
  partsOf(tx).failed.push(then)
}

/**
 * Writes a row that no body reads: where bodies share a transaction over a network, with the rows of all of them at its
 * end. `write` is a constant: rows with the same one go together.
 */
export async function writeLate<R>(
  tx: WriteHandle,
  write: (tx: WriteHandle, rows: readonly R[]) => Promise<void>,
  row: R,
): Promise<void> {
  const { late } = partsOf(tx)
  if (late) late.push({ write, row } as unknown as LateRow)
  else await write(tx, [row])
}

/**
 * Runs a statement that cannot fail but by a defect, and whose result nobody needs. Where bodies share a transaction over a
 * network it is not waited for: what comes after it in the transaction sees what it did.
 *
 * `only`: the one row that it changes, and the columns, whose values stand in the statement as they are.
 */
export async function runUnawaited(
  tx: WriteHandle,
  query: Compilable,
  only?: { readonly row: RowName; readonly set: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { send, rows } = partsOf(tx)
  if (!send) {
    await tx.executeQuery(query.compile())
    return
  }
  send(query.compile())
  if (only) rows?.changed(only.row, only.set)
  else rows?.forget()
}

/** A row as it stands in the transaction behind a handle, where that is known without asking. */
export function knownRow(db: ReadHandle, name: RowName): KnownRow | undefined {
  return handles.get(db as WriteHandle)?.rows?.get(name)
}
