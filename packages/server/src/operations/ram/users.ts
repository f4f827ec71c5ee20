import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import {
  createUsers,
  deleteUser as deleteRow,
  newUserIds,
  updateUser as updateRow,
} from '../../identity/users.ts'
import { dateText, describeUser } from './describe.ts'
import {
  Comments,
  DisplayName,
  Email,
  Input,
  MobilePhone,
  Nothing,
  Page,
  Paged,
  User,
  UserName,
} from './fields.ts'
import { pageOf, wanted } from './pages.ts'
import { ramRead, ramWrite } from './record.ts'

const contacts = {
  DisplayName: Type.Optional(DisplayName),
  MobilePhone: Type.Optional(MobilePhone),
  Email: Type.Optional(Email),
  Comments: Type.Optional(Comments),
}

export const createUser = ramWrite({
  action: 'CreateUser',
  summary: 'Make a user',
  input: Input({ UserName, ...contacts }),
  output: Type.Object({ User: Type.Object(User) }),
  on: [],
  also: () => ['user/*'],
  prepare: () => newUserIds(),
  async work(tx, { account, author }, input, _targets, ids) {
    const fields = {
      displayName: input.DisplayName,
      description: input.Comments,
      mobilePhone: input.MobilePhone,
      email: input.Email,
    }
    await createUsers(tx, account, [{ ...ids, ...fields, name: input.UserName }], author)
    return {
      User: {
        UserId: ids.ramId,
        UserName: input.UserName,
        DisplayName: input.DisplayName ?? '',
        MobilePhone: input.MobilePhone ?? '',
        Email: input.Email ?? '',
        Comments: input.Comments ?? '',
        CreateDate: dateText(author.now),
      },
    }
  },
  example: { UserName: '{identity.newName}', Email: 'someone@example.com' },
})

export const getUser = ramRead({
  action: 'GetUser',
  summary: 'Show a user',
  input: Input({ UserName }),
  output: Type.Object({ User: Type.Object(User) }),
  on: ['user'],
  // There is no console that anyone could have signed in to.
  work: (_scope, _input, { user }) => ({ User: { ...describeUser(user), LastLoginDate: '' } }),
  example: { UserName: '{identity.name}' },
})

/** Renaming is decided on both names: policies and trust documents name names. */
export const updateUser = ramWrite({
  action: 'UpdateUser',
  summary: 'Change a user, also its name',
  input: Input({
    UserName,
    NewUserName: Type.Optional(UserName),
    NewDisplayName: Type.Optional(DisplayName),
    NewMobilePhone: Type.Optional(MobilePhone),
    NewEmail: Type.Optional(Email),
    NewComments: Type.Optional(Comments),
  }),
  output: Type.Object({ User: Type.Object(User) }),
  on: ['user'],
  also: ({ UserName, NewUserName = UserName }) => (NewUserName === UserName ? [] : [`user/${NewUserName}`]),
  async work(tx, { account, author }, input, { user }) {
    const fields = {
      name: input.NewUserName,
      displayName: input.NewDisplayName,
      description: input.NewComments,
      mobilePhone: input.NewMobilePhone,
      email: input.NewEmail,
    }
    await updateRow(tx, account, user.id, fields, author)
    const row = await tx.selectFrom('users').selectAll().where('id', '=', user.id).executeTakeFirstOrThrow()
    return { User: describeUser(row) }
  },
  example: { UserName: '{identity.name}', NewUserName: '{identity.newName}' },
})

export const deleteUser = ramWrite({
  action: 'DeleteUser',
  summary: 'Delete a user that nothing hangs on any more',
  input: Input({ UserName }),
  output: Nothing,
  on: ['user'],
  async work(tx, { author }, _input, { user }) {
    await deleteRow(tx, user.id, author)
    return {}
  },
  example: { UserName: '{identity.name}' },
})

export const listUsers = ramRead({
  action: 'ListUsers',
  summary: 'List users by name',
  input: Input(Page),
  output: Type.Object({ ...Paged, Users: Type.Object({ User: Type.Array(Type.Object(User)) }) }),
  on: [],
  also: () => ['user/*'],
  async work({ caller, store }, input) {
    const { after, items, limit } = wanted(input)
    const rows = await store.read
      .selectFrom('users')
      .selectAll()
      .where('account_uid', '=', caller.account.uid)
      .where('name', '>', after)
      .orderBy('name')
      .limit(limit)
      .execute()
    const { page, ...more } = pageOf(rows, items, ({ name }) => name)
    return { ...more, Users: { User: page.map(describeUser) } }
  },
  example: {},
})

/** No MFA device is bound to anyone (alibaba-ram.md H-21): both calls find none. */
const noDevice = (action: 'GetUserMFAInfo' | 'UnbindMFADevice', summary: string) =>
  ramRead({
    action,
    summary,
    input: Input({ UserName }),
    output: Nothing,
    refuses: 'IdentityNotFound',
    on: ['user'],
    work() {
      throw refuse({ code: 'IdentityNotFound', entity: 'mfa-device' })
    },
    example: { UserName: '{identity.name}' },
  })
export const getUserMfaInfo = noDevice('GetUserMFAInfo', 'Tell that a user has no MFA device')
export const unbindMfaDevice = noDevice('UnbindMFADevice', 'Tell that a user has no MFA device to take away')
