import type { NonceSet } from './nonce-set.ts'
import type { Bumps } from './revisions.ts'
import type { WriteHandle } from './store.ts'

/** What stands behind a write handle, for the few places that need more than the query builder. */
export interface HandleParts {
  readonly kind: 'sqlite' | 'postgres'
  /** SQLite only: runs a statement at once and returns the number of rows it changed. */
  readonly run?: (sql: string, parameters: readonly unknown[]) => number
  /** SQLite only: the nonces in memory, loaded by the first who asks. */
  readonly nonces?: (load: () => Promise<NonceSet>) => Promise<NonceSet>
  /** Ids of rows that this transaction changed, in bodies before this one too: those that were read outside are past. */
  readonly changed: Set<string>
  /** Changes of revisions, which are written at the end of the transaction. */
  readonly bumps: Bumps
  readonly done: (() => void)[]
  readonly failed: ((error: unknown) => void)[]
}

const handles = new WeakMap<WriteHandle, HandleParts>()

export function createParts(
  parts: Omit<HandleParts, 'bumps' | 'changed' | 'done' | 'failed'>,
  changed: Set<string> = new Set(),
): HandleParts {
  return { ...parts, changed, bumps: new Map(), done: [], failed: [] }
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

/**
 * Calls `then` when nothing remains of the body, or when that cannot be known: what memory holds of it goes. The body may
 * run again afterwards, with parts of its own.
 */
export function whenFailed(tx: WriteHandle, then: (error: unknown) => void): void {
  partsOf(tx).failed.push(then)
}
