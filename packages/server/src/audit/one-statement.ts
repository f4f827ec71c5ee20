import { CompiledQuery } from 'kysely'
import { partsOf } from '../store/handles.ts'
import { nonceColumns, USE_NONCES, usedBefore } from '../store/nonces.ts'
import type { WriteHandle } from '../store/store.ts'
import { type BatchParts, type BatchResult, type WaitingRead, withNonce } from './batch.ts'
import { ChainMoved, type Head, nextBatch } from './chain.ts'
import type { SealKeys } from './format.ts'

/*
 * PostgreSQL: nonces, head, entries, and the end of what waited to be chained, in one statement. Each part stands on the one
 * before it. Where a nonce was used before, or the head is elsewhere, nothing is appended: the batch was sealed before
 * anybody could know.
 */
const APPEND = `with used as (
    ${USE_NONCES}
  ), moved as (
    update audit_chains set sequence = $3::bigint, hash = $4::bytea, seal = $5::bytea
    where id = $6::text and sequence = $7::bigint and hash = $8::bytea
      and (select count(*) from used) = cardinality($1::bigint[])
    returning id
  ), appended as (
    insert into audit_batches (chain_id, sequence, first_time, last_time, entries, digests, previous, hash, seal)
    select id, $3::bigint, $9::bigint, $10::bigint, $11::text, $12::bytea, $8::bytea, $4::bytea, $13::bytea from moved
  ), removed as (
    delete from audit_pending where id = any($14::text[]) and exists (select from moved) returning id
  )
  select (select count(*) from moved) as moved, (select count(*) from removed) as removed,
    case when exists (select from moved) then null
      else (select string_agg(encode(id, 'hex'), ',') from used) end as fresh`

interface Row {
  readonly moved: number
  readonly removed: number
  readonly fresh: string | null
}

/**
 * Writes a batch that takes nothing over, by one statement. Without `head` in what it returns, only nonces were used: calls
 * turned out to be replayed, and the entries of the others are still to be written.
 */
export async function writeAtOnce(
  tx: WriteHandle,
  sealKeys: SealKeys,
  head: Head,
  parts: BatchParts,
): Promise<BatchResult | { readonly replayed: ReadonlySet<WaitingRead> }> {
  const reads = withNonce(parts.reads)
  const nonces = reads.map((read) => read.nonce!)
  const next = nextBatch(sealKeys, head, [...parts.committed, ...parts.reads])
  partsOf(tx).used.push(...nonces)
  const { rows } = await tx.executeQuery<Row>(
    CompiledQuery.raw(APPEND, [
      ...nonceColumns(nonces),
      next.head.sequence,
      next.head.hash,
      next.headSeal,
      head.chain,
      head.sequence,
      head.hash,
      next.first,
      next.last,
      next.entries,
      next.digests,
      next.seal,
      parts.committed.map(({ id }) => id),
    ]),
  )
  const { moved, removed, fresh } = rows[0]!
  if (moved === 1) {
    return {
      head: next.head,
      replayed: new Set(),
      adopted: [],
      more: false,
      altered: [],
      vanished: parts.committed.length - removed,
    }
  }
  const ids = fresh === null ? [] : fresh.split(',').map((text) => Buffer.from(text, 'hex'))
  const used = usedBefore(nonces, ids)
  const replayed = new Set(reads.filter((_, i) => used[i]))
  if (replayed.size === 0) throw new ChainMoved(head.chain)
  return { replayed }
}
