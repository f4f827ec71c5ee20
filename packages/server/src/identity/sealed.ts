import { beginsWith, type SealedColumn } from '../store/sealed-column.ts'
import { accessKeyLabel } from './access-keys.ts'

/** What of this domain is sealed under the keyring. */
export const sealedIdentity: readonly SealedColumn[] = Object.freeze([
  {
    table: 'access_keys',
    column: 'sealed_secret',
    async page(db, after, limit, only) {
      const rows = await db
        .selectFrom('access_keys')
        .select(['id', 'account_uid', 'user_id', 'sealed_secret'])
        .where('id', '>', after)
        .where(beginsWith('sealed_secret', only))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        accountUid: row.account_uid,
        sealed: row.sealed_secret,
        label: accessKeyLabel({ accountUid: row.account_uid, userId: row.user_id, accessKeyId: row.id }),
      }))
    },
  },
])
