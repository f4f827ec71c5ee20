import { hasStartedBefore, readMeta, writeMeta } from '../store/meta.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { isChainName, isListSeal, listSeal, type SealKeys } from './format.ts'
import { readHeads } from './rows.ts'

const KEY = 'audit-chains'
/** Stands among the altered texts for a list that was not there. */
const REMOVED = ''

/** The sealed list of chains: a chain that was removed whole is missed by it. */
export interface ChainList {
  readonly chains: readonly string[]
  /** Texts of lists that did not verify when a chain joined: kept as they were found, as evidence. */
  readonly altered: readonly string[]
}

export interface FoundList {
  /**
   * `genuine`: sealed with the key. `altered`: changed by somebody without it. `removed`: there is none, though the
   * database was in use. `none`: there is none, and nobody needed one yet.
   */
  readonly state: 'genuine' | 'altered' | 'removed' | 'none'
  /** Empty unless it is genuine. */
  readonly list: ChainList
  readonly text: string | undefined
}

export async function readChainList(db: ReadHandle, sealKeys: SealKeys): Promise<FoundList> {
  const empty: ChainList = { chains: [], altered: [] }
  let value: unknown = await readMeta(db, KEY)
  if (value === undefined) {
    const used = await wasInUse(db)
    // Again, since outside a transaction a first start may have come between the two.
    value = used ? await readMeta(db, KEY) : undefined
    if (value === undefined) return { state: used ? 'removed' : 'none', list: empty, text: undefined }
  }
  // SQLite gives bytes where somebody put bytes.
  const text = String(value)
  try {
    const { chains, altered, seal } = JSON.parse(text)
    const list: ChainList = { chains, altered }
    if (isListSeal(sealKeys, seal, JSON.stringify(list))) return { state: 'genuine', list, text }
  } catch {
    // Not even our JSON.
  }
  return { state: 'altered', list: empty, text }
}

/** What was done to the list, now or before a chain joined it. */
export function listDamage({ state, list }: FoundList): 'removed' | 'altered' | undefined {
  if (state === 'removed' || list.altered.includes(REMOVED)) return 'removed'
  return state === 'altered' || list.altered.length > 0 ? 'altered' : undefined
}

/**
 * Whether anything stands in the database that is written only after a chain has joined the list. The check value of the
 * root key is not enough: it is there a moment before the first chain, or for longer when the first start fails.
 */
async function wasInUse(db: ReadHandle): Promise<boolean> {
  if (await hasStartedBefore(db)) return true
  for (const table of [
    'revisions',
    'jobs',
    'nonces',
    'audit_chains',
    'audit_batches',
    'audit_pending',
  ] as const) {
    const row = await db
      .selectFrom(table)
      .select((eb) => eb.lit(1).as('one'))
      .limit(1)
      .executeTakeFirst()
    if (row) return true
  }
  return false
}

/**
 * Adds a chain to the list as it was found in the same transaction. A list that was tampered with is not repaired: what
 * was found of it is carried on beside the chains that still exist.
 */
export async function joinChainList(
  tx: WriteHandle,
  sealKeys: SealKeys,
  found: FoundList,
  chain: string,
): Promise<void> {
  const { state, list, text } = found
  const known =
    state === 'altered' || state === 'removed'
      ? (await readHeads(tx)).flatMap(({ id }) => (typeof id === 'string' && isChainName(id) ? [id] : []))
      : list.chains
  const damage =
    state === 'removed' ? [REMOVED] : state === 'altered' ? [(text ?? '').slice(0, 4096) || '?'] : []
  const next: ChainList = {
    chains: [...new Set([...known, chain])].sort(),
    altered: [...list.altered, ...damage],
  }
  await writeMeta(tx, KEY, JSON.stringify({ ...next, seal: listSeal(sealKeys, JSON.stringify(next)) }))
}

/** Seals a genuine list anew, with the present key. */
export async function resealChainList(tx: WriteHandle, sealKeys: SealKeys): Promise<void> {
  const { state, list } = await readChainList(tx, sealKeys)
  if (state !== 'genuine') return
  await writeMeta(tx, KEY, JSON.stringify({ ...list, seal: listSeal(sealKeys, JSON.stringify(list)) }))
}
