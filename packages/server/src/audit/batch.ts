import type { Nonce } from '../pipeline/connection.ts'
import { useNonces } from '../store/nonces.ts'
import type { WriteHandle } from '../store/store.ts'
import { appendBatch, type Head, type Line } from './chain.ts'
import type { SealKeys } from './format.ts'
import { type Adoption, findOrphans, type PendingLine, removePending } from './pending.ts'

/** Entries of one batch at most. */
export const BATCH_LINES = 512
/** Characters after which a batch takes no further entry. */
export const BATCH_TEXT = 4_000_000

/** A call that waits for its entry to be durable. */
export interface WaitingRead extends Line {
  readonly nonce: Nonce | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What one batch is made of. */
export interface BatchParts {
  readonly reads: readonly WaitingRead[]
  readonly committed: readonly PendingLine[]
  readonly adoption: Adoption | undefined
  readonly wall: number
}

export interface BatchResult {
  readonly head: Head
  /** Calls whose nonce was used before: they get no entry. */
  readonly replayed: ReadonlySet<WaitingRead>
  readonly adopted: readonly string[]
  /** More orphans may wait. */
  readonly more: boolean
  /** Pending entries that somebody without the key changed. */
  readonly altered: readonly string[]
  /** Pending entries of this process that were gone when they were to be chained. */
  readonly vanished: number
}

/** Writes one batch in the given transaction: nonces, entries, head. Replayable. */
export async function writeBatch(
  tx: WriteHandle,
  sealKeys: SealKeys,
  head: Head,
  parts: BatchParts,
): Promise<BatchResult> {
  const { reads, committed, adoption } = parts
  const orphans = adoption
    ? await findOrphans(
        tx,
        sealKeys,
        adoption,
        parts.wall,
        new Set(committed.map((line) => line.id)),
        BATCH_LINES,
      )
    : { lines: [], altered: [], full: false }
  const asked = withNonce(reads)
  const used = await useNonces(
    tx,
    asked.map((read) => read.nonce!),
  )
  const replayed = new Set(asked.filter((_, i) => used[i]))
  const lines: Line[] = [...orphans.lines, ...committed]
  for (const read of reads) if (!replayed.has(read)) lines.push(read)
  const idsOf = (those: readonly PendingLine[]) => those.map((line) => line.id)
  const [removed, takenOver, moved] = await Promise.all([
    removePending(tx, idsOf(committed)),
    removePending(tx, idsOf(orphans.lines)),
    lines.length > 0 ? appendBatch(tx, sealKeys, head, lines) : head,
  ])
  // Read in this very transaction, which is serializable then: less is impossible, and more would be two in one.
  if (takenOver !== orphans.lines.length)
    throw new Error('pending audit entries changed while they were chained')
  return {
    head: moved,
    replayed,
    adopted: orphans.lines.map((line) => line.id),
    more: orphans.full,
    altered: orphans.altered,
    vanished: committed.length - removed,
  }
}

export function withNonce(reads: readonly WaitingRead[]): readonly WaitingRead[] {
  return reads.filter((read) => read.nonce !== undefined)
}

/** Takes the first entries that fit in one batch out of a list. */
export function takeLines<T extends Line>(list: T[], lines: number): T[] {
  let count = 0
  for (let text = 0; count < list.length && count < lines && text < BATCH_TEXT; count += 1) {
    text += list[count]!.text.length
  }
  return list.splice(0, count)
}
