import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { readOperator } from '../../identity/queries.ts'
import { exportWorld } from '../../identity/world/export.ts'
import { type Check, readOperation } from '../../pipeline/operation.ts'
import type { ResolveScope, Scope } from '../../pipeline/scope.ts'
import type { IdentityTables } from '../../store/schema/identity.ts'
import type { ReadHandle } from '../../store/store.ts'
import { hostDomain } from './host-domain.ts'
import { targetDomain } from './target-domain.ts'

const input = Type.Object(
  {
    /** Names or uids; without it all accounts for the operator, and their own for everyone else. */
    Accounts: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 500 }),
    ),
    /** With the secrets of access keys, in clear. */
    Secrets: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

type AccountRow = IdentityTables['accounts']

interface Target {
  readonly accounts: readonly AccountRow[]
  /** Names of accounts that are not there, or not the caller's to name. */
  readonly unknown: readonly string[]
  readonly wide: boolean
  readonly operator: AccountRow
}

interface Written {
  readonly World: string
  readonly Left: string[]
  readonly Secrets: number
}

const written = new WeakMap<object, { readonly versions: string; readonly output: Written }>()

/** How often the directory is read again when it changed meanwhile. */
const ATTEMPTS = 5

/**
 * Writes the directory as the file that declares it.
 *
 * Decided on `acs:keyward:*:UID:world` for each account, and on `acs:keyward:*:*:world` for the organization and the
 * networks, which are in it when no accounts are named and the caller is of the operator. With `Secrets` it is decided on
 * `keyward:ExportAccessKeys` too: who reads a secret can do what its owner can.
 */
export const exportOperation = readOperation({
  name: 'keyward:ExportWorld',
  summary:
    'Write accounts, users, groups, roles, access keys, policies, organization and networks as a world file',
  effect: 'read',
  input,
  output: Type.Object({
    /** The file, as JSON text. It holds secrets when they were asked for. */
    World: Secret(Type.String()),
    /** What is there and not in the file. */
    Left: Type.Array(Type.String()),
    /** How many secrets are in the file in clear. */
    Secrets: Type.Integer(),
  }),
  async resolve({ store, caller }: ResolveScope, { Accounts }: Static<typeof input>): Promise<Target> {
    const operator = await readOperator(store.read)
    const own = caller.account.uid
    const isOperator = own === operator.id
    const rows = await accountRows(store.read, isOperator ? undefined : own)
    if (Accounts === undefined) return { accounts: rows, unknown: [], wide: isOperator, operator }
    const named = (text: string) =>
      rows.find(({ id }) => id === text) ?? rows.find(({ name }) => name === text)
    const found = new Set(Accounts.flatMap((text) => named(text) ?? []))
    return {
      accounts: rows.filter((row) => found.has(row)),
      unknown: Accounts.filter((text) => named(text) === undefined),
      wide: false,
      operator,
    }
  },
  checks({ caller }, { Secrets }, { accounts, unknown, wide, operator }) {
    const own = caller.account.uid
    const uids = accounts.map(({ id }) => id)
    if (wide || unknown.length > 0) uids.push('*')
    const actions = ['keyward:ExportWorld', ...(Secrets ? ['keyward:ExportAccessKeys'] : [])]
    return actions.flatMap((action) => uids.map((uid) => worldCheck(action, uid, own, operator.id)))
  },
  state(_scope, _input, { unknown: [name] }) {
    if (name !== undefined)
      throw refuse({ code: 'InvalidParameter', name: 'Accounts', detail: `there is no account \`${name}\`` })
  },
  async work({ store, keyring }: Scope, input, { accounts, wide, operator }) {
    const { Secrets = false } = input
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const options = {
        accounts,
        wide,
        secrets: Secrets,
        operator: operator.id,
        domains: { host: hostDomain, target: targetDomain(keyring) },
      }
      const before = await versionsOf(store.read)
      // A call that took longer than a decision lasts is decided and worked again: nothing is read twice for that.
      const known = written.get(input)
      if (known?.versions === before) return known.output
      const { file, left, secrets } = await exportWorld(store.read, keyring, options)
      if (before !== (await versionsOf(store.read))) continue
      const output = { World: JSON.stringify(file), Left: [...left], Secrets: secrets }
      written.set(input, { versions: before, output })
      return output
    }
    throw refuse({ code: 'Overloaded' })
  },
  example: { Accounts: ['{accountUid}'] },
})

/** As of ApplyWorld: the worlds of all accounts are the operator's. */
function worldCheck(action: string, uid: string, own: string, operatorUid: string): Check {
  const owner = uid === own ? own : operatorUid
  return { language: 'ram', action, resource: `acs:keyward:*:${uid}:world`, owner, facts: {} }
}

function accountRows(db: ReadHandle, uid: string | undefined): Promise<AccountRow[]> {
  const rows = db
    .selectFrom('accounts')
    .selectAll()
    .where('closed_at', '=', 0)
    .orderBy('created_at')
    .orderBy('id')
  return (uid === undefined ? rows : rows.where('id', '=', uid)).execute()
}

/** Grows with every change of a directory: what was read between two equal ones is of one moment. */
async function versionsOf(db: ReadHandle): Promise<string> {
  const rows = await db.selectFrom('accounts').select(['id', 'version']).orderBy('id').execute()
  return rows.map(({ id, version }) => `${id}/${version}`).join(' ')
}
