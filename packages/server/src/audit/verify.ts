import { openStore } from '../store/open.ts'
import type { ReadHandle, Store } from '../store/store.ts'
import { listDamage, readChainList } from './chain-list.ts'
import type { AuditFinding } from './findings.ts'
import { genuineFloor } from './floor.ts'
import { isChainName, isHeadSeal, isPendingSeal, type SealKeys } from './format.ts'
import { type FoundHead, foundPending, PENDING_COLUMNS, readHeads, shownName } from './rows.ts'
import { verifyChain } from './verify-chain.ts'

/** A head as an operator notes it elsewhere. `hash` is in hex digits. */
export interface NotedHead {
  readonly chain: string
  readonly sequence: number
  readonly hash: string
}

export interface ChainReport {
  readonly chain: string
  readonly batches: number
  readonly entries: number
  /** The last batch that was old enough to leave the database; absent when none has. */
  readonly floor?: number
  /** Where the sealed head says that the chain ends; absent when there is no genuine head. */
  readonly head?: NotedHead
}

export interface AuditReport {
  readonly intact: boolean
  readonly chains: readonly ChainReport[]
  readonly batches: number
  readonly entries: number
  /** Entries that wait to be chained. */
  readonly pending: number
  /** At most {@link FINDINGS}; `intact` counts all. */
  readonly findings: readonly AuditFinding[]
}

/** Findings that a report lists at most. */
export const FINDINGS = 1000

export interface VerifyAuditOptions {
  /** Heads that were noted elsewhere and must still be there. */
  readonly expectHeads?: readonly NotedHead[]
  /** Folder of what left the database (archive.ts): it is verified too. */
  readonly archive?: string
}

/**
 * Verifies the whole log, while the service runs or without it. `source` is a store, or its address, which is then
 * opened to read only.
 *
 * That the whole database was put back to an earlier state, its heads with it, can be seen only with `expectHeads`: heads
 * from an earlier report, kept where the database's owner cannot reach.
 */
export async function verifyAudit(
  source: Store | string,
  sealKeys: SealKeys,
  options: VerifyAuditOptions = {},
): Promise<AuditReport> {
  if (typeof source !== 'string') return verify(source.read, sealKeys, options)
  const store = await openStore(source, { readOnly: true })
  try {
    return await verify(store.read, sealKeys, options)
  } finally {
    await store.close()
  }
}

async function verify(
  db: ReadHandle,
  sealKeys: SealKeys,
  { expectHeads: noted = [], archive }: VerifyAuditOptions,
): Promise<AuditReport> {
  const findings: AuditFinding[] = []
  let problems = 0
  const report = (finding: AuditFinding) => {
    problems += 1
    if (findings.length < FINDINGS) findings.push(finding)
  }

  // The list before the heads, the heads before the batches: what a running service adds meanwhile is never missed.
  const found = await readChainList(db, sealKeys)
  const damage = listDamage(found)
  if (damage) report({ kind: `list-${damage}` })
  const heads = new Map<unknown, FoundHead>((await readHeads(db)).map((head) => [head.id, head]))
  const withBatches = await db.selectFrom('audit_batches').select('chain_id').distinct().execute()
  const names = new Set<string>(found.list.chains)
  for (const name of new Set<unknown>([...heads.keys(), ...withBatches.map((row) => row.chain_id)])) {
    if (typeof name === 'string' && isChainName(name)) names.add(name)
    else report({ kind: 'chain-unlisted', chain: shownName(name) })
  }
  // Again: a chain that began meanwhile is listed by now. Without a genuine list, that is the finding.
  const listed =
    found.state === 'genuine' || found.state === 'none' ? await readChainList(db, sealKeys) : undefined

  const chains: ChainReport[] = []
  for (const chain of [...names].sort()) {
    const row = heads.get(chain)?.row
    const genuine = row && isHeadSeal(sealKeys, chain, row) ? row : undefined
    const expected = new Map(noted.filter((n) => n.chain === chain).map((n) => [n.sequence, n.hash]))
    const { row: floor, altered } = await genuineFloor(db, sealKeys, chain)
    // It then begins with its first batch.
    if (altered) report({ kind: 'floor-altered', chain })
    const floorNow = async () => (await genuineFloor(db, sealKeys, chain)).row
    const { batches, entries } = await verifyChain(
      db,
      sealKeys,
      chain,
      { head: genuine, floor, floorNow, archive, expected },
      report,
    )
    if (!heads.has(chain)) report({ kind: batches === 0 && !floor ? 'chain-removed' : 'head-removed', chain })
    else if (!genuine) report({ kind: 'head-altered', chain })
    if (listed && !listed.list.chains.includes(chain)) report({ kind: 'chain-unlisted', chain })
    const head = genuine && {
      chain,
      sequence: genuine.sequence,
      hash: Buffer.from(genuine.hash).toString('hex'),
    }
    chains.push({
      chain,
      batches,
      entries,
      ...(floor ? { floor: floor.sequence } : {}),
      ...(head ? { head } : {}),
    })
  }
  for (const { chain, sequence } of noted) {
    if (!names.has(chain)) report({ kind: 'head-unexpected', chain, batch: sequence })
  }

  const waiting = await db.selectFrom('audit_pending').select(PENDING_COLUMNS).execute()
  for (const { id, chain, row } of waiting.map(foundPending)) {
    if (!row || !isPendingSeal(sealKeys, row)) {
      report({ kind: 'pending-altered', chain: shownName(chain), id: shownName(id) })
    }
  }
  const sum = (of: 'batches' | 'entries') => chains.reduce((total, chain) => total + chain[of], 0)
  return {
    intact: problems === 0,
    chains,
    batches: sum('batches'),
    entries: sum('entries'),
    pending: waiting.length,
    findings,
  }
}
