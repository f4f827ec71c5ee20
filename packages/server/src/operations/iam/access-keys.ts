import { Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import {
  assertKeyOf,
  createAccessKeys,
  deleteAccessKey as deleteRow,
  generateAccessKey,
  keysOf,
  sealSecret,
  updateAccessKey as updateRow,
} from '../../identity/access-keys.ts'
import { dateText } from './describe.ts'
import { access_key_id, Input, Nothing, Page, PageInfo, text, user_id } from './fields.ts'
import { pageOf, placeInTime } from './pages.ts'
import { iamRead, iamWrite, type UserTarget } from './record.ts'

const status = Type.Union([Type.Literal('active'), Type.Literal('inactive')])
const metadata = { user_id: text, access_key_id: text, created_at: text, status: text }

/** Whose keys: of a user, or, null, of the root identity. */
const ownerOf = ({ id, root }: UserTarget) => (root ? null : id)

interface KeyRow {
  readonly id: string
  readonly status: string
  readonly created_at: number
}

function describeKey(user: UserTarget, { id, status, created_at }: KeyRow) {
  return { user_id: user.id, access_key_id: id, created_at: dateText(created_at), status }
}

export const createAccessKey = iamWrite({
  name: 'CreateAccessKey',
  action: 'credentials:createCredentialV5',
  summary: 'Make an access key; its secret is shown once',
  input: Input({ user_id }),
  output: Type.Object({ access_key: Type.Object({ ...metadata, secret_access_key: Secret(text) }) }),
  on: ['user'],
  root: true,
  prepare({ caller, keyring }, _input, { user }) {
    const key = generateAccessKey()
    const owner = { accountUid: caller.account.uid, userId: ownerOf(user), accessKeyId: key.id }
    return { ...key, sealed: sealSecret(keyring, owner, key.secret) }
  },
  async work(tx, { account, author }, _input, { user }, { id, secret, sealed }) {
    await createAccessKeys(tx, account, [{ id, userId: ownerOf(user), sealed }], author)
    const made = describeKey(user, { id, status: 'active', created_at: author.now })
    return { access_key: { ...made, secret_access_key: secret } }
  },
  example: { user_id: '{identity.ids.user}' },
})

export const listAccessKeys = iamRead({
  name: 'ListAccessKeys',
  action: 'credentials:listCredentialsV5',
  summary: 'List the access keys of a user without their secrets',
  input: Input({ user_id, ...Page }),
  output: Type.Object({ access_keys: Type.Array(Type.Object(metadata)), page_info: PageInfo }),
  on: ['user'],
  root: true,
  async work({ caller, store }, input, { user }) {
    const rows = await keysOf(store.read, caller.account.uid, ownerOf(user))
    const { page, page_info } = pageOf(rows, input, 'access-keys', ({ id, created_at }) =>
      placeInTime(created_at, id),
    )
    return { access_keys: page.map((row) => describeKey(user, row)), page_info }
  },
  example: { user_id: '{identity.tiedIds.user}' },
})

export const updateAccessKey = iamWrite({
  name: 'UpdateAccessKey',
  action: 'credentials:updateCredentialV5',
  summary: 'Switch an access key off or on',
  input: Input({ user_id, access_key_id, status }),
  output: Type.Object({ access_key: Type.Object(metadata) }),
  on: ['user'],
  root: true,
  async work(tx, { account, author }, { access_key_id, status }, { user }) {
    const key = await assertKeyOf(tx, account, ownerOf(user), access_key_id)
    await updateRow(tx, access_key_id, { status }, author)
    return { access_key: describeKey(user, { ...key, status }) }
  },
  example: {
    user_id: '{identity.tiedIds.user}',
    access_key_id: '{identity.accessKeyId}',
    status: 'inactive',
  },
})

export const deleteAccessKey = iamWrite({
  name: 'DeleteAccessKey',
  action: 'credentials:deleteCredentialV5',
  summary: 'Delete an access key',
  input: Input({ user_id, access_key_id }),
  output: Nothing,
  on: ['user'],
  root: true,
  async work(tx, { account }, { access_key_id }, { user }) {
    await assertKeyOf(tx, account, ownerOf(user), access_key_id)
    await deleteRow(tx, access_key_id)
    return {}
  },
  example: { user_id: '{identity.tiedIds.user}', access_key_id: '{identity.accessKeyId}' },
})

/** Up to a minute late, and without a date for a key that was never used. */
export const showAccessKeyLastUsed = iamRead({
  name: 'ShowAccessKeyLastUsed',
  action: 'credentials:showAccessKeyLastUsedV5',
  summary: 'Tell when an access key was last used',
  input: Input({ user_id, access_key_id }),
  output: Type.Object({ access_key_last_used: Type.Object({ last_used_at: Type.Optional(text) }) }),
  on: ['user'],
  root: true,
  async work({ caller, store }, { access_key_id }, { user }) {
    await assertKeyOf(store.read, caller.account.uid, ownerOf(user), access_key_id)
    const uses = store.read.selectFrom('access_key_uses').select('used_at').where('id', '=', access_key_id)
    const row = await uses.executeTakeFirst()
    return { access_key_last_used: row ? { last_used_at: dateText(row.used_at) } : {} }
  },
  example: { user_id: '{identity.tiedIds.user}', access_key_id: '{identity.accessKeyId}' },
})
