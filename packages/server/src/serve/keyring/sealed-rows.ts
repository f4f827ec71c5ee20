import type { Keyring } from '../../crypto/keyring.ts'
import { sealedIdentity } from '../../identity/sealed.ts'
import { sealedKeypairs } from '../../keypairs/sealed.ts'
import { sealedKeys } from '../../kms/sealed.ts'
import { sealedTargets } from '../../secrets/targets/sealed.ts'
import type { SealedColumn } from '../../store/sealed-column.ts'
import type { ReadHandle } from '../../store/store.ts'

/** Every column of the database that the keyring sealed. A test looks for columns that are missing here. */
export const sealedColumns: readonly SealedColumn[] = Object.freeze([
  ...sealedIdentity,
  ...sealedKeys,
  ...sealedKeypairs,
  ...sealedTargets,
])

/** A row whose sealed bytes do not open. */
export interface UnopenedRow {
  readonly table: string
  readonly column: string
  readonly id: string
  readonly accountUid: string
}

const PAGE = 500

/**
 * Opens every sealed entity in the database, and tells of each that does not open. `keyring` is that of `readKeyring`,
 * which has opened the row of the keyring itself. Returns how many there are.
 */
export async function openEverySeal(
  db: ReadHandle,
  keyring: Keyring,
  report: (row: UnopenedRow) => void,
): Promise<number> {
  let count = 0
  for (const { table, column, page } of sealedColumns) {
    for (let after = ''; ; ) {
      const rows = await page(db, after, PAGE)
      for (const { id, accountUid, sealed, label } of rows) {
        count += 1
        try {
          keyring.open(sealed, label).fill(0)
        } catch {
          report({ table, column, id, accountUid })
        }
      }
      if (rows.length < PAGE) break
      after = rows.at(-1)!.id
    }
  }
  return count
}
