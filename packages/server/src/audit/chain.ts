import { hotStatement } from '../store/hot.ts'
import type { WriteHandle } from '../store/store.ts'
import { joinChainList, listDamage, readChainList } from './chain-list.ts'
import {
  batchHash,
  batchSeal,
  digestsOf,
  GENESIS,
  headSeal,
  isChainName,
  isHeadSeal,
  type SealKeys,
} from './format.ts'
import { readHeads } from './rows.ts'

/** Where a chain stands. */
export interface Head {
  readonly chain: string
  readonly sequence: number
  readonly hash: Uint8Array
}

/** One line of the log and the time it bears, in milliseconds. */
export interface Line {
  readonly text: string
  readonly time: number
}

/** The head of a chain is not where this process left it: another one writes the same chain. */
export class ChainMoved extends Error {
  constructor(chain: string) {
    super(`the audit chain \`${chain}\` was written by another process`)
  }
}

/** The chain to write, and what an operator must know of what was found on the way to it. */
export interface OpenedChain {
  readonly head: Head
  /** Chains that were passed by, because their head was altered or removed. */
  readonly left: readonly string[]
  /** What was done to the sealed list of chains. */
  readonly list: 'removed' | 'altered' | undefined
}

/**
 * Finds the chain to write, or begins it. A chain whose head was tampered with or taken away is left as evidence and
 * another begun beside it: to write on would seal the forgery, and to begin it anew would hide that it was there. The row
 * is written in any case, so that this also proves that the database can be written.
 */
export async function openChain(tx: WriteHandle, sealKeys: SealKeys, name: string): Promise<OpenedChain> {
  if (!isChainName(name))
    throw new TypeError('the name of an audit chain has letters, digits, `.`, `_` and `-`')
  const found = await readChainList(tx, sealKeys)
  const list = listDamage(found)
  const left: string[] = []
  for (let number = 1; ; number += 1) {
    const chain = number === 1 ? name : `${name}.${number}`
    const [head] = await readHeads(tx, chain)
    if (!head && !found.list.chains.includes(chain) && !(await hasBatches(tx, chain))) {
      const seal = headSeal(sealKeys, chain, 0, GENESIS)
      await tx.insertInto('audit_chains').values({ id: chain, sequence: 0, hash: GENESIS, seal }).execute()
      await joinChainList(tx, sealKeys, found, chain)
      return { head: { chain, sequence: 0, hash: GENESIS }, left, list }
    }
    const row = head?.row
    if (row && isHeadSeal(sealKeys, chain, row)) {
      const seal = headSeal(sealKeys, chain, row.sequence, row.hash)
      await tx.updateTable('audit_chains').set({ seal }).where('id', '=', chain).execute()
      return { head: { chain, sequence: row.sequence, hash: row.hash }, left, list }
    }
    left.push(chain)
  }
}

async function hasBatches(tx: WriteHandle, chain: string): Promise<boolean> {
  const row = await tx
    .selectFrom('audit_batches')
    .select('chain_id')
    .where('chain_id', '=', chain)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const insertBatch = hotStatement((tx) =>
  tx.insertInto('audit_batches').values({
    chain_id: '',
    sequence: 0,
    first_time: 0,
    last_time: 0,
    entries: '',
    digests: GENESIS,
    previous: GENESIS,
    hash: GENESIS,
    seal: GENESIS,
  }),
)

const moveHead = hotStatement((tx) =>
  tx
    .updateTable('audit_chains')
    .set({ sequence: 0, hash: GENESIS, seal: GENESIS })
    .where('id', '=', '')
    .where('sequence', '=', 0)
    .where('hash', '=', GENESIS),
)

/** What a batch and the head that stands on it hold. */
export interface NextBatch {
  readonly head: Head
  readonly headSeal: Uint8Array
  readonly first: number
  readonly last: number
  readonly entries: string
  readonly digests: Uint8Array
  readonly seal: Uint8Array
}

export function nextBatch(sealKeys: SealKeys, { chain, ...head }: Head, lines: readonly Line[]): NextBatch {
  const sequence = head.sequence + 1
  const texts = lines.map((line) => line.text)
  const digests = digestsOf(texts)
  const hash = batchHash(chain, sequence, head.hash, digests)
  let first = Number.MAX_SAFE_INTEGER
  let last = 0
  for (const { time } of lines) {
    if (time < first) first = time
    if (time > last) last = time
  }
  return {
    head: { chain, sequence, hash },
    headSeal: headSeal(sealKeys, chain, sequence, hash),
    first,
    last,
    entries: texts.join('\n'),
    digests,
    seal: batchSeal(sealKeys, chain, sequence, hash),
  }
}

/** Appends one batch and moves the head. Returns the new head. Throws {@link ChainMoved} when the head is elsewhere. */
export async function appendBatch(
  tx: WriteHandle,
  sealKeys: SealKeys,
  head: Head,
  lines: readonly Line[],
): Promise<Head> {
  const next = nextBatch(sealKeys, head, lines)
  const { chain, sequence, hash } = next.head
  const moved = moveHead(tx, [sequence, hash, next.headSeal, chain, head.sequence, head.hash])
  if (moved === 0) throw new ChainMoved(chain)
  const inserted = insertBatch(tx, [
    chain,
    sequence,
    next.first,
    next.last,
    next.entries,
    next.digests,
    head.hash,
    hash,
    next.seal,
  ])
  // Over a network both are on their way together; where the head is elsewhere, neither stays.
  const [count] = await Promise.all([moved, inserted])
  if (count !== 1) throw new ChainMoved(chain)
  return next.head
}
