import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readTags } from '../../base/tags.ts'
import { renameAccount } from '../../identity/accounts.ts'
import { newAccountUid, newHexId } from '../../identity/ids.ts'
import { createMember, moveAccount as move, removeAccount } from '../../identity/organization-members.ts'
import { attachDefaults } from '../../identity/organization-types.ts'
import { moveDirectory } from '../../identity/rows.ts'
import { newUserIds } from '../../identity/users.ts'
import type { ReadHandle } from '../../store/store.ts'
import type { FoundMember, MemberRow, Organization } from '../organizations/found.ts'
import { describeMember, pathText, tagList, tagsFrom } from './describe.ts'
import { Account, AccountId, DisplayName, FolderId, Input, Nothing, Tag, text } from './fields.ts'
import { setPayer } from './payers.ts'
import { directoryRead, directoryWrite } from './record.ts'

/** The role by which the management account enters a member that it has made. */
export const ENTRY_ROLE = 'ResourceDirectoryAccountAccessRole'

const byAccount = ({ AccountId }: { readonly AccountId: string }) => ({ account: AccountId })
const one = { names: { account: 'account' }, idsOf: byAccount, on: ['account'] } as const
const itself = {
  binds: async (_: ReadHandle, { account }: { account?: FoundMember }) => (account ? [account.id] : []),
}

export const createResourceAccount = directoryWrite({
  call: 'CreateResourceAccount',
  summary: 'Make an account as a member of the resource directory',
  input: Input({
    DisplayName,
    ParentFolderId: Type.Optional(FolderId),
    PayerAccountId: Type.Optional(AccountId),
    // How accounts are named and sold means nothing here.
    AccountNamePrefix: Type.Optional(text),
    ResellAccountType: Type.Optional(text),
    Tag: Type.Optional(Tag),
    // As one client writes it.
    Tags: Type.Optional(Tag),
  }),
  output: Type.Object({ Account: Type.Object(Account) }),
  names: { parent: 'folder' },
  idsOf: ({ ParentFolderId }) => ({ parent: ParentFolderId }),
  on: ['parent'],
  requested: ({ Tag, Tags }) => tagsFrom(Tag ?? Tags),
  prepare: (_scope, { DisplayName: name }) => ({
    account: { uid: newAccountUid(), domainId: newHexId(), projectId: newHexId(), name },
    role: { ...newUserIds(), name: ENTRY_ROLE },
  }),
  async work(tx, { author, organization }, { Tag, Tags, PayerAccountId }, { parent }, { account, role }) {
    const tags = tagsFrom(Tag ?? Tags)
    const entry = { ...role, language: 'ram' as const, management: organization.management }
    await createMember(tx, account, { folder: parent.id, tags }, entry, author)
    await attachDefaults(tx, [account.uid], author.now)
    if (PayerAccountId !== undefined) await setPayer(tx, account.uid, PayerAccountId)
    return { Account: describeMember({ account, row: await rowOf(tx, account.uid) }, organization) }
  },
  example: {
    DisplayName: '{organization.newName}',
    ParentFolderId: '{organization.folderId}',
  },
})

function rowOf(db: ReadHandle, uid: string): Promise<MemberRow> {
  const members = db.selectFrom('organization_members').selectAll()
  return members.where('account_uid', '=', uid).executeTakeFirstOrThrow()
}

export const getAccount = directoryRead({
  call: 'GetAccount',
  summary: 'Show a member of the resource directory',
  input: Input({ AccountId, IncludeTags: Type.Optional(Type.Boolean()) }),
  output: Type.Object({
    Account: Type.Object({
      ...Account,
      ResourceDirectoryPath: text,
      EmailStatus: text,
      HasSecureMobilePhone: Type.Boolean(),
      Tags: Type.Optional(Type.Array(Type.Object({ Key: text, Value: text }))),
    }),
  }),
  ...one,
  work: (_scope, { IncludeTags }, { account }, organization) => ({
    Account: {
      ...describeMember(account, organization),
      ResourceDirectoryPath: pathText(organization, account.path, account.id),
      // No address is being changed, and there is no phone: an account has neither.
      EmailStatus: '',
      HasSecureMobilePhone: false,
      ...(IncludeTags && { Tags: tagList(readTags(account.row.tags)) }),
    },
  }),
  example: { AccountId: '{organization.accountUid}' },
})

/**
 * A new name is decided on the account, and as if the account were named by the old and by the new name: conditions of other
 * accounts' policies trust names (`g:DomainName`).
 */
export const updateAccount = directoryWrite({
  call: 'UpdateAccount',
  summary: 'Give a member another display name',
  input: Input({
    AccountId,
    NewDisplayName: Type.Optional(DisplayName),
    // What a member is does not change: it was made here, or not.
    NewAccountType: Type.Optional(Type.String()),
  }),
  output: Type.Object({ Account: Type.Object(Account) }),
  ...one,
  ...itself,
  byNames: ({ NewDisplayName }, { account }) => {
    const name = account?.account.name
    if (NewDisplayName === undefined || NewDisplayName === name) return []
    return name === undefined ? [NewDisplayName] : [name, NewDisplayName]
  },
  async work(tx, { organization }, { NewDisplayName, NewAccountType }, { account }) {
    if (NewDisplayName === undefined && NewAccountType === undefined)
      throw refuse({ code: 'OrganizationRejects', reason: 'nothing-new' })
    const { Type: type } = describeMember(account, organization)
    if (NewAccountType !== undefined && NewAccountType !== type)
      throw refuse({ code: 'OrganizationRejects', reason: 'other-kind' })
    const name = NewDisplayName ?? account.account.name
    await renameAccount(tx, account.id, name)
    await moveDirectory(tx, account.id)
    return { Account: describeMember({ ...account, account: { ...account.account, name } }, organization) }
  },
  example: {
    AccountId: '{organization.accountUid}',
    NewDisplayName: '{organization.newName}',
  },
})

/** Decided on the account and on the folder that it moves to: what bound it where it was binds it no more. */
export const moveAccount = directoryWrite({
  call: 'MoveAccount',
  summary: 'Move a member to another folder; other control policies bind it then',
  input: Input({ AccountId, DestinationFolderId: FolderId }),
  output: Nothing,
  names: { account: 'account', destination: 'folder' },
  idsOf: ({ AccountId, DestinationFolderId }) => ({ account: AccountId, destination: DestinationFolderId }),
  on: ['account', 'destination'],
  ...itself,
  async work(tx, { organization }, _input, { account, destination }) {
    assertMember(account, organization)
    await move(tx, account.id, destination.id)
    return {}
  },
  example: {
    AccountId: '{organization.accountUid}',
    DestinationFolderId: '{organization.emptyFolderId}',
  },
})

/** The management account is no member of the resource directory. */
function assertMember({ id }: FoundMember, { management }: Organization): void {
  if (id === management.uid) throw refuse({ code: 'OrganizationRejects', reason: 'member-kind' })
}

export const removeCloudAccount = directoryWrite({
  call: 'RemoveCloudAccount',
  summary: 'Take an invited account out of the resource directory',
  input: Input({ AccountId }),
  output: Nothing,
  ...one,
  ...itself,
  async work(tx, { author }, _input, { account }) {
    await removeAccount(tx, account.id, author)
    return {}
  },
  example: { AccountId: '{organization.accountUid}' },
})
