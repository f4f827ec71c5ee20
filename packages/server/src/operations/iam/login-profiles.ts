import { Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import {
  createLoginProfile as createRow,
  deleteLoginProfile as deleteRow,
  readLoginProfile,
  updateLoginProfile as updateRow,
} from '../../identity/login-profiles.ts'
import { dateText } from './describe.ts'
import { Input, Nothing, text, user_id } from './fields.ts'
import { iamRead, iamWrite } from './record.ts'

// There is no console yet, so nobody signs in with a password: it is taken, judged and not kept.
const password = Secret(Type.String({ minLength: 8, maxLength: 32 }))
const password_reset_required = Type.Boolean()
const Answer = Type.Object({
  login_profile: Type.Object({ user_id: text, password_reset_required: Type.Boolean(), created_at: text }),
})

export const createLoginProfile = iamWrite({
  name: 'CreateLoginProfile',
  action: 'users:createLoginProfileV5',
  summary: 'Say that a user may sign in to a console',
  input: Input({ user_id, password: Type.Optional(password), password_reset_required }),
  output: Answer,
  on: ['user'],
  async work(tx, { account, author }, { password_reset_required }, { user }) {
    const profile = { resetRequired: password_reset_required, mfaRequired: false }
    await createRow(tx, account, user.id, profile, author)
    return { login_profile: { user_id: user.id, password_reset_required, created_at: dateText(author.now) } }
  },
  example: {
    user_id: '{identity.ids.user}',
    password: 'a-password-for-tests',
    password_reset_required: true,
  },
})

export const showLoginProfile = iamRead({
  name: 'ShowLoginProfile',
  action: 'users:showLoginProfileV5',
  summary: 'Show whether and how a user may sign in to a console',
  input: Input({ user_id }),
  output: Answer,
  on: ['user'],
  async work({ store }, _input, { user }) {
    const { resetRequired, createdAt } = await readLoginProfile(store.read, user.id)
    const created_at = dateText(createdAt)
    return { login_profile: { user_id: user.id, password_reset_required: resetRequired, created_at } }
  },
  example: { user_id: '{identity.tiedIds.user}' },
})

export const updateLoginProfile = iamWrite({
  name: 'UpdateLoginProfile',
  action: 'users:updateLoginProfileV5',
  summary: 'Change how a user may sign in to a console',
  input: Input({
    user_id,
    password: Type.Optional(password),
    password_reset_required: Type.Optional(password_reset_required),
  }),
  output: Answer,
  on: ['user'],
  async work(tx, _call, { password_reset_required }, { user }) {
    await updateRow(tx, user.id, { resetRequired: password_reset_required })
    const { resetRequired, createdAt } = await readLoginProfile(tx, user.id)
    const created_at = dateText(createdAt)
    return { login_profile: { user_id: user.id, password_reset_required: resetRequired, created_at } }
  },
  example: { user_id: '{identity.tiedIds.user}', password_reset_required: true },
})

export const deleteLoginProfile = iamWrite({
  name: 'DeleteLoginProfile',
  action: 'users:deleteLoginProfileV5',
  summary: 'Say that a user may not sign in to a console any more',
  input: Input({ user_id }),
  output: Nothing,
  on: ['user'],
  async work(tx, _call, _input, { user }) {
    await deleteRow(tx, user.id)
    return {}
  },
  example: { user_id: '{identity.tiedIds.user}' },
})
