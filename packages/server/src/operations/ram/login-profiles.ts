import { Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import {
  createLoginProfile as createRow,
  deleteLoginProfile as deleteRow,
  readLoginProfile,
  updateLoginProfile as updateRow,
} from '../../identity/login-profiles.ts'
import { dateText } from './describe.ts'
import { Input, Nothing, text, UserName } from './fields.ts'
import { ramRead, ramWrite } from './record.ts'

// There is no console yet, so nobody signs in with a password: it is taken, judged and not kept.
const Password = Secret(Type.String({ minLength: 8, maxLength: 128 }))
const settings = {
  PasswordResetRequired: Type.Optional(Type.Boolean()),
  MFABindRequired: Type.Optional(Type.Boolean()),
}
const Answer = Type.Object({
  LoginProfile: Type.Object({
    UserName: text,
    PasswordResetRequired: Type.Boolean(),
    MFABindRequired: Type.Boolean(),
    CreateDate: text,
  }),
})

export const createLoginProfile = ramWrite({
  action: 'CreateLoginProfile',
  summary: 'Say that a user may sign in to a console',
  input: Input({ UserName, Password, ...settings }),
  output: Answer,
  on: ['user'],
  async work(tx, { account, author }, input, { user }) {
    const { PasswordResetRequired = false, MFABindRequired = false } = input
    const profile = { resetRequired: PasswordResetRequired, mfaRequired: MFABindRequired }
    await createRow(tx, account, user.id, profile, author)
    const CreateDate = dateText(author.now)
    return { LoginProfile: { UserName: user.name, PasswordResetRequired, MFABindRequired, CreateDate } }
  },
  example: { UserName: '{identity.name}', Password: 'a-password-for-tests' },
})

export const getLoginProfile = ramRead({
  action: 'GetLoginProfile',
  summary: 'Show whether and how a user may sign in to a console',
  input: Input({ UserName }),
  output: Answer,
  on: ['user'],
  async work({ store }, _input, { user }) {
    const { resetRequired, mfaRequired, createdAt } = await readLoginProfile(store.read, user.id)
    return {
      LoginProfile: {
        UserName: user.name,
        PasswordResetRequired: resetRequired,
        MFABindRequired: mfaRequired,
        CreateDate: dateText(createdAt),
      },
    }
  },
  example: { UserName: '{identity.tied}' },
})

export const updateLoginProfile = ramWrite({
  action: 'UpdateLoginProfile',
  summary: 'Change how a user may sign in to a console',
  input: Input({ UserName, Password: Type.Optional(Password), ...settings }),
  output: Nothing,
  on: ['user'],
  async work(tx, _call, { PasswordResetRequired, MFABindRequired }, { user }) {
    await updateRow(tx, user.id, { resetRequired: PasswordResetRequired, mfaRequired: MFABindRequired })
    return {}
  },
  example: { UserName: '{identity.tied}', MFABindRequired: true },
})

export const deleteLoginProfile = ramWrite({
  action: 'DeleteLoginProfile',
  summary: 'Say that a user may not sign in to a console any more',
  input: Input({ UserName }),
  output: Nothing,
  on: ['user'],
  async work(tx, _call, _input, { user }) {
    await deleteRow(tx, user.id)
    return {}
  },
  example: { UserName: '{identity.tied}' },
})
