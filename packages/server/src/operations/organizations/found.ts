import type { LanguageName, SystemPolicy } from '@keyward/policy'
import { systemPolicy } from '@keyward/policy'
import type { Selectable } from 'kysely'
import { refuse } from '../../base/problem.ts'
import { builtInId } from '../../identity/built-in.ts'
import type { ClosureRow } from '../../identity/closing.ts'
import { findHandshake, type HandshakeRow } from '../../identity/organization-handshakes.ts'
import { FULL_ACCESS } from '../../identity/organization-types.ts'
import type { Account } from '../../identity/principal.ts'
import { accountOf, readAccount } from '../../identity/queries.ts'
import type { IdentityTables } from '../../store/schema/identity.ts'
import type { ReadHandle } from '../../store/store.ts'

// The organization and what is in it, as calls of both products look at them: by the ids that each wire writes.

export type FolderRow = Selectable<IdentityTables['organization_folders']>
export type MemberRow = Selectable<IdentityTables['organization_members']>
export type OrganizationPolicyRow = Selectable<IdentityTables['organization_policies']>

export interface Organization {
  readonly id: string
  readonly version: number
  readonly createdAt: number
  readonly management: Account
  readonly root: FolderRow
  readonly enabled: Readonly<Record<LanguageName, boolean>>
  /** Whether the calls of a resource directory may delete members. */
  readonly deletion: boolean
}

/**
 * An account that has left the organization is told nothing more of the invitation by which it came. Raises
 * `IdentityNotFound`.
 */
export function assertNotLeft(
  { row }: FoundHandshake,
  standing: Standing,
  entity: 'handshake' | 'organization',
): void {
  if (standing === 'outside' && row.status === 'accepted') throw refuse({ code: 'IdentityNotFound', entity })
}

/** How the caller's account stands to the organization. */
export type Standing = 'delegated' | 'management' | 'member' | 'outside'

export interface FoundFolder {
  readonly kind: 'folder'
  readonly id: string
  readonly row: FolderRow
  /** Ids of folders from the root down to it. */
  readonly path: readonly string[]
}
export interface FoundMember {
  readonly kind: 'account'
  /** Its uid. */
  readonly id: string
  readonly account: Account
  readonly row: MemberRow
  readonly path: readonly string[]
}
/** An account that the organization has closed. */
export interface FoundClosed {
  readonly kind: 'account'
  readonly id: string
  /** By the name that it had. */
  readonly account: Account
  readonly row: ClosureRow
  /** Where it stood; the root where that folder is gone. */
  readonly path: readonly string[]
  readonly closed: true
}
export interface FoundPolicy {
  readonly kind: 'policy'
  /** As attachments have it. */
  readonly id: string
  readonly name: string
  /** Absent for the built-in one. */
  readonly row?: OrganizationPolicyRow
  readonly builtIn?: SystemPolicy
}
export interface FoundHandshake {
  readonly kind: 'handshake'
  readonly id: string
  readonly row: HandshakeRow
  readonly account: Account
}

export async function loadOrganization(db: ReadHandle): Promise<Organization | undefined> {
  const row = await db.selectFrom('organizations').selectAll().executeTakeFirst()
  const management = row && (await readAccount(db, 'id', row.management_uid))
  const root = await db
    .selectFrom('organization_folders')
    .selectAll()
    .where('parent_id', '=', '')
    .executeTakeFirst()
  if (!row || !management || !root) return undefined
  const enabled = { ram: Number(row.ram_enabled) === 1, iam: Number(row.iam_enabled) === 1 }
  const createdAt = Number(row.created_at)
  const deletion = Number(row.deletion_enabled) === 1
  return { id: row.id, version: row.version, createdAt, management, root, enabled, deletion }
}

export async function standingOf(
  db: ReadHandle,
  organization: Organization | undefined,
  uid: string,
): Promise<Standing> {
  if (!organization) return 'outside'
  if (organization.management.uid === uid) return 'management'
  const of = <T extends 'organization_delegations' | 'organization_members'>(table: T) =>
    db
      .selectFrom(table as 'organization_members')
      .select('account_uid')
      .where('account_uid', '=', uid)
      .executeTakeFirst()
  if (!(await of('organization_members'))) return 'outside'
  return (await of('organization_delegations')) ? 'delegated' : 'member'
}

/** Prefixes of ids by what they are of; those of the root and of handshakes are the same on both wires. */
export const PREFIXES = {
  ram: { organization: 'rd-', folder: 'fd-', policy: 'cp-' },
  iam: { organization: 'o-', folder: 'ou-', policy: 'p-' },
} as const

/** The id of the built-in policy, as each wire writes it. */
export const BUILT_IN_IDS = { ram: FULL_ACCESS.ram, iam: `p-${FULL_ACCESS.iam}` } as const

export function folderText(language: LanguageName, { id, parent_id }: Pick<FolderRow, 'id' | 'parent_id'>) {
  return parent_id === '' ? `r-${id}` : `${PREFIXES[language].folder}${id}`
}

export function accountText(language: LanguageName, account: Account): string {
  return language === 'ram' ? account.uid : account.domainId
}

export function policyText(language: LanguageName, { id, builtIn }: FoundPolicy): string {
  return builtIn ? BUILT_IN_IDS[language] : `${PREFIXES[language].policy}${id}`
}

export async function findFolder(
  db: ReadHandle,
  language: LanguageName,
  text: string,
): Promise<FoundFolder | undefined> {
  const [, id] = /^(?:r|fd|ou)-([0-9a-z]{10})$/.exec(text) ?? []
  if (id === undefined) return undefined
  const row = await readFolder(db, id)
  if (!row || folderText(language, row) !== text) return undefined
  return { kind: 'folder', id, row, path: await pathTo(db, row) }
}

export async function findMember(
  db: ReadHandle,
  language: LanguageName,
  text: string,
): Promise<FoundMember | undefined> {
  const account = await readAccount(db, language === 'ram' ? 'id' : 'domain_id', text)
  const row =
    account &&
    (await db
      .selectFrom('organization_members')
      .selectAll()
      .where('account_uid', '=', account.uid)
      .executeTakeFirst())
  const folder = row && (await readFolder(db, row.folder_id))
  if (!account || !row || !folder) return undefined
  return { kind: 'account', id: account.uid, account, row, path: await pathTo(db, folder) }
}

/** An account of which something is left, or, with `ended`, that was ever closed here. */
export async function findClosed(
  db: ReadHandle,
  language: LanguageName,
  text: string,
  ended = false,
): Promise<FoundClosed | undefined> {
  const row = await db
    .selectFrom('account_closures')
    .innerJoin('accounts', 'accounts.id', 'account_closures.id')
    .selectAll('account_closures')
    .select(['accounts.domain_id', 'accounts.project_id'])
    .where(language === 'ram' ? 'accounts.id' : 'accounts.domain_id', '=', text)
    .executeTakeFirst()
  const organization = await db.selectFrom('organizations').select('id').executeTakeFirst()
  if (!row || row.organization_id !== organization?.id || (Number(row.destroyed_at) > 0 && !ended))
    return undefined
  const folder = await readFolder(db, row.folder_id)
  const path = folder ? await pathTo(db, folder) : [await rootId(db)]
  return { kind: 'account', id: row.id, account: accountOf(row), row, path, closed: true }
}

async function rootId(db: ReadHandle): Promise<string> {
  const folders = db.selectFrom('organization_folders').select('id').where('parent_id', '=', '')
  return (await folders.executeTakeFirstOrThrow()).id
}

export async function findPolicy(
  db: ReadHandle,
  language: LanguageName,
  text: string,
): Promise<FoundPolicy | undefined> {
  if (text === BUILT_IN_IDS[language]) return builtInPolicy(language)
  const prefix = PREFIXES[language].policy
  if (!text.startsWith(prefix)) return undefined
  const row = await db
    .selectFrom('organization_policies')
    .selectAll()
    .where('id', '=', text.slice(prefix.length))
    .where('language', '=', language)
    .executeTakeFirst()
  return row && { kind: 'policy', id: row.id, name: row.name, row }
}

export function builtInPolicy(language: LanguageName): FoundPolicy {
  const name = FULL_ACCESS[language]
  const builtIn = systemPolicy(language, name)!
  return { kind: 'policy', id: builtInId(language, name), name, builtIn }
}

export async function findInvitation(db: ReadHandle, text: string): Promise<FoundHandshake | undefined> {
  const row = text.startsWith('h-') ? await findHandshake(db, text.slice(2)) : undefined
  const account = row && (await readAccount(db, 'id', row.account_uid))
  return row && account && { kind: 'handshake', id: row.id, row, account }
}

/** Uids of the accounts below a folder, at any depth: whom what is attached there binds. */
export async function membersBelow(db: ReadHandle, folder: string): Promise<string[]> {
  const folders = await db.selectFrom('organization_folders').select(['id', 'parent_id']).execute()
  const below = new Set([folder])
  for (let grew = true; grew; ) {
    grew = false
    for (const { id, parent_id } of folders)
      if (below.has(parent_id) && !below.has(id)) grew = below.add(id) !== undefined
  }
  const members = await allMembers(db)
  return members.filter(({ folder_id }) => below.has(folder_id)).map(({ account_uid }) => account_uid)
}

export function allMembers(db: ReadHandle) {
  return db.selectFrom('organization_members').select(['account_uid', 'folder_id']).execute()
}

function readFolder(db: ReadHandle, id: string): Promise<FolderRow | undefined> {
  return db.selectFrom('organization_folders').selectAll().where('id', '=', id).executeTakeFirst()
}

async function pathTo(db: ReadHandle, row: FolderRow): Promise<readonly string[]> {
  const path = [row.id]
  let at: FolderRow | undefined = row
  while (at && at.parent_id !== '' && path.length < 100) {
    path.unshift(at.parent_id)
    at = await readFolder(db, at.parent_id)
  }
  return path
}

/** Answers by the path of any folder, from the root down to it; all folders are read at once. */
export async function folderPaths(db: ReadHandle): Promise<(id: string) => readonly string[]> {
  const folders = await db.selectFrom('organization_folders').select(['id', 'parent_id']).execute()
  const parents = new Map(folders.map(({ id, parent_id }) => [id, parent_id]))
  return (id) => {
    const path = [id]
    for (let at = parents.get(id); at && path.length < 100; at = parents.get(at)) path.unshift(at)
    return path
  }
}
