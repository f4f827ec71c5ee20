import { type Static, type TObject, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import {
  type AccessKeyStatus,
  assertKeyOf,
  createAccessKeys,
  deleteAccessKey as deleteRow,
  generateAccessKey,
  keysOf,
  sealSecret,
  updateAccessKey as updateRow,
} from '../../identity/access-keys.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES } from '../../identity/limits.ts'
import { lockOutWatch } from '../../identity/lock-out.ts'
import { findNamed } from '../../identity/named.ts'
import type { Caller } from '../../identity/principal.ts'
import { type Author, moveDirectory } from '../../identity/rows.ts'
import { type Check, type Example, readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope, WriteScope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'
import { dateText } from './describe.ts'
import { Input, Nothing, text, UserName } from './fields.ts'

const owner = { UserName: Type.Optional(UserName) }
const UserAccessKeyId = nameField('access key id', NAME_RULES.accessKeyId)
const Status = Type.Union([Type.Literal('Active'), Type.Literal('Inactive')])
const STATUS = { Active: 'active', Inactive: 'inactive' } as const
const statusText = (status: string) => (status === 'active' ? 'Active' : 'Inactive')

/** Whose keys a call is about: a user of the account, or, without a name, the caller itself. */
interface Owner {
  readonly name: string | undefined
  /** Undefined: there is no such user. Null: the root identity. */
  readonly userId: string | null | undefined
  readonly version: number
}

type Named = { readonly UserName?: string }

async function findOwner({ caller, store }: ResolveScope, { UserName }: Named): Promise<Owner> {
  if (UserName === undefined && caller.kind === 'root') return { name: undefined, userId: null, version: 0 }
  // A session has no keys of its own to speak of.
  const name = UserName ?? (caller.kind === 'user' ? caller.name : undefined)
  if (name === undefined) throw refuse({ code: 'MissingParameter', name: 'UserName' })
  const row = await findNamed(store.read, 'users', caller.account.uid, name)
  return { name, userId: row?.id, version: row?.version ?? 0 }
}

interface Record_<I extends TObject> {
  readonly action: string
  readonly summary: string
  readonly input: I
  readonly output: TObject
  readonly example: Example
}

function common<I extends TObject>({ action, summary, input, output, example }: Record_<I>) {
  return {
    name: `ram:${action}`,
    summary,
    input,
    output,
    example,
    resolve: (scope: ResolveScope, input: Static<I>) => findOwner(scope, input as Named),
    checks({ caller }: CheckScope, _input: Static<I>, { name }: Owner): readonly Check[] {
      const { uid } = caller.account
      const resource = `acs:ram:*:${uid}:${name === undefined ? 'root' : `user/${name}`}`
      return [{ language: 'ram', action: `ram:${action}`, resource, owner: uid, facts: {} }]
    },
    state(_scope: unknown, _input: Static<I>, { userId }: Owner): void {
      if (userId === undefined) throw refuse({ code: 'IdentityNotFound', entity: 'user' })
    },
  }
}

type Call<I> = { readonly caller: Caller; readonly author: Author; readonly input: I }

function keyWrite<I extends TObject, P, O>(
  record: Record_<I> & {
    prepare?(scope: Scope, userId: string | null): P
    work(tx: WriteHandle, call: Call<Static<I>>, userId: string | null, prepared: P): Promise<O>
  },
) {
  return writeOperation({
    ...common(record),
    effect: 'write',
    decided: ({ userId, version }: Owner) =>
      typeof userId === 'string' ? [{ table: 'users' as const, id: userId, version }] : [],
    touches: ({ caller }) => [{ account: caller.account.uid, kind: 'identity' as const }],
    quick: true as const,
    prepare: (scope: Scope, _input: Static<I>, { userId }: Owner) => record.prepare?.(scope, userId ?? null),
    async work(tx, scope: WriteScope, input, { userId }: Owner, prepared) {
      const { caller } = scope
      await moveDirectory(tx, caller.account.uid)
      const author: Author = { now: scope.clock.now(), by: 'api' }
      const warnIfLockedOut = await lockOutWatch(tx, caller.account, record.action)
      const output = await record.work(tx, { caller, author, input }, userId ?? null, prepared as P)
      const warning = await warnIfLockedOut()
      if (warning !== undefined) scope.warn(warning)
      return output
    },
  })
}

export const createAccessKey = keyWrite({
  action: 'CreateAccessKey',
  summary: 'Make an access key; its secret is shown once',
  input: Input(owner),
  output: Type.Object({
    AccessKey: Type.Object({
      AccessKeyId: text,
      AccessKeySecret: Secret(text),
      Status: text,
      CreateDate: text,
    }),
  }),
  prepare({ caller, keyring }, userId) {
    const key = generateAccessKey()
    const owner = { accountUid: caller.account.uid, userId, accessKeyId: key.id }
    return { ...key, sealed: sealSecret(keyring, owner, key.secret) }
  },
  async work(tx, { caller, author }, userId, { id, secret, sealed }) {
    await createAccessKeys(tx, caller.account.uid, [{ id, userId, sealed }], author)
    const CreateDate = dateText(author.now)
    return { AccessKey: { AccessKeyId: id, AccessKeySecret: secret, Status: 'Active', CreateDate } }
  },
  example: { UserName: '{identity.name}' },
})

export const updateAccessKey = keyWrite({
  action: 'UpdateAccessKey',
  summary: 'Switch an access key off or on',
  input: Input({ ...owner, UserAccessKeyId, Status }),
  output: Nothing,
  async work(tx, { caller, author, input }, userId) {
    await assertKeyOf(tx, caller.account.uid, userId, input.UserAccessKeyId)
    const status: AccessKeyStatus = STATUS[input.Status]
    await updateRow(tx, input.UserAccessKeyId, { status }, author)
    return {}
  },
  example: {
    UserName: '{identity.tied}',
    UserAccessKeyId: '{identity.accessKeyId}',
    Status: 'Inactive',
  },
})

export const deleteAccessKey = keyWrite({
  action: 'DeleteAccessKey',
  summary: 'Delete an access key',
  input: Input({ ...owner, UserAccessKeyId }),
  output: Nothing,
  async work(tx, { caller, input }, userId) {
    await assertKeyOf(tx, caller.account.uid, userId, input.UserAccessKeyId)
    await deleteRow(tx, input.UserAccessKeyId)
    return {}
  },
  example: { UserName: '{identity.tied}', UserAccessKeyId: '{identity.accessKeyId}' },
})

export const listAccessKeys = readOperation({
  ...common({
    action: 'ListAccessKeys',
    summary: 'List access keys without their secrets',
    input: Input(owner),
    output: Type.Object({
      AccessKeys: Type.Object({
        AccessKey: Type.Array(Type.Object({ AccessKeyId: text, Status: text, CreateDate: text })),
      }),
    }),
    example: { UserName: '{identity.tied}' },
  }),
  effect: 'read',
  async work({ caller, store }: Scope, _input, { userId }: Owner) {
    const rows = await keysOf(store.read, caller.account.uid, userId ?? null)
    const keys = rows.map(({ id, status, created_at }) => ({
      AccessKeyId: id,
      Status: statusText(status),
      CreateDate: dateText(Number(created_at)),
    }))
    return { AccessKeys: { AccessKey: keys } }
  },
})

/** Up to a minute late, and empty for a key that was never used. */
export const getAccessKeyLastUsed = readOperation({
  ...common({
    action: 'GetAccessKeyLastUsed',
    summary: 'Tell when an access key was last used',
    input: Input({ ...owner, UserAccessKeyId }),
    output: Type.Object({ AccessKeyLastUsed: Type.Object({ LastUsedDate: text }) }),
    example: { UserName: '{identity.tied}', UserAccessKeyId: '{identity.accessKeyId}' },
  }),
  effect: 'read',
  async work({ caller, store }: Scope, { UserAccessKeyId }, { userId }: Owner) {
    await assertKeyOf(store.read, caller.account.uid, userId ?? null, UserAccessKeyId)
    const row = await store.read
      .selectFrom('access_key_uses')
      .select('used_at')
      .where('id', '=', UserAccessKeyId)
      .executeTakeFirst()
    return { AccessKeyLastUsed: { LastUsedDate: row ? dateText(Number(row.used_at)) : '' } }
  },
})
