import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { Refusal, refuse } from '../base/problem.ts'
import { commonTime } from '../store/clock/watched.ts'
import { absenceText, isDatabaseAway } from '../store/errors.ts'
import { partsOf, whenDone, whenFailed } from '../store/handles.ts'
import { useNonce } from '../store/nonces.ts'
import type { Store } from '../store/store.ts'
import type { AuditEntry, AuditLoad, AuditLog } from './audit.ts'
import {
  BATCH_LINES,
  type BatchParts,
  type BatchResult,
  takeLines,
  type WaitingRead,
  writeBatch,
} from './batch.ts'
import { type Head, openChain } from './chain.ts'
import { entryText, type SealKeys } from './format.ts'
import { createGather } from './gather.ts'
import { writeAtOnce } from './one-statement.ts'
import { type Adoption, insertPending, type PendingLine } from './pending.ts'

export interface AuditLogOptions {
  readonly store: Store
  readonly sealKeys: SealKeys
  readonly clock: Clock
  /**
   * Name of the chain that this process writes, which no other living process may write: one fixed name on SQLite, a
   * fresh one for each process on PostgreSQL.
   */
  readonly chainId: string
  /** Called with what an operator must know. */
  readonly log?: (level: 'info' | 'error', message: string, detail?: Record<string, unknown>) => void
  /** Reads that may wait for the shared sync; 10,000 by default. One more is refused with `Overloaded`. */
  readonly maxWaiting?: number
  /** Called for every batch that became durable, with its milliseconds and its number of entries. */
  readonly onBatch?: (milliseconds: number, entries: number) => void
}

/** How often entries of dead processes are looked for, and how long to pause between probes, in milliseconds. */
const ADOPT_EVERY = 10_000
/**
 * PostgreSQL: for how long entries of writes, which are durable, wait for others before they are chained, in milliseconds.
 * Nobody waits for them: a transaction for each would only take from those that are waited for.
 */
const CHAINED_AFTER = 200
const FIRST_PROBE = 50
const LAST_PROBE = 1000

/**
 * Opens the log: continues the chain, or begins it, and takes over what its last writer left unchained. See
 * {@link AuditLog} for its promises and `format.ts` for what it writes.
 *
 * One batch is written at a time; what comes meanwhile is in the next one. On SQLite the batch runs last in the group
 * commit, so the entries of all reads and writes of a turn of the loop become durable, chained, with one sync.
 *
 * INVARIANT: `head` is where the chain stands in the database, as long as `state` is `open`.
 */
export async function createAuditLog(
  options: AuditLogOptions,
): Promise<AuditLog & { readonly load: AuditLoad }> {
  const { store, sealKeys, clock, chainId, maxWaiting = 10_000, log = () => {}, onBatch } = options
  const reads: WaitingRead[] = []
  let committed: PendingLine[] = []
  /** Own entries that were chained as orphans before their write was known to be done. */
  const adoptedOwn = new Set<string>()
  /** Lines of bodies that were part of a group, and the group was undone. */
  const undone = new WeakSet<PendingLine>()
  let adoption: Adoption | undefined
  let state: 'open' | 'failed' | 'closed' = 'open'
  let head: Head = await reopen()
  let flushing: Promise<void> | undefined
  let probing: NodeJS.Timeout | undefined
  let due: NodeJS.Timeout | 'now' | undefined
  let closing = false
  const gather = createGather()
  const run = randomUUID()
  let count = 0

  const adopting = setInterval(() => {
    if (store.kind === 'postgres') adoption ??= { of: 'dead' }
    schedule()
  }, ADOPT_EVERY)
  adopting.unref()
  schedule()

  async function reopen(): Promise<Head> {
    const { head: found, left, list } = await store.write((tx) => openChain(tx, sealKeys, chainId))
    if (list) log('error', `the sealed list of the audit chains was ${list}: verify the audit`)
    for (const chain of left)
      log('error', 'an audit chain lost its genuine head: it is left as it is', { chain })
    adoption = store.kind === 'sqlite' ? { of: 'all' } : { of: 'chain', chain: found.chain }
    return found
  }

  function schedule(): void {
    if (flushing || state !== 'open') return
    if (reads.length === 0 && committed.length === 0 && !adoption) return
    if (store.kind === 'postgres' && reads.length === 0 && !adoption && !isDue()) return
    flushing = flush().finally(() => {
      flushing = undefined
      schedule()
    })
  }

  /** Whether entries of writes are to be chained now; if not, they will be. */
  function isDue(): boolean {
    if (closing || committed.length >= BATCH_LINES) return true
    if (due === undefined) {
      due = setTimeout(() => {
        due = 'now'
        schedule()
      }, CHAINED_AFTER)
      due.unref()
    }
    return due === 'now'
  }

  async function flush(): Promise<void> {
    if (due !== 'now') clearTimeout(due)
    due = undefined
    if (store.kind === 'postgres') await gather.wait()
    // Taken when the body first runs: on SQLite that is after the bodies of the group, on PostgreSQL at once.
    let parts: BatchParts | undefined
    const guarded = adoption === undefined
    const begun = performance.now()
    try {
      const atOnce = store.kind === 'postgres' && guarded
      const result = await (atOnce
        ? writeParts(() => (parts ??= take(false)))
        : store.write(
            (tx) => {
              parts ??= take(!guarded)
              return writeBatch(tx, sealKeys, head, {
                ...parts,
                committed: parts.committed.filter((line) => !undone.has(line)),
              })
            },
            { last: true, guarded },
          ))
      gather.took(performance.now() - begun, parts?.reads.length ?? 0)
      onBatch?.(performance.now() - begun, (parts?.reads.length ?? 0) + (parts?.committed.length ?? 0))
      head = result.head
      for (const id of result.adopted) if (id.startsWith(run)) adoptedOwn.add(id)
      if (result.more && parts) adoption ??= parts.adoption
      if (result.altered.length > 0)
        log('error', 'pending audit entries were altered', { ids: result.altered })
      if (result.vanished > 0) log('error', 'pending audit entries had vanished', { count: result.vanished })
      for (const read of parts?.reads ?? []) {
        if (result.replayed.has(read)) read.reject(refuse({ code: 'NonceUsed' }))
        else read.resolve()
      }
    } catch (error) {
      const overloaded = error instanceof Refusal && error.problem.code === 'Overloaded'
      if (overloaded) {
        committed = [...(parts?.committed ?? []), ...committed]
        adoption ??= parts?.adoption
      } else {
        fail(error)
      }
      for (const read of parts?.reads ?? []) read.reject(overloaded ? error : unavailable(error))
    }
  }

  /** PostgreSQL: by one statement, and by a second transaction where a call of the batch was replayed. */
  async function writeParts(parts: () => BatchParts): Promise<BatchResult> {
    const found = await store.write((tx) => writeAtOnce(tx, sealKeys, head, parts()), {
      last: true,
      single: true,
    })
    if ('head' in found) return found
    const { replayed } = found
    const reads = parts()
      .reads.filter((read) => !replayed.has(read))
      .map((read) => ({ ...read, nonce: undefined }))
    const rest = { ...parts(), reads }
    return {
      ...(await store.write((tx) => writeBatch(tx, sealKeys, head, rest), { last: true, guarded: true })),
      replayed,
    }
  }

  function take(adopts: boolean): BatchParts {
    const own = takeLines(committed, BATCH_LINES)
    const parts = {
      committed: adoptedOwn.size > 0 ? own.filter((line) => !adoptedOwn.delete(line.id)) : own,
      reads: takeLines(reads, BATCH_LINES),
      adoption: adopts ? adoption : undefined,
      wall: commonTime(clock),
    }
    if (adopts) adoption = undefined
    return parts
  }

  /** After a failed write nothing is believed but the database: the probe reads from it where the chain stands. */
  function fail(error: unknown): void {
    if (state !== 'open') return
    state = 'failed'
    log('error', 'the audit cannot be written: calls are refused', {
      error: absenceText(error) ?? String((error as Error)?.cause ?? error),
    })
    for (const read of reads.splice(0)) read.reject(unavailable(error))
    probe(FIRST_PROBE)
  }

  function probe(pause: number): void {
    probing = setTimeout(async () => {
      try {
        while (flushing) await flushing
        // Whatever was committed and not chained stands in the table: it is adopted from there.
        committed = []
        head = await reopen()
        if (state !== 'failed') return
        state = 'open'
        log('info', 'the audit can be written again')
        schedule()
      } catch {
        if (state === 'failed') probe(Math.min(pause * 2, LAST_PROBE))
      }
    }, pause)
    probing.unref()
  }

  function assertWritable(): void {
    if (state !== 'open') throw unavailable()
  }

  return Object.freeze<AuditLog & { readonly load: AuditLoad }>({
    get load() {
      return { waiting: reads.length, unchained: committed.length, writable: state === 'open' }
    },
    assertWritable,
    record: (entry, nonce) =>
      new Promise<void>((resolve, reject) => {
        assertWritable()
        if (reads.length >= maxWaiting) throw refuse({ code: 'Overloaded' })
        reads.push({ text: entryText(entry), time: timeOf(entry), nonce, resolve, reject })
        schedule()
      }),
    async recordIn(tx, entry, nonce) {
      if (nonce && partsOf(tx).usedNonce !== nonce) await useNonce(tx, nonce)
      const line: PendingLine = {
        id: `${run}-${(count++).toString(36)}`,
        text: entryText(entry),
        time: timeOf(entry),
      }
      const row = { id: line.id, chain_id: head.chain, written_at: commonTime(clock), entry: line.text }
      await insertPending(tx, sealKeys, row)
      whenDone(tx, () => {
        committed.push(line)
        schedule()
      })
      whenFailed(tx, (error) => {
        undone.add(line)
        if (isDatabaseAway(error)) fail(error)
      })
    },
    async close() {
      clearInterval(adopting)
      closing = true
      schedule()
      while (flushing) await flushing
      if (state === 'failed') clearTimeout(probing)
      state = 'closed'
      for (const read of reads.splice(0)) read.reject(unavailable())
    },
  })
}

let lastTime = { text: '', time: 0 }

/** When a call came, in milliseconds. Many come within one. */
function timeOf({ time: text }: AuditEntry): number {
  if (text !== lastTime.text) lastTime = { text, time: Date.parse(text) || 0 }
  return lastTime.time
}

function unavailable(cause?: unknown): Refusal {
  const refusal = refuse({ code: 'Unavailable', detail: 'the audit cannot be written' })
  if (cause !== undefined) refusal.cause = cause
  return refusal
}
