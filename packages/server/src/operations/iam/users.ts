import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import type { UserRow } from '../../identity/named.ts'
import {
  createUsers,
  deleteUser as deleteRow,
  newUserIds,
  updateUser as updateRow,
} from '../../identity/users.ts'
import { describeTags, describeUser } from './describe.ts'
import {
  description,
  group_id,
  Input,
  Nothing,
  Page,
  PageInfo,
  Tag,
  text,
  User,
  user_id,
  user_name,
} from './fields.ts'
import { type Places, readPage } from './pages.ts'
import { iamRead, iamWrite, load } from './record.ts'

const Answer = Type.Object({ user: Type.Object(User) })

export const createUser = iamWrite({
  name: 'CreateUser',
  action: 'users:createUserV5',
  summary: 'Make a user',
  input: Input({ name: user_name, description: Type.Optional(description), enabled: Type.Boolean() }),
  output: Answer,
  on: [],
  also: ({ name }) => [`user:${name}`],
  prepare: () => newUserIds(),
  async work(tx, { account, author, scope }, input, _targets, ids) {
    await createUsers(tx, account, [{ ...ids, ...input }], author)
    const row = await tx.selectFrom('users').selectAll().where('id', '=', ids.id).executeTakeFirstOrThrow()
    return { user: describeUser(scope.caller.account, row) }
  },
  example: { name: '{identity.newName}', enabled: true },
})

export const showUser = iamRead({
  name: 'ShowUser',
  action: 'users:getUserV5',
  summary: 'Show a user',
  input: Input({ user_id }),
  output: Type.Object({ user: Type.Object({ ...User, tags: Type.Array(Tag) }) }),
  on: ['user'],
  root: true,
  work: ({ caller }, _input, { user }) => ({
    user: { ...describeUser(caller.account, user), tags: describeTags(user.tags) },
  }),
  example: { user_id: '{identity.ids.user}' },
})

/** Renaming is decided on both names: policies and trust policies name names. */
export const updateUser = iamWrite({
  name: 'UpdateUser',
  action: 'users:updateUserV5',
  summary: 'Change a user, also its name',
  input: Input({
    user_id,
    new_user_name: Type.Optional(user_name),
    new_description: Type.Optional(description),
    enabled: Type.Optional(Type.Boolean()),
  }),
  output: Answer,
  on: ['user'],
  also: ({ new_user_name }) => (new_user_name === undefined ? [] : [`user:${new_user_name}`]),
  async work(tx, { account, author, scope }, input, { user }) {
    const { new_user_name: name, new_description: description, enabled } = input
    await updateRow(tx, account, user.id, { name, description, enabled }, author)
    const row = await tx.selectFrom('users').selectAll().where('id', '=', user.id).executeTakeFirstOrThrow()
    return { user: describeUser(scope.caller.account, row) }
  },
  example: { user_id: '{identity.ids.user}', new_user_name: '{identity.newName}' },
})

/** Its groups and its login profile go with it; access keys and policies are in the way. */
export const deleteUser = iamWrite({
  name: 'DeleteUser',
  action: 'users:deleteUserV5',
  summary: 'Delete a user that has no access key and no policy',
  input: Input({ user_id }),
  output: Nothing,
  on: ['user'],
  async work(tx, { author }, _input, { user }) {
    await deleteRow(tx, user.id, author, true)
    return {}
  },
  example: { user_id: '{identity.ids.user}' },
})

const BY_NAME: Places<UserRow> = { list: 'users', placeOf: ({ name }) => name }
/** By id: the database need not sort ten thousand names for each page. */
const OF_GROUP: Places<UserRow> = { list: 'members', placeOf: ({ id }) => id }

export const listUsers = iamRead({
  name: 'ListUsers',
  action: 'users:listUsersV5',
  summary: 'List users by name, or those of a group by id',
  input: Input({ ...Page, group_id: Type.Optional(group_id) }),
  output: Type.Object({ users: Type.Array(Type.Object(User)), page_info: PageInfo }),
  on: [],
  also: () => ['user:*'],
  async work(scope, input) {
    const { caller, store } = scope
    const { group_id, ...asked } = input
    const users = store.read.selectFrom('users').selectAll('users')
    if (group_id === undefined) {
      const all = users.where('account_uid', '=', caller.account.uid).orderBy('name')
      const { page, page_info } = await readPage(asked, BY_NAME, (after, limit) =>
        all.where('name', '>', after).limit(limit).execute(),
      )
      return { users: page.map((row) => describeUser(caller.account, row)), page_info }
    }
    if (!(await load(scope, 'group', group_id))) throw refuse({ code: 'IdentityNotFound', entity: 'group' })
    const members = users
      .innerJoin('group_members', 'group_members.user_id', 'users.id')
      .where('group_members.group_id', '=', group_id)
      .orderBy('group_members.user_id')
    const { page, page_info } = await readPage(asked, OF_GROUP, (after, limit) =>
      members.where('group_members.user_id', '>', after).limit(limit).execute(),
    )
    return { users: page.map((row) => describeUser(caller.account, row)), page_info }
  },
  example: {},
})

/** There is no console that anyone could have signed in to. */
export const showUserLastLogin = iamRead({
  name: 'ShowUserLastLogin',
  action: 'users:showUserLastLoginV5',
  summary: 'Tell when a user last signed in to a console: never, as there is none',
  input: Input({ user_id }),
  output: Type.Object({ user_last_login: Type.Object({ last_login_at: Type.Optional(text) }) }),
  on: ['user'],
  root: true,
  work: () => ({ user_last_login: {} }),
  example: { user_id: '{identity.ids.user}' },
})
