import type { WriteHandle } from '../store/store.ts'
import { resealChainList } from './chain-list.ts'
import { headSeal, isHeadSeal, isPendingSeal, pendingSeal, type SealKeys } from './format.ts'
import { foundPending, PENDING_COLUMNS, readHeads } from './rows.ts'

/**
 * Seals anew, with the present key, every head, the list of chains and the entries that wait, where the seal is genuine;
 * what was tampered with is left as it is, for the verification to name. Batches stand on their heads.
 */
export async function resealAudit(tx: WriteHandle, sealKeys: SealKeys): Promise<void> {
  for (const { row } of await readHeads(tx)) {
    if (!row || !isHeadSeal(sealKeys, row.id, row)) continue
    const seal = headSeal(sealKeys, row.id, row.sequence, row.hash)
    await tx.updateTable('audit_chains').set({ seal }).where('id', '=', row.id).execute()
  }
  const waiting = await tx.selectFrom('audit_pending').select(PENDING_COLUMNS).execute()
  for (const { row } of waiting.map(foundPending)) {
    if (!row || !isPendingSeal(sealKeys, row)) continue
    const seal = pendingSeal(sealKeys, row)
    await tx.updateTable('audit_pending').set({ seal }).where('id', '=', row.id).execute()
  }
  await resealChainList(tx, sealKeys)
}
