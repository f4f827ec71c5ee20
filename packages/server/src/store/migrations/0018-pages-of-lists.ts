import type { Migration } from './migration.ts'

/** What each list is read by, a page at a time. PostgreSQL cuts a name after 63 bytes. */
const INDEXES = [
  ['group_members', 'group_id_user_id', ['group_id', 'user_id']],
  ['policy_attachments', 'policy_id_and_target', ['policy_id', 'account_uid', 'target_kind', 'target_id']],
  ['organization_attachments', 'policy_id_target_id', ['policy_id', 'target_id']],
  ['organization_folders', 'parent_id_id', ['parent_id', 'id']],
  ['organization_members', 'folder_id_account_uid', ['folder_id', 'account_uid']],
] as const

/** Indexes of which the new ones are the longer form. */
const SHORTER = ['group_members_by_group_id', 'policy_attachments_by_policy_id'] as const

/** Lists of users, attachments and members are read a page at a time, also where there are ten thousands of them. */
export const pagesOfLists: Migration = Object.freeze<Migration>({
  name: '0018-pages-of-lists',
  async run(db) {
    for (const [table, name, columns] of INDEXES)
      await db.schema
        .createIndex(`${table}_by_${name}`)
        .on(table)
        .columns([...columns])
        .execute()
    for (const name of SHORTER) await db.schema.dropIndex(name).execute()
  },
})
