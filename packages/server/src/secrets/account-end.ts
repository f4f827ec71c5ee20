import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { removeSecret } from './secrets.ts'

/** What an account has of secrets, as far as it matters to who would close it. */
export async function secretsHeld(db: ReadHandle, accountUid: string) {
  const secrets = db.selectFrom('secrets').select('id').where('account_uid', '=', accountUid)
  const living = await secrets.where('delete_at', 'is', null).execute()
  const rotations = db.selectFrom('secret_rotations').select('id').where('account_uid', '=', accountUid)
  // Once the stages have moved the new value is in force, and only the old one waits for its end.
  const open = await rotations.where('state', '!=', 'moved').execute()
  return { living: living.length, rotating: open.length }
}

/**
 * Destroys secrets of a closed account for good, some at a time, and then what is known of the databases and hosts that they
 * were for. Returns how many secrets there were to destroy.
 */
export async function destroySecretsOf(tx: WriteHandle, accountUid: string, most: number): Promise<number> {
  const secrets = tx.selectFrom('secrets').select('id').where('account_uid', '=', accountUid)
  const rows = await secrets.orderBy('id').limit(most).execute()
  for (const { id } of rows) await removeSecret(tx, id)
  if (rows.length > 0) return rows.length
  await tx.deleteFrom('secret_targets').where('account_uid', '=', accountUid).execute()
  await tx.deleteFrom('secret_host_users').where('account_uid', '=', accountUid).execute()
  return 0
}
