import { beginsWith, type SealedColumn } from '../store/sealed-column.ts'
import { custodyLabel } from './custody.ts'
import { taskLabel } from './tasks/secrets.ts'

/** What of this domain is sealed under the keyring. Private keys under a data key of KMS are not: KMS opens them. */
export const sealedKeypairs: readonly SealedColumn[] = Object.freeze([
  {
    table: 'keypair_private_keys',
    column: 'sealed',
    async page(db, after, limit, only) {
      const rows = await db
        .selectFrom('keypair_private_keys')
        .select(['id', 'keypair_id', 'account_uid', 'public_key', 'sealed'])
        .where('id', '>', after)
        .where('encryption', '=', 'default')
        .where(beginsWith('sealed', only))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        accountUid: row.account_uid,
        sealed: row.sealed,
        label: custodyLabel({
          accountUid: row.account_uid,
          keypairId: row.keypair_id,
          publicLine: row.public_key,
        }),
      }))
    },
  },
  {
    table: 'keypair_tasks',
    column: 'sealed_secrets',
    async page(db, after, limit, only) {
      const rows = await db
        .selectFrom('keypair_tasks')
        .select(['id', 'account_uid', 'sealed_secrets'])
        .where('id', '>', after)
        .where('sealed_secrets', 'is not', null)
        .where(beginsWith('sealed_secrets', only))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        accountUid: row.account_uid,
        sealed: row.sealed_secrets!,
        label: taskLabel(row),
      }))
    },
  },
])
