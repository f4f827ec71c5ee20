import type { Keyring } from '../crypto/keyring.ts'
import { readBlob } from '../kms/blob.ts'
import { decryptText } from '../kms/symmetric.ts'
import { type KeyVersion, loadVersion } from '../kms/versions.ts'
import type { ReadHandle } from '../store/store.ts'
import { dataKeyContext, openValue } from './value.ts'

/** A value that does not open. */
export interface UnopenedValue {
  readonly id: string
  readonly accountUid: string
}

/** Values are long: few in one go. */
const PAGE = 50

/**
 * Opens every value of every secret, each by way of its KMS key, and tells of those that do not open. One whose key was
 * destroyed is lost as its owner wanted, and is no damage. Returns how many there are.
 */
export async function openEveryValue(
  db: ReadHandle,
  keyring: Pick<Keyring, 'open'>,
  report: (value: UnopenedValue) => void,
): Promise<number> {
  let count = 0
  let known: KeyVersion | undefined
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('secret_versions as v')
      .innerJoin('secrets as s', 's.id', 'v.secret_id')
      .leftJoin('kms_keys as k', 'k.id', 's.kms_key_id')
      .select(['v.id', 'v.secret_id', 'v.account_uid', 'v.sealed_value', 'v.data_key', 'k.id as key'])
      .where('v.id', '>', after)
      .orderBy('v.id')
      .limit(PAGE)
      .execute()
    for (const row of rows) {
      if (row.key === null) continue
      count += 1
      try {
        const blob = readBlob(row.data_key)
        if (known?.id !== blob.versionId) known = await loadVersion(db, blob.versionId)
        if (!known) throw new Error('the version of its key is missing')
        // Without material: dropped, as an imported key's is, and no damage either.
        if (!known.material(keyring)) continue
        const owner = { accountUid: row.account_uid, secretId: row.secret_id, rowId: row.id }
        const dataKey = Buffer.from(decryptText(keyring, known, blob, dataKeyContext(owner)), 'base64')
        openValue(owner, row.sealed_value, dataKey)
        dataKey.fill(0)
      } catch {
        report({ id: row.id, accountUid: row.account_uid })
      }
    }
    if (rows.length < PAGE) return count
    after = rows.at(-1)!.id
  }
}
