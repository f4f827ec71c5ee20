import { beginsWith, type SealedColumn } from '../../store/sealed-column.ts'
import { targetLabel } from './password.ts'

/** What of targets is sealed under the keyring. */
export const sealedTargets: readonly SealedColumn[] = Object.freeze([
  {
    table: 'secret_targets',
    column: 'sealed_password',
    async page(db, after, limit, only) {
      const rows = await db
        .selectFrom('secret_targets')
        .select(['id', 'account_uid', 'sealed_password'])
        .where('id', '>', after)
        .where(beginsWith('sealed_password', only))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        accountUid: row.account_uid,
        sealed: row.sealed_password,
        label: targetLabel(row),
      }))
    },
  },
])
