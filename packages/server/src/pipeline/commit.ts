import type { MaybePromise } from '../base/when-ready.ts'
import { knownRow, partsOf } from '../store/handles.ts'
import { type HotQuery, hotQuery } from '../store/hot.ts'
import { bumpRevision } from '../store/revisions.ts'
import type { VersionedTable } from '../store/schema/index.ts'
import type { Loader, Touched, WriteHandle } from '../store/store.ts'
import type { Call, Step } from './answer.ts'
import type { DecidedCheck } from './decision.ts'
import { auditEntry } from './entry.ts'
import type { DecidedRow, WriteOperation } from './operation.ts'
import type { PipelineParts } from './parts.ts'
import type { Scopes } from './scope.ts'

/** Targets that were decided on, and what proves that the decision is of now. */
export interface DecidedCall {
  readonly targets: unknown
  readonly denied?: DecidedCheck
  /** Of a batch that is answered by item: the items that are refused, while others are not. */
  readonly deniedItems?: ReadonlyMap<number, DecidedCheck>
  /** See `RevisionCache.proof`; taken before anything was looked at. */
  readonly proof: number
  /** See `RevisionCache.stamp`; absent where it cannot be known whether anything moved since. */
  readonly stamp?: number
}

/** A target's row is no longer the one that was decided on, or the decision cannot be made within the transaction. */
export class StartAgain extends Error {}

// biome-ignore lint/suspicious/noExplicitAny: the record's own types were checked where it was written
export type AnyWrite = WriteOperation<any, any, any, any>

/** A write that was decided on and prepared. */
export interface Ready {
  readonly decision: DecidedCall
  readonly prepared: unknown
  /** The checks, as they were decided last. */
  readonly decided: readonly DecidedCheck[]
  /** Decides the call again, looking at its targets through these scopes. */
  readonly decide: (scopes: Scopes) => MaybePromise<DecidedCall>
}

type CommitParts = Pick<PipelineParts, 'store' | 'cache' | 'audit' | 'digestKey' | 'onBegun'>

/** Accounts that a call stands on: the caller's, and those of all that it was decided on. */
export function standsOn(call: Call, decided: readonly DecidedCheck[]): Set<string> {
  return new Set([call.caller.account.uid, ...decided.map(({ check }) => check.owner)])
}

export function isAged({ cache }: Pick<PipelineParts, 'cache'>, { proof }: DecidedCall): boolean {
  try {
    cache.assertProof(proof)
    return false
  } catch {
    return true
  }
}

/**
 * Does the work of a write, with its entry, in one transaction that others share. It may wait for its turn longer than a
 * decision lasts, and writes before it may move its targets. So at its turn, with its accounts locked and one look at the
 * revisions taken for the whole group, a decision is renewed where nothing was seen to move; else the call is decided
 * again within the transaction, where it sees what those before it wrote.
 *
 * INVARIANT: nothing is committed on a decision older than the bound, nor on a row that is not the decided one.
 */
export async function commit(
  parts: CommitParts,
  scopes: Scopes,
  call: Call,
  operation: AnyWrite,
  ready: Ready,
): Promise<{ readonly output: Record<string, unknown>; readonly warnings: readonly string[] }> {
  const { cache } = parts
  let { decision, prepared } = ready
  const stands = standsOn(call, ready.decided)
  let touched: readonly Touched[] = operation.touches(scopes.check, call.input, decision.targets)
  for (const { account } of touched) stands.add(account)
  const warnings: string[] = []
  let begun: ReadonlySet<string> = new Set()
  const write: Step = call.step ?? ((body, how) => parts.store.write(body, how))

  /** The decision as it holds now, within the transaction. */
  async function renew(tx: WriteHandle): Promise<void> {
    const rows = operation.decided(decision.targets)
    const { changed } = partsOf(tx)
    // One that a write before it in this transaction changed need not be asked for.
    const unmoved = !rows.some(({ id }) => changed.has(id)) && (await areUnmoved(tx, rows))
    if (unmoved && !cache.isAging(decision.proof)) return
    await cache.whenFresh()
    if (
      unmoved &&
      decision.stamp !== undefined &&
      cache.stamp(standsOn(call, ready.decided)) === decision.stamp
    ) {
      decision = { ...decision, proof: cache.proof() }
      return
    }
    if (!unmoved && !operation.quick) throw new StartAgain()
    const through = throughTransaction(scopes, tx)
    const again = await ready.decide(through)
    // A refusal has an entry of its own, outside this transaction.
    if (again.denied || [...standsOn(call, ready.decided)].some((uid) => !stands.has(uid)))
      throw new StartAgain()
    if (!sameRows(rows, operation.decided(again.targets))) {
      if (!operation.quick) throw new StartAgain()
      operation.state?.(through.state, call.input, again.targets)
      prepared = await operation.prepare(through.work, call.input, again.targets)
    }
    decision = again
    touched = operation.touches(scopes.check, call.input, decision.targets)
  }

  /**
   * Work that takes longer than a decision lasts: the accounts are locked, so their revisions alone tell whether anything
   * moved that it was decided on.
   */
  async function outlast(): Promise<void> {
    if (!operation.long || !cache.isAging(decision.proof)) return
    await cache.look()
    await cache.whenFresh()
    if (decision.stamp === undefined || cache.stamp(standsOn(call, ready.decided)) !== decision.stamp)
      throw new StartAgain()
    decision = { ...decision, proof: cache.proof() }
  }

  try {
    const output = await write(
      async (tx) => {
        warnings.length = 0
        let outcome = 'Success'
        await renew(tx)
        const warn = (text: string) => warnings.push(text)
        const output = await operation.work(
          tx,
          { ...scopes.state, warn, outcome: (code) => (outcome = code) },
          call.input,
          decision.targets,
          prepared,
        )
        await outlast()
        for (const { id } of operation.decided(decision.targets)) partsOf(tx).changed.add(id)
        for (const { account, kind, items } of touched) await bumpRevision(tx, account, kind, items)
        const entry = auditEntry(call, ready.decided, outcome, parts.digestKey, warnings)
        await parts.audit.recordIn(tx, entry, call.nonce)
        begun = partsOf(tx).begun
        return output
      },
      {
        accounts: [...stands],
        nonce: call.nonce,
        rows: operation.decided(decision.targets),
        before: cache.look,
        holds: () => !isAged(parts, decision),
        ...(operation.long && { long: true }),
      },
    )
    for (const job of begun) parts.onBegun?.(job)
    return { output, warnings }
  } finally {
    // Also when a row had moved or the outcome is unknown: what is held here may be old.
    for (const { account, kind, items } of touched) cache.drop(account, kind, items)
  }
}

const versions = new Map<VersionedTable, HotQuery<{ readonly version: number }>>()

/** Asks for the version of a row by its id. */
function versionOf(table: VersionedTable): HotQuery<{ readonly version: number }> {
  let query = versions.get(table)
  if (!query) {
    query = hotQuery((db) => db.selectFrom(table).select('version').where('id', '=', ''))
    versions.set(table, query)
  }
  return query
}

async function areUnmoved(tx: WriteHandle, rows: readonly DecidedRow[]): Promise<boolean> {
  for (const row of rows) {
    const found = knownRow(tx, row) ?? (await versionOf(row.table)(tx, [row.id]))[0]
    if (found?.version !== row.version) return false
  }
  return true
}

export function sameRows(one: readonly DecidedRow[], other: readonly DecidedRow[]): boolean {
  const text = (rows: readonly DecidedRow[]) =>
    rows.map(({ id, table, version }) => `${table} ${id} ${version}`).join()
  return text(one) === text(other)
}

/** The scopes as the transaction sees them: keys and rows are read through it, and nothing of them is kept. */
function throughTransaction(scopes: Scopes, tx: WriteHandle): Scopes {
  const { cache } = scopes.resolve
  const through: Loader = {
    get: (uid, key, load, isAbsent) => (changesWithin(key) ? load(tx) : cache.get(uid, key, load, isAbsent)),
    find: (key, load) =>
      changesWithin(key) ? load(tx).then((found) => found?.value) : cache.find(key, load),
  }
  const seen = { cache: through, store: { read: tx } }
  return { ...scopes, resolve: { ...scopes.resolve, ...seen }, work: { ...scopes.work, ...seen } }
}

/** Targets of writes. What decides about them is the cache's: its age is proved by the look of the group. */
function changesWithin(key: string): boolean {
  return key.startsWith('kms:') || key.startsWith('secrets:')
}
