import { hasTag, type TagEntry, type Tags, tagsOf } from '../../base/tags.ts'
import { HANDSHAKE_LIFETIME, handshakeStatus } from '../../identity/organization-handshakes.ts'
import {
  type FolderRow,
  type FoundHandshake,
  type FoundMember,
  type FoundPolicy,
  folderText,
  type Organization,
  policyText,
} from '../organizations/found.ts'

// How a resource directory shows what is in it.

/** `2015-05-01T00:00:00Z` */
export function dateText(milliseconds: number | string): string {
  return `${new Date(Number(milliseconds)).toISOString().slice(0, 19)}Z`
}

/** The built-in policy is as old as the version of the API. */
const BUILT_IN_DATE = '2020-03-31T00:00:00Z'

export function describeDirectory({ id, management, root, createdAt }: Organization) {
  return {
    ResourceDirectoryId: `rd-${id}`,
    MasterAccountId: management.uid,
    MasterAccountName: management.name,
    RootFolderId: folderText('ram', root),
    CreateTime: dateText(createdAt),
  }
}

export function describeFolder(
  row: Pick<FolderRow, 'created_at' | 'id' | 'name' | 'parent_id'>,
  root: string,
) {
  const parent = row.parent_id === '' ? '' : row.parent_id === root ? `r-${root}` : `fd-${row.parent_id}`
  return {
    FolderId: folderText('ram', row),
    FolderName: row.parent_id === '' ? 'root' : row.name,
    ParentFolderId: parent,
    CreateTime: dateText(row.created_at),
  }
}

export function pathText({ id }: Organization, path: readonly string[], uid?: string): string {
  const folders = path.map((folder, i) => (i === 0 ? `r-${folder}` : `fd-${folder}`))
  return [`rd-${id}`, ...folders, ...(uid === undefined ? [] : [uid])].join('/')
}

export function describeMember(
  { account, row }: Pick<FoundMember, 'account' | 'row'>,
  { id, root }: Organization,
) {
  const created = row.joined === 'created'
  return {
    AccountId: account.uid,
    AccountName: `${account.uid}@rd-${id}.aliyunid.com`,
    DisplayName: account.name,
    FolderId: row.folder_id === root.id ? `r-${root.id}` : `fd-${row.folder_id}`,
    JoinMethod: row.joined,
    JoinTime: dateText(row.created_at),
    ModifyTime: dateText(row.updated_at),
    ResourceDirectoryId: `rd-${id}`,
    Status: created ? 'CreateSuccess' : 'InviteSuccess',
    Type: created ? 'ResourceAccount' : 'CloudAccount',
  }
}

export function describePolicy(policy: FoundPolicy, attachments: number) {
  const { row, builtIn, name } = policy
  return {
    PolicyId: policyText('ram', policy),
    PolicyName: name,
    PolicyType: row ? 'Custom' : 'System',
    Description: row?.description ?? builtIn?.description ?? '',
    EffectScope: 'RAM',
    AttachmentCount: String(attachments),
    CreateDate: row ? dateText(row.created_at) : BUILT_IN_DATE,
    UpdateDate: row ? dateText(row.updated_at) : BUILT_IN_DATE,
  }
}

const STATUS: Readonly<Record<string, string>> = {
  pending: 'Pending',
  accepted: 'Accepted',
  cancelled: 'Cancelled',
  declined: 'Declined',
  expired: 'Expired',
}

export function describeHandshake(
  { id, row }: Pick<FoundHandshake, 'id' | 'row'>,
  { id: organization, management }: Organization,
  now: number,
) {
  return {
    HandshakeId: `h-${id}`,
    Status: STATUS[handshakeStatus(row, now)]!,
    TargetEntity: row.account_uid,
    TargetType: 'Account',
    Note: row.note,
    ResourceDirectoryId: `rd-${organization}`,
    MasterAccountId: management.uid,
    MasterAccountName: management.name,
    CreateTime: dateText(row.created_at),
    ModifyTime: dateText(row.updated_at),
    ExpireTime: dateText(Number(row.created_at) + HANDSHAKE_LIFETIME),
  }
}

export function tagList(tags: Tags) {
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}

export function tagsFrom(list: readonly TagEntry[] | undefined): Tags | undefined {
  return list && tagsOf(list)
}

/** Whether tags hold all that are asked for; one asked for without a value is there with any. */
export function hasTags(tags: Tags, asked: Tags | undefined): boolean {
  return [...(asked ?? [])].every(([key, value]) => hasTag(tags, key, value === '' ? undefined : value))
}
