import { Type } from 'typebox'
import {
  addMembers,
  createGroups,
  deleteGroup as deleteRow,
  removeMember,
  updateGroup as updateRow,
} from '../../identity/groups.ts'
import { newHexId } from '../../identity/ids.ts'
import { dateText, describeGroup } from './describe.ts'
import { Comments, Group, GroupName, Input, Nothing, Page, Paged, text, UserName } from './fields.ts'
import { pageOf, wanted } from './pages.ts'
import { ramRead, ramWrite } from './record.ts'

export const createGroup = ramWrite({
  action: 'CreateGroup',
  summary: 'Make a group of users',
  input: Input({ GroupName, Comments: Type.Optional(Comments) }),
  output: Type.Object({ Group: Type.Object(Group) }),
  on: [],
  also: () => ['group/*'],
  prepare: () => newHexId(),
  async work(tx, { account, author }, { GroupName, Comments = '' }, _targets, id) {
    await createGroups(tx, account, [{ id, name: GroupName, description: Comments }], author)
    return { Group: { GroupId: id, GroupName, Comments, CreateDate: dateText(author.now) } }
  },
  example: { GroupName: '{identity.newName}' },
})

export const getGroup = ramRead({
  action: 'GetGroup',
  summary: 'Show a group',
  input: Input({ GroupName }),
  output: Type.Object({ Group: Type.Object(Group) }),
  on: ['group'],
  work: (_scope, _input, { group }) => ({ Group: describeGroup(group) }),
  example: { GroupName: '{identity.name}' },
})

/** Renaming is decided on both names. */
export const updateGroup = ramWrite({
  action: 'UpdateGroup',
  summary: 'Change a group, also its name',
  input: Input({ GroupName, NewGroupName: Type.Optional(GroupName), NewComments: Type.Optional(Comments) }),
  output: Type.Object({ Group: Type.Object(Group) }),
  on: ['group'],
  also: ({ GroupName, NewGroupName = GroupName }) =>
    NewGroupName === GroupName ? [] : [`group/${NewGroupName}`],
  async work(tx, { account, author }, { NewGroupName, NewComments }, { group }) {
    await updateRow(tx, account, group.id, { name: NewGroupName, description: NewComments }, author)
    const row = tx.selectFrom('user_groups').selectAll().where('id', '=', group.id)
    return { Group: describeGroup(await row.executeTakeFirstOrThrow()) }
  },
  example: { GroupName: '{identity.name}', NewGroupName: '{identity.newName}' },
})

export const deleteGroup = ramWrite({
  action: 'DeleteGroup',
  summary: 'Delete a group that nobody is in and nothing is attached to',
  input: Input({ GroupName }),
  output: Nothing,
  on: ['group'],
  async work(tx, _call, _input, { group }) {
    await deleteRow(tx, group.id)
    return {}
  },
  example: { GroupName: '{identity.name}' },
})

/** The cloud answers a hundred groups at most, whatever is asked for. */
const MOST_GROUPS = 100

export const listGroups = ramRead({
  action: 'ListGroups',
  summary: 'List groups by name',
  input: Input(Page),
  output: Type.Object({ ...Paged, Groups: Type.Object({ Group: Type.Array(Type.Object(Group)) }) }),
  on: [],
  also: () => ['group/*'],
  async work({ caller, store }, input) {
    const { after, items, limit } = wanted(input, MOST_GROUPS)
    const rows = await store.read
      .selectFrom('user_groups')
      .selectAll()
      .where('account_uid', '=', caller.account.uid)
      .where('name', '>', after)
      .orderBy('name')
      .limit(limit)
      .execute()
    const { page, ...more } = pageOf(rows, items, ({ name }) => name)
    return { ...more, Groups: { Group: page.map(describeGroup) } }
  },
  example: {},
})

export const addUserToGroup = ramWrite({
  action: 'AddUserToGroup',
  summary: 'Put a user into a group',
  input: Input({ UserName, GroupName }),
  output: Nothing,
  on: ['user', 'group'],
  async work(tx, { account, author }, _input, { user, group }) {
    await addMembers(tx, account, [{ group: group.id, user: user.id }], author)
    return {}
  },
  example: { UserName: '{identity.name}', GroupName: '{identity.name}' },
})

export const removeUserFromGroup = ramWrite({
  action: 'RemoveUserFromGroup',
  summary: 'Take a user out of a group',
  input: Input({ UserName, GroupName }),
  output: Nothing,
  on: ['user', 'group'],
  async work(tx, _call, _input, { user, group }) {
    await removeMember(tx, { group: group.id, user: user.id })
    return {}
  },
  example: { UserName: '{identity.tied}', GroupName: '{identity.tied}' },
})

export const listGroupsForUser = ramRead({
  action: 'ListGroupsForUser',
  summary: 'List the groups that a user is in',
  input: Input({ UserName }),
  output: Type.Object({
    Groups: Type.Object({
      Group: Type.Array(Type.Object({ GroupId: text, GroupName: text, Comments: text, JoinDate: text })),
    }),
  }),
  on: ['user'],
  async work({ store }, _input, { user }) {
    const rows = await store.read
      .selectFrom('group_members')
      .innerJoin('user_groups', 'user_groups.id', 'group_members.group_id')
      .select(['user_groups.id', 'user_groups.name', 'user_groups.description', 'group_members.created_at'])
      .where('group_members.user_id', '=', user.id)
      .orderBy('user_groups.name')
      .execute()
    const groups = rows.map(({ id, name, description, created_at }) => ({
      GroupId: id,
      GroupName: name,
      Comments: description,
      JoinDate: dateText(Number(created_at)),
    }))
    return { Groups: { Group: groups } }
  },
  example: { UserName: '{identity.tied}' },
})

export const listUsersForGroup = ramRead({
  action: 'ListUsersForGroup',
  summary: 'List the users in a group by id',
  input: Input({ GroupName, ...Page }),
  output: Type.Object({
    ...Paged,
    Users: Type.Object({
      User: Type.Array(Type.Object({ UserName: text, DisplayName: text, JoinDate: text })),
    }),
  }),
  on: ['group'],
  async work({ store }, input, { group }) {
    const { after, items, limit } = wanted(input)
    const rows = await store.read
      .selectFrom('group_members')
      .innerJoin('users', 'users.id', 'group_members.user_id')
      .select(['users.id', 'users.name', 'users.display_name', 'group_members.created_at'])
      .where('group_members.group_id', '=', group.id)
      // The database need not sort ten thousand names for each page.
      .where('group_members.user_id', '>', after)
      .orderBy('group_members.user_id')
      .limit(limit)
      .execute()
    const { page, ...more } = pageOf(rows, items, ({ id }) => id)
    const users = page.map(({ name, display_name, created_at }) => ({
      UserName: name,
      DisplayName: display_name,
      JoinDate: dateText(Number(created_at)),
    }))
    return { ...more, Users: { User: users } }
  },
  example: { GroupName: '{identity.tied}' },
})
