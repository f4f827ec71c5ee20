import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { isSentSeal, type SealKeys, sentSeal } from './format.ts'

/**
 * How far each chain was sent to a sink: the number of its last batch that was, 0 where none was. A note that somebody
 * without the key has changed counts for nothing: its chain is sent again from the beginning, and nothing is left out.
 */
export async function sentOf(
  db: ReadHandle,
  sealKeys: SealKeys,
  sink: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('audit_sent')
    .select(['chain_id', 'sequence', 'seal'])
    .where('sink', '=', sink)
    .execute()
  return new Map(
    rows.flatMap(({ chain_id: chain, sequence, seal }) =>
      seal instanceof Uint8Array && isSentSeal(sealKeys, seal, chain, sequence, sink)
        ? [[chain, sequence] as const]
        : [],
    ),
  )
}

/** Notes that a sink has the batches of a chain up to this number, for good. */
export async function noteSent(
  tx: WriteHandle,
  sealKeys: SealKeys,
  sink: string,
  chain: string,
  sequence: number,
): Promise<void> {
  const seal = sentSeal(sealKeys, chain, sequence, sink)
  await tx
    .insertInto('audit_sent')
    .values({ sink, chain_id: chain, sequence, seal })
    .onConflict((c) => c.columns(['sink', 'chain_id']).doUpdateSet({ sequence, seal }))
    .execute()
}
