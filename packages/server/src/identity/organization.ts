import { refuse } from '../base/problem.ts'
import { NO_TAGS, type Tags, writeTags } from '../base/tags.ts'
import type { WriteHandle } from '../store/store.ts'
import { forgetOrganizationSettings } from './account-settings.ts'
import { QUOTAS } from './limits.ts'
import { type Author, assertBelowLimit, fresh, insertRows, isThere } from './rows.ts'

export interface NewFolder {
  /** `newTreeId` */
  readonly id: string
  /** Empty: this is the root. */
  readonly parent: string
  /** Empty for the root. */
  readonly name: string
  readonly tags?: Tags | undefined
}

/** Makes the one organization, without its root. Raises `IdentityExists` where there is one. */
export async function createOrganization(
  tx: WriteHandle,
  { id, management }: { readonly id: string; readonly management: string },
  { now, by }: Author,
): Promise<void> {
  if (await isThere(tx.selectFrom('organizations').select('id')))
    throw refuse({ code: 'IdentityExists', entity: 'organization' })
  // What a file declares binds at once; a call switches each kind of policy on for itself.
  const enabled = by === 'file' ? 1 : 0
  const row = { number: 1, id, management_uid: management, created_at: now, version: 1 }
  await tx
    .insertInto('organizations')
    .values({ ...row, ram_enabled: enabled, iam_enabled: enabled })
    .execute()
}

/** Deletes the organization with its folders and policies. Raises `IdentityInUse` while another account is in it. */
export async function deleteOrganization(tx: WriteHandle): Promise<void> {
  const members = tx.selectFrom('organization_members').select('account_uid')
  const management = tx.selectFrom('organizations').select('management_uid')
  if (await isThere(members.where('account_uid', 'not in', management)))
    throw refuse({ code: 'IdentityInUse', entity: 'organization', holds: 'account' })
  for (const table of TABLES) await tx.deleteFrom(table).execute()
  await forgetOrganizationSettings(tx)
}

const TABLES = [
  'organization_attachments',
  'organization_policies',
  'organization_members',
  'organization_folders',
  'organization_handshakes',
  'organization_delegations',
  'organization_services',
  'organizations',
] as const

/** Every change of anything in the organization begins with it: a write that was decided on is conditional on the version. */
export async function moveOrganization(tx: WriteHandle): Promise<void> {
  await tx
    .updateTable('organizations')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .execute()
}

/** Says whether the calls of a resource directory may delete members. */
export async function setDeletionEnabled(tx: WriteHandle, enabled: boolean): Promise<void> {
  await tx
    .updateTable('organizations')
    .set((eb) => ({ deletion_enabled: enabled ? 1 : 0, version: eb('version', '+', 1) }))
    .execute()
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
  await moveOrganization(tx)
  for (const { name, parent } of author.by === 'api' ? folders : []) {
    await assertNameFree(tx, parent, name)
    const levels = await depthOf(tx, parent)
    if (levels > QUOTAS.folderLevels)
      throw refuse({ code: 'IdentityQuota', entity: 'folder-level', limit: QUOTAS.folderLevels })
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
    folders.map(({ id, parent, name, tags = NO_TAGS }) => ({
      ...fresh(author),
      id,
      parent_id: parent,
      name,
      tags: writeTags(tags),
    })),
  )
}

/** Gives a folder another name. Raises `IdentityExists`. */
export async function renameFolder(tx: WriteHandle, id: string, name: string): Promise<void> {
  await moveOrganization(tx)
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
  await moveOrganization(tx)
  if (await isThere(tx.selectFrom('organization_folders').select('id').where('parent_id', '=', id)))
    throw refuse({ code: 'IdentityInUse', entity: 'folder', holds: 'folder' })
  if (await isThere(tx.selectFrom('organization_members').select('folder_id').where('folder_id', '=', id)))
    throw refuse({ code: 'IdentityInUse', entity: 'folder', holds: 'account' })
  await tx.deleteFrom('organization_attachments').where('target_id', '=', id).execute()
  await tx.deleteFrom('organization_folders').where('id', '=', id).execute()
}

/** Says which tags a folder has, the root too. */
export async function tagFolder(tx: WriteHandle, id: string, tags: Tags): Promise<void> {
  await moveOrganization(tx)
  await tx
    .updateTable('organization_folders')
    .set((eb) => ({ tags: writeTags(tags), version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** An apply says of what is there that it is the file's. */
export async function claimFolder(tx: WriteHandle, id: string): Promise<void> {
  await tx.updateTable('organization_folders').set({ declared_by: 'file' }).where('id', '=', id).execute()
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
