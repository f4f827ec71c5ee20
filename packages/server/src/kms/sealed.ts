import { beginsWith, type SealedColumn } from '../store/sealed-column.ts'
import { materialLabel } from './versions.ts'

/** What of this domain is sealed under the keyring. */
export const sealedKeys: readonly SealedColumn[] = Object.freeze([
  {
    table: 'kms_key_versions',
    column: 'sealed_material',
    async page(db, after, limit, only) {
      const rows = await db
        .selectFrom('kms_key_versions')
        .select(['id', 'key_id', 'account_uid', 'sealed_material'])
        .where('id', '>', after)
        .where('sealed_material', 'is not', null)
        .where(beginsWith('sealed_material', only))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        id: row.id,
        accountUid: row.account_uid,
        sealed: row.sealed_material!,
        label: materialLabel({ accountUid: row.account_uid, keyId: row.key_id, versionId: row.id }),
      }))
    },
  },
])
