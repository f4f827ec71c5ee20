import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { changeSetting, readSetting, readSettings } from '../../identity/account-settings.ts'
import { newAccountUid, newHexId } from '../../identity/ids.ts'
import {
  createMember,
  moveAccount as move,
  removeAccount as remove,
  updateMember,
} from '../../identity/organization-members.ts'
import { attachDefaults } from '../../identity/organization-types.ts'
import { newUserIds } from '../../identity/users.ts'
import type { ReadHandle } from '../../store/store.ts'
import { type Contact, describeAccount, describeCreation, tagsFrom } from './describe.ts'
import {
  Account,
  account_name,
  agency_name,
  CreateStatus,
  description,
  email,
  Input,
  id,
  Nothing,
  Page,
  PageInfo,
  phone,
  tags,
} from './fields.ts'
import type { FoundClosed, FoundMember } from './found.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { readClosed, readMembers } from './members.ts'
import { readPage } from './pages.ts'
import { tagging } from './units.ts'

/** The agency by which the management account enters a member that it has made, where the call names none. */
export const ENTRY_AGENCY = 'OrganizationAccountAccessAgency'

const one = {
  names: { account: 'account' },
  idsOf: ({ account_id }: { readonly account_id: string }) => ({ account: account_id }),
  on: ['account'],
} as const
const itself = {
  binds: async (_: ReadHandle, { account }: { account?: FoundMember }) => (account ? [account.id] : []),
}

/** The account is made at once: the status that the call answers is that of one that is made. */
export const createAccount = orgWrite({
  call: 'CreateAccount',
  action: 'accounts:create',
  summary: 'Make an account as a member of the organization',
  input: Input({
    name: account_name,
    agency_name: Type.Optional(agency_name),
    description: Type.Optional(description),
    // Nobody is written to: they are shown as they were given.
    email: Type.Optional(email),
    phone: Type.Optional(phone),
    tags: Type.Optional(tags),
  }),
  output: Type.Object({ create_account_status: CreateStatus }),
  names: {},
  on: [],
  requested: ({ tags }) => tagsFrom(tags),
  also: tagging('account'),
  prepare: (_scope, input) => ({
    account: { uid: newAccountUid(), domainId: newHexId(), projectId: newHexId(), name: input.name },
    role: { ...newUserIds(), name: input.agency_name ?? ENTRY_AGENCY },
  }),
  async work(tx, { author, organization }, input, _things, { account, role }) {
    const entry = { ...role, language: 'iam' as const, management: organization.management }
    const member = {
      folder: organization.root.id,
      description: input.description,
      tags: tagsFrom(input.tags),
    }
    await createMember(tx, account, member, entry, author)
    await attachDefaults(tx, [account.uid], author.now)
    const { email, phone } = input
    const contact = { ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) }
    if (Object.keys(contact).length > 0) await changeSetting(tx, account.uid, 'registered-contact', contact)
    return { create_account_status: describeCreation({ account, row: await rowOf(tx, account.uid) }) }
  },
  example: { name: '{organization.newName}', tags: [{ key: 'team', value: 'a' }] },
})

function rowOf(db: ReadHandle, uid: string) {
  const members = db.selectFrom('organization_members').selectAll()
  return members.where('account_uid', '=', uid).executeTakeFirstOrThrow()
}

export const showAccount = orgRead({
  call: 'ShowAccount',
  action: 'accounts:get',
  summary: 'Show an account of the organization',
  input: Input({ account_id: id, with_register_contact_info: Type.Optional(Type.Boolean()) }),
  output: Type.Object({ account: Account }),
  ...one,
  // A closed one stays visible until nothing is left of it.
  names: { account: 'member-or-closed' },
  who: 'readers',
  async work({ store }, { with_register_contact_info }, { account }, organization) {
    const contact = with_register_contact_info
      ? await readSetting(store.read, account.id, 'registered-contact')
      : {}
    return { account: describeAccount(account, organization, contact as Contact) }
  },
  example: { account_id: '{organization.accountId}' },
})

export const updateAccount = orgWrite({
  call: 'UpdateAccount',
  action: 'accounts:update',
  summary: 'Change what is said of an account of the organization',
  input: Input({ account_id: id, description: Type.Optional(description) }),
  output: Type.Object({ account: Account }),
  ...one,
  async work(tx, { author, organization }, input, { account }) {
    await updateMember(tx, account.id, { description: input.description }, author)
    return { account: describeAccount({ ...account, row: await rowOf(tx, account.id) }, organization) }
  },
  example: { account_id: '{organization.accountId}', description: 'for tests' },
})

/** Decided on the account alone, as the cloud has it: neither parent is checked. */
export const moveAccount = orgWrite({
  call: 'MoveAccount',
  action: 'accounts:move',
  summary: 'Move an account to another unit; other policies bind it then',
  input: Input({ account_id: id, source_parent_id: id, destination_parent_id: id }),
  output: Nothing,
  names: { account: 'account', source: 'folder', destination: 'folder' },
  idsOf: ({ account_id, source_parent_id, destination_parent_id }) => ({
    account: account_id,
    source: source_parent_id,
    destination: destination_parent_id,
  }),
  on: ['account'],
  ...itself,
  async work(tx, _call, _input, { account, source, destination }) {
    if (account.row.folder_id !== source.id)
      throw refuse({ code: 'OrganizationRejects', reason: 'other-parent' })
    await move(tx, account.id, destination.id)
    return {}
  },
  example: {
    account_id: '{organization.accountId}',
    source_parent_id: '{organization.unitId}',
    destination_parent_id: '{organization.emptyUnitId}',
  },
})

export const removeAccount = orgWrite({
  call: 'RemoveAccount',
  action: 'accounts:remove',
  summary: 'Take an invited account out of the organization',
  input: Input({ account_id: id }),
  output: Nothing,
  ...one,
  ...itself,
  async work(tx, { author }, _input, { account }) {
    await remove(tx, account.id, author)
    return {}
  },
  example: { account_id: '{organization.accountId}' },
})

type Member = Pick<FoundMember, 'account' | 'row'>
type Closed = Pick<FoundClosed, 'account' | 'row'>
const placeOf = ({ account }: Closed | Member) => account.uid
const inOrder = (list: readonly (Closed | Member)[]) =>
  list.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))

export const listAccounts = orgRead({
  call: 'ListAccounts',
  action: 'accounts:list',
  summary: 'List the accounts of the organization, or of one unit',
  input: Input({
    ...Page,
    parent_id: Type.Optional(id),
    with_register_contact_info: Type.Optional(Type.Boolean()),
  }),
  output: Type.Object({ accounts: Type.Array(Account), page_info: PageInfo }),
  names: { parent: 'target' },
  idsOf: ({ parent_id }) => ({ parent: parent_id }),
  on: [],
  who: 'readers',
  async work({ store }, input, targets, organization) {
    const folder = input.parent_id === undefined ? undefined : targets.parent.id
    const { page, page_info } = await readPage<Member | Closed>(
      input,
      async (after, limit) => {
        const members = await readMembers(store.read, { folder, after, limit })
        if (folder !== undefined) return members
        const closed = await readClosed(store.read, organization.id, { after, limit })
        return inOrder([...members, ...closed]).slice(0, limit)
      },
      placeOf,
    )
    const contacts = input.with_register_contact_info
      ? await readSettings(store.read, 'registered-contact')
      : undefined
    const accounts = page.map((one) =>
      describeAccount(one, organization, contacts?.get(one.account.uid) as Contact | undefined),
    )
    return { accounts, page_info }
  },
  example: {},
})

/** Accounts are made at once: none is in progress, none has failed. */
const CreateState = Type.Enum(['in_progress', 'succeeded', 'failed'])

export const listCreateAccountStatuses = orgRead({
  call: 'ListCreateAccountStatuses',
  action: 'createAccountStatuses:list',
  summary: 'List how the making of accounts went',
  input: Input({ ...Page, states: Type.Optional(Type.Array(CreateState, { maxItems: 3 })) }),
  output: Type.Object({ create_account_statuses: Type.Array(CreateStatus), page_info: PageInfo }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, input) {
    const isAsked = input.states === undefined || input.states.includes('succeeded')
    const { page, page_info } = await readPage<Member>(
      input,
      async (after, limit) => (isAsked ? readMembers(store.read, { joined: 'created', after, limit }) : []),
      placeOf,
    )
    return { create_account_statuses: page.map(describeCreation), page_info }
  },
  example: {},
})

export const showCreateAccountStatus = orgRead({
  call: 'ShowCreateAccountStatus',
  action: 'createAccountStatuses:get',
  summary: 'Tell how the making of an account went',
  input: Input({ create_account_status_id: id }),
  output: Type.Object({ create_account_status: CreateStatus }),
  names: { account: 'account' },
  idsOf: ({ create_account_status_id }) => ({ account: create_account_status_id.replace(/^car-/, '') }),
  on: [],
  who: 'readers',
  work: (_scope, _input, { account }) => ({ create_account_status: describeCreation(account) }),
  example: { create_account_status_id: 'car-{organization.accountId}' },
})
