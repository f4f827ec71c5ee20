import { refuse } from '../base/problem.ts'
import type { WriteHandle } from '../store/store.ts'
import { QUOTAS } from './limits.ts'
import { type Author, assertBelowLimit, fresh, insertRows, isThere } from './rows.ts'

export interface NewFolder {
  /** `newTreeId` */
  readonly id: string
  /** Empty: this is the root. */
  readonly parent: string
  /** Empty for the root. */
  readonly name: string
}

/** Makes the one organization, without its root. Raises `IdentityExists` where there is one. */
export async function createOrganization(
  tx: WriteHandle,
  { id, management }: { readonly id: string; readonly management: string },
  { now }: Author,
): Promise<void> {
  if (await isThere(tx.selectFrom('organizations').select('id')))
    throw refuse({ code: 'IdentityExists', entity: 'organization' })
  const row = { number: 1, id, management_uid: management, created_at: now, version: 1 }
  await tx.insertInto('organizations').values(row).execute()
}

/** Makes another account the management account. */
export async function setManagement(tx: WriteHandle, uid: string): Promise<void> {
  await tx
    .updateTable('organizations')
    .set((eb) => ({ management_uid: uid, version: eb('version', '+', 1) }))
    .where('number', '=', 1)
    .execute()
}

/** Makes folders; one that another hangs on comes before it. Raises `IdentityExists`, `IdentityQuota`. */
export async function createFolders(
  tx: WriteHandle,
  folders: readonly NewFolder[],
  author: Author,
): Promise<void> {
  for (const { name, parent } of author.by === 'api' ? folders : []) {
    await assertNameFree(tx, parent, name)
    const levels = await depthOf(tx, parent)
    if (levels > QUOTAS.folderLevels)
      throw refuse({ code: 'IdentityQuota', entity: 'folder', limit: QUOTAS.folderLevels })
  }
  await assertBelowLimit(author, 'folder', QUOTAS.folders, folders.length, async () => {
    const rows = await tx
      .selectFrom('organization_folders')
      .select('id')
      .where('parent_id', '!=', '')
      .execute()
    return rows.length
  })
  await insertRows(
    tx,
    'organization_folders',
    folders.map(({ id, parent, name }) => ({ ...fresh(author), id, parent_id: parent, name })),
  )
}

/** Gives a folder another name. Raises `IdentityExists`. */
export async function renameFolder(tx: WriteHandle, id: string, name: string): Promise<void> {
  const folder = await tx
    .selectFrom('organization_folders')
    .select(['parent_id', 'name'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (folder.name !== name) await assertNameFree(tx, folder.parent_id, name)
  await tx
    .updateTable('organization_folders')
    .set((eb) => ({ name, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Deletes a folder. Raises `IdentityInUse` while a folder or an account is in it. */
export async function deleteFolder(tx: WriteHandle, id: string): Promise<void> {
  if (await isThere(tx.selectFrom('organization_folders').select('id').where('parent_id', '=', id)))
    throw refuse({ code: 'IdentityInUse', entity: 'folder', holds: 'folder' })
  if (await isThere(tx.selectFrom('organization_members').select('folder_id').where('folder_id', '=', id)))
    throw refuse({ code: 'IdentityInUse', entity: 'folder', holds: 'account' })
  await tx.deleteFrom('organization_attachments').where('target_id', '=', id).execute()
  await tx.deleteFrom('organization_folders').where('id', '=', id).execute()
}

/** Puts accounts into folders of the organization, which none of them stands in yet. */
export async function placeAccounts(
  tx: WriteHandle,
  places: readonly { readonly account: string; readonly folder: string }[],
  author: Author,
): Promise<void> {
  await insertRows(
    tx,
    'organization_members',
    places.map(({ account, folder }) => ({ ...fresh(author), account_uid: account, folder_id: folder })),
  )
}

/** Moves an account to another folder: what binds it is then what is attached there and above. */
export async function moveAccount(tx: WriteHandle, account: string, folder: string): Promise<void> {
  await tx
    .updateTable('organization_members')
    .set((eb) => ({ folder_id: folder, version: eb('version', '+', 1) }))
    .where('account_uid', '=', account)
    .execute()
}

/** Takes an account out of the organization: nothing of it binds the account any more. */
export async function removeAccount(tx: WriteHandle, account: string): Promise<void> {
  await tx.deleteFrom('organization_attachments').where('target_id', '=', account).execute()
  await tx.deleteFrom('organization_members').where('account_uid', '=', account).execute()
}

/** An apply says of what is there that it is the file's. */
export async function claimFolder(tx: WriteHandle, id: string): Promise<void> {
  await tx.updateTable('organization_folders').set({ declared_by: 'file' }).where('id', '=', id).execute()
}

export async function claimPlace(tx: WriteHandle, account: string): Promise<void> {
  const members = tx.updateTable('organization_members').set({ declared_by: 'file' })
  await members.where('account_uid', '=', account).execute()
}

async function assertNameFree(tx: WriteHandle, parent: string, name: string): Promise<void> {
  const twin = tx.selectFrom('organization_folders').select('id').where('parent_id', '=', parent)
  if (await isThere(twin.where('name', '=', name))) throw refuse({ code: 'IdentityExists', entity: 'folder' })
}

/** 1 for the root. */
async function depthOf(tx: WriteHandle, id: string): Promise<number> {
  let depth = 0
  for (let at = id; at !== '' && depth < 100; depth += 1) {
    const row = await tx
      .selectFrom('organization_folders')
      .select('parent_id')
      .where('id', '=', at)
      .executeTakeFirst()
    at = row?.parent_id ?? ''
  }
  return depth
}
