import type { ReadHandle } from '../store/store.ts'
import { isFloorSeal, type SealKeys } from './format.ts'
import { type FloorRow, readFloor } from './rows.ts'

/** Where a chain begins in the database; `altered`: somebody without the key has changed what says so. */
export async function genuineFloor(
  db: ReadHandle,
  sealKeys: SealKeys,
  chain: string,
): Promise<{ readonly row?: FloorRow; readonly altered: boolean }> {
  const found = await readFloor(db, chain)
  if (!found) return { altered: false }
  const { row } = found
  return row && isFloorSeal(sealKeys, chain, row) ? { row, altered: false } : { altered: true }
}
