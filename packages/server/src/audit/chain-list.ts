import type { KeyObject } from 'node:crypto'
import { readMeta, writeMeta } from '../store/meta.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { listSeal } from './format.ts'

const KEY = 'audit-chains'

/** The sealed list of chains: a chain that was removed whole is missed by it. */
export interface ChainList {
  readonly chains: readonly string[]
  /** Texts of lists that did not verify when a chain joined: kept as they were found, as evidence. */
  readonly altered: readonly string[]
}

/** The list; `intact` is false when it was changed by somebody without the key. */
export async function readChainList(
  db: ReadHandle,
  sealKey: KeyObject,
): Promise<{ readonly list: ChainList; readonly intact: boolean; readonly text: string | undefined }> {
  const text = await readMeta(db, KEY)
  if (text === undefined) return { list: { chains: [], altered: [] }, intact: true, text }
  try {
    const { chains, altered, seal } = JSON.parse(text)
    const list: ChainList = { chains, altered }
    if (seal === listSeal(sealKey, JSON.stringify(list))) return { list, intact: true, text }
  } catch {
    // Not even our JSON.
  }
  return { list: { chains: [], altered: [] }, intact: false, text }
}

/** Adds a chain. A list that was tampered with is not repaired: it is carried on beside the chains that still exist. */
export async function joinChainList(tx: WriteHandle, sealKey: KeyObject, chain: string): Promise<void> {
  const { list, intact, text } = await readChainList(tx, sealKey)
  const known = intact
    ? list.chains
    : (await tx.selectFrom('audit_chains').select('id').execute()).map((row) => row.id)
  const next: ChainList = {
    chains: [...new Set([...known, chain])].sort(),
    altered: intact ? list.altered : [...list.altered, (text ?? '').slice(0, 4096)],
  }
  await writeMeta(tx, KEY, JSON.stringify({ ...next, seal: listSeal(sealKey, JSON.stringify(next)) }))
}
