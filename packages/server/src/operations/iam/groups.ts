import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import {
  addMembers,
  createGroups,
  deleteGroup as deleteRow,
  removeMember,
  updateGroup as updateRow,
} from '../../identity/groups.ts'
import { newHexId } from '../../identity/ids.ts'
import type { GroupRow } from '../../identity/named.ts'
import { unlessThere } from './already.ts'
import { describeGroup } from './describe.ts'
import {
  description,
  Group,
  group_id,
  group_name,
  Input,
  Nothing,
  Page,
  PageInfo,
  user_id,
} from './fields.ts'
import { type Places, readPage } from './pages.ts'
import { iamRead, iamWrite, load } from './record.ts'

const Answer = Type.Object({ group: Group })

export const createGroup = iamWrite({
  name: 'CreateGroup',
  action: 'groups:createGroupV5',
  summary: 'Make a group of users',
  input: Input({ group_name, description: Type.Optional(description) }),
  output: Answer,
  on: [],
  also: ({ group_name }) => [`group:${group_name}`],
  prepare: () => newHexId(),
  async work(tx, { account, author, scope }, { group_name: name, description }, _targets, id) {
    await createGroups(tx, account, [{ id, name, description }], author)
    const row = await tx.selectFrom('user_groups').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    return { group: describeGroup(scope.caller.account, row) }
  },
  example: { group_name: '{identity.newName}' },
})

export const showGroup = iamRead({
  name: 'ShowGroup',
  action: 'groups:getGroupV5',
  summary: 'Show a group',
  input: Input({ group_id }),
  output: Answer,
  on: ['group'],
  work: ({ caller }, _input, { group }) => ({ group: describeGroup(caller.account, group) }),
  example: { group_id: '{identity.ids.group}' },
})

/** Renaming is decided on both names: policies name names. */
export const updateGroup = iamWrite({
  name: 'UpdateGroup',
  action: 'groups:updateGroupV5',
  summary: 'Change a group, also its name',
  input: Input({
    group_id,
    new_group_name: Type.Optional(group_name),
    new_group_description: Type.Optional(description),
  }),
  output: Answer,
  on: ['group'],
  also: ({ new_group_name }) => (new_group_name === undefined ? [] : [`group:${new_group_name}`]),
  async work(tx, { account, author, scope }, input, { group }) {
    const { new_group_name: name, new_group_description: description } = input
    await updateRow(tx, account, group.id, { name, description }, author)
    const row = tx.selectFrom('user_groups').selectAll().where('id', '=', group.id)
    return { group: describeGroup(scope.caller.account, await row.executeTakeFirstOrThrow()) }
  },
  example: { group_id: '{identity.ids.group}', new_group_name: '{identity.newName}' },
})

export const deleteGroup = iamWrite({
  name: 'DeleteGroup',
  action: 'groups:deleteGroupV5',
  summary: 'Delete a group that nobody is in and nothing is attached to',
  input: Input({ group_id }),
  output: Nothing,
  on: ['group'],
  async work(tx, _call, _input, { group }) {
    await deleteRow(tx, group.id)
    return {}
  },
  example: { group_id: '{identity.ids.group}' },
})

/** By id: a marker of a long name in letters of some scripts would be longer than a marker may be. */
const BY_ID: Places<GroupRow> = { list: 'groups', placeOf: ({ id }) => id }

export const listGroups = iamRead({
  name: 'ListGroups',
  action: 'groups:listGroupsV5',
  summary: 'List groups by id, all or those that a user is in',
  input: Input({ ...Page, user_id: Type.Optional(user_id) }),
  output: Type.Object({ groups: Type.Array(Group), page_info: PageInfo }),
  on: [],
  also: () => ['group:*'],
  async work(scope, input) {
    const { caller, store } = scope
    const { user_id, ...asked } = input
    if (user_id !== undefined && !(await load(scope, 'user', user_id)))
      throw refuse({ code: 'IdentityNotFound', entity: 'user' })
    const all = store.read
      .selectFrom('user_groups')
      .selectAll()
      .where('account_uid', '=', caller.account.uid)
      .orderBy('id')
    const joined = store.read.selectFrom('group_members').select('group_id')
    const rows = user_id === undefined ? all : all.where('id', 'in', joined.where('user_id', '=', user_id))
    const { page, page_info } = await readPage(asked, BY_ID, (after, limit) =>
      rows.where('id', '>', after).limit(limit).execute(),
    )
    return { groups: page.map((row) => describeGroup(caller.account, row)), page_info }
  },
  example: {},
})

/** Decided on the group alone (reference: huawei-iam.md D.8). A user that is in the group already stays in it. */
export const addUserToGroup = iamWrite({
  name: 'AddUserToGroup',
  action: 'permissions:addUserToGroupV5',
  summary: 'Put a user into a group',
  input: Input({ group_id, user_id }),
  output: Nothing,
  on: ['group', 'user'],
  decidedOn: ['group'],
  async work(tx, { account, author }, _input, { group, user }) {
    await unlessThere(() => addMembers(tx, account, [{ group: group.id, user: user.id }], author))
    return {}
  },
  example: { group_id: '{identity.ids.group}', user_id: '{identity.ids.user}' },
})

export const removeUserFromGroup = iamWrite({
  name: 'RemoveUserFromGroup',
  action: 'permissions:removeUserFromGroupV5',
  summary: 'Take a user out of a group',
  input: Input({ group_id, user_id }),
  output: Nothing,
  on: ['group', 'user'],
  decidedOn: ['group'],
  async work(tx, _call, _input, { group, user }) {
    await removeMember(tx, { group: group.id, user: user.id })
    return {}
  },
  example: { group_id: '{identity.tiedIds.group}', user_id: '{identity.tiedIds.user}' },
})
