import type { Keyring } from '../../crypto/keyring.ts'
import { readBlob } from '../../kms/blob.ts'
import { decryptText } from '../../kms/symmetric.ts'
import { loadVersion } from '../../kms/versions.ts'
import type { ReadHandle } from '../../store/store.ts'
import { dataKeyContext, openValue } from '../value.ts'
import { RotationFailure } from './failure.ts'
import type { Value } from './place.ts'

/**
 * Opens a version of a managed secret for its rotation. Raises `RotationFailure` with `KeyUnusable` where the KMS key that
 * it is under cannot be used.
 */
export async function openManaged(
  { read, keyring }: { readonly read: ReadHandle; readonly keyring: Keyring },
  rowId: string | null | undefined,
): Promise<Value | undefined> {
  if (!rowId) return undefined
  const row = await read.selectFrom('secret_versions').selectAll().where('id', '=', rowId).executeTakeFirst()
  if (!row) return undefined
  const blob = readBlob(row.data_key)
  const version = await loadVersion(read, blob.versionId)
  if (!version) throw new RotationFailure('KeyUnusable', 'the key that encrypts the secret is gone')
  const owner = { accountUid: row.account_uid, secretId: row.secret_id, rowId: row.id }
  const dataKey = Buffer.from(decryptText(keyring, version, blob, dataKeyContext(owner)), 'base64')
  try {
    return JSON.parse(openValue(owner, row.sealed_value, dataKey)) as Value
  } finally {
    dataKey.fill(0)
  }
}
