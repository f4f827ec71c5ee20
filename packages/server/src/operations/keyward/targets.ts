import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import { type Static, Type } from 'typebox'
import { isLoopback } from '../../base/addresses.ts'
import { addressTrouble, hostAddress, LONGEST_ADDRESS } from '../../base/host-names.ts'
import { refuse } from '../../base/problem.ts'
import { askedPage, Page, Paged, shownPage } from './pages.ts'
import '../../secrets/targets/problems.ts'
import { Secret } from '../../base/secret.ts'
import { StartAgain } from '../../pipeline/commit.ts'
import { type Check, type DecidedRow, readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'
import { ENGINES } from '../../secrets/engines/engine.ts'
import { sealPassword } from '../../secrets/targets/password.ts'
import {
  assertListable,
  DEFAULT_PORTS,
  factsOf,
  findTarget,
  keepsPassword,
  LISTED_QUOTA,
  type PreparedTarget,
  listTargets as readTargets,
  deleteTarget as removeTarget,
  putTarget as storeTarget,
  type Target,
  type TargetFacts,
} from '../../secrets/targets/targets.ts'

const closed = { additionalProperties: false }
const TargetId = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' })
/** Names go to the databases as they are: quoted there, never built into a command. */
const AccountName = Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })

/** A target as operations show it: never its password. */
const TargetOutput = Type.Object({
  TargetId: Type.String(),
  Engine: Type.String(),
  Address: Type.String(),
  Port: Type.Integer(),
  Database: Type.String(),
  Tls: Type.String(),
  CaCertificates: Type.String(),
  Administrator: Type.String(),
  Accounts: Type.Array(Type.String()),
})

function describeTarget(target: Target): Static<typeof TargetOutput> {
  const { engine, address, port, database, tls, ca, administrator, accounts } = factsOf(target)
  return {
    TargetId: target.name,
    Engine: engine,
    Address: address,
    Port: port,
    Database: database,
    Tls: tls,
    CaCertificates: ca,
    Administrator: administrator,
    Accounts: [...accounts],
  }
}

interface Found {
  readonly target: Target | undefined
}

async function resolveTarget(
  scope: ResolveScope,
  { TargetId }: { readonly TargetId: string },
): Promise<Found> {
  return { target: await findTarget(scope.store.read, scope.caller.account.uid, TargetId) }
}

function targetCheck({ caller }: CheckScope, action: string, id: string): Check {
  const { uid } = caller.account
  return {
    language: 'ram',
    action: `keyward:${action}`,
    resource: `acs:keyward:*:${uid}:target/${id}`,
    owner: uid,
    facts: {},
  }
}

const decided = ({ target }: Found): readonly DecidedRow[] =>
  target ? [{ table: 'secret_targets', id: target.id, version: target.version }] : []

const PutInput = Type.Object(
  {
    TargetId,
    Engine: Type.Enum([...ENGINES]),
    Address: Type.String({ minLength: 1, maxLength: LONGEST_ADDRESS + 2 }),
    Port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    Database: Type.Optional(Type.String({ maxLength: 63, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })),
    /** `off`: the connection is not encrypted. */
    Tls: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off')])),
    CaCertificates: Type.Optional(Type.String({ maxLength: 65_536 })),
    Administrator: AccountName,
    /** May be left out where the target is known and is reached as before. */
    AdministratorPassword: Type.Optional(Secret(Type.String({ minLength: 1, maxLength: 1024 }))),
    /** Accounts that secrets may manage; none when left out. */
    Accounts: Type.Optional(Type.Array(AccountName, { maxItems: LISTED_QUOTA })),
  },
  closed,
)

/**
 * What a declaration says; what it leaves out is as usual. Raises `InvalidParameter` for an address that is none, for
 * certificates that are none, for a connection without encryption to another machine, for the administrator in the list.
 */
export function targetFacts(
  input: Omit<Static<typeof PutInput>, 'TargetId' | 'AdministratorPassword'>,
): TargetFacts {
  const address = hostAddress(input.Address)
  if (address === undefined) {
    throw refuse({ code: 'InvalidParameter', name: 'Address', detail: addressTrouble(input.Address) })
  }
  const ca = input.CaCertificates ?? ''
  if (ca !== '' && !/^\s*-----BEGIN CERTIFICATE-----/.test(ca)) {
    throw refuse({
      code: 'InvalidParameter',
      name: 'CaCertificates',
      detail: 'certificates in PEM are needed.',
    })
  }
  const tls = input.Tls ?? 'on'
  if (tls === 'off' && !isLoopback(address)) {
    const detail = 'only a target on this machine may be reached without TLS.'
    throw refuse({ code: 'InvalidParameter', name: 'Tls', detail })
  }
  if (tls === 'on' && isNumber(address) && ['mysql', 'mariadb'].includes(input.Engine)) {
    const detail =
      'with TLS, its name is needed and not its number: the certificate is held against the name.'
    throw refuse({ code: 'InvalidParameter', name: 'Address', detail })
  }
  const facts: TargetFacts = {
    engine: input.Engine,
    address,
    port: input.Port ?? DEFAULT_PORTS[input.Engine],
    database: input.Database ?? '',
    tls,
    ca,
    administrator: input.Administrator,
    accounts: [...new Set(input.Accounts ?? [])].sort(),
  }
  assertListable(facts)
  return facts
}

const isNumber = (address: string) => isIP(address) !== 0

/**
 * Registers a database whose accounts managed secrets may have, or says anew what it is. Who may do so says where the
 * passwords of later rotations are sent, and which accounts those who may write secrets can have.
 */
export const putTarget = writeOperation({
  name: 'keyward:PutTarget',
  summary: 'Register a database whose accounts managed secrets may have, or change what is known of it',
  effect: 'write',
  input: PutInput,
  output: Type.Object({ Created: Type.Boolean(), Target: TargetOutput }),
  resolve: resolveTarget,
  checks: (scope, { TargetId }) => [targetCheck(scope, 'PutTarget', TargetId)],
  decided,
  touches: () => [],
  prepare: ({ keyring, caller }, { AdministratorPassword, ...input }, { target }): PreparedTarget => {
    const facts = targetFacts(input)
    const id = target?.id ?? randomUUID()
    if (AdministratorPassword !== undefined) {
      const owner = { id, account_uid: caller.account.uid }
      return { id, facts, sealedPassword: sealPassword(keyring, owner, AdministratorPassword) }
    }
    if (!target || !keepsPassword(factsOf(target), facts)) {
      throw refuse({ code: 'MissingParameter', name: 'AdministratorPassword' })
    }
    return { id, facts, sealedPassword: undefined }
  },
  work: async (tx, scope, { TargetId }, { target }, prepared) => {
    const { uid } = scope.caller.account
    // Another call has made it meanwhile: the password is sealed for that row, and the call is decided with it.
    if (!target && (await findTarget(tx, uid, TargetId))) throw new StartAgain()
    const stored = await storeTarget(tx, uid, TargetId, prepared, scope.clock.now())
    return { Created: target === undefined, Target: describeTarget(stored) }
  },
  example: {
    TargetId: 'target-example',
    Engine: 'postgresql',
    Address: '192.0.2.8',
    Administrator: 'keyward',
    AdministratorPassword: 'example',
    Accounts: ['shop'],
  },
})

/** Shows one target. */
export const getTarget = readOperation({
  name: 'keyward:GetTarget',
  summary: 'Show a registered database and the accounts that secrets may manage',
  effect: 'read',
  input: Type.Object({ TargetId }, closed),
  output: Type.Object({ Target: TargetOutput }),
  resolve: resolveTarget,
  checks: (scope, { TargetId }) => [targetCheck(scope, 'GetTarget', TargetId)],
  work: (_scope, { TargetId }, { target }) => {
    if (!target) throw refuse({ code: 'TargetNotFound', id: TargetId })
    return { Target: describeTarget(target) }
  },
  example: { TargetId: '{targetId}' },
})

/** Lists the targets of the account, by id. */
export const listTargets = readOperation({
  name: 'keyward:ListTargets',
  summary: 'List the registered databases, a page at a time',
  effect: 'read',
  input: Type.Object(Page, closed),
  output: Type.Object({ Targets: Type.Array(TargetOutput), ...Paged }),
  resolve: () => undefined,
  // Like every list: a policy that names single targets does not allow it.
  checks: (scope) => [targetCheck(scope, 'ListTargets', '*')],
  work: async ({ store, caller }, input) => {
    const asked = askedPage(input)
    const { targets, total } = await readTargets(store.read, caller.account.uid, asked.after, asked.limit)
    const { page, next } = shownPage(targets, asked, ({ name }) => name)
    return { Targets: page.map(describeTarget), Total: total, ...next }
  },
  example: {},
})

/** Takes a target out of the registry. On the database itself everything stays; its secrets rotate no more. */
export const deleteTarget = writeOperation({
  name: 'keyward:DeleteTarget',
  summary: 'Take a database out of the registry; nothing changes on the database',
  effect: 'write',
  input: Type.Object({ TargetId }, closed),
  output: Type.Object({ TargetId: Type.String() }),
  resolve: resolveTarget,
  checks: (scope, { TargetId }) => [targetCheck(scope, 'DeleteTarget', TargetId)],
  decided,
  touches: () => [],
  prepare: (_scope, { TargetId }, { target }) => {
    if (!target) throw refuse({ code: 'TargetNotFound', id: TargetId })
    return target
  },
  work: async (tx, _scope, { TargetId }, _found, target) => {
    await removeTarget(tx, target.id)
    return { TargetId }
  },
  example: { TargetId: '{targetId}' },
})
