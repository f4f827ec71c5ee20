import { type Static, Type } from 'typebox'
import { addressTrouble, hostAddress, LONGEST_ADDRESS, USER_PATTERN } from '../../base/host-names.ts'
import { refuse } from '../../base/problem.ts'
import { parsePublicLine, writePublicLine } from '../../keypairs/formats/public-line.ts'
import { parseField } from '../../keypairs/formats/reading.ts'
import {
  findHost,
  type Host,
  type HostFacts,
  listHosts as readHosts,
  deleteHost as removeHost,
  putHost as storeHost,
} from '../../keypairs/hosts/registry.ts'
import { HOOK_NAME } from '../../keypairs/tasks/offline-hook.ts'
import { activeTaskOf } from '../../keypairs/tasks/tasks.ts'
import { StartAgain } from '../../pipeline/commit.ts'
import { type Check, type DecidedRow, readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'
import { setHostUsers } from '../../secrets/targets/host-users.ts'
import { describeHosts, HostOutput } from './host-view.ts'
import { askedPage, Page, Paged, shownPage } from './pages.ts'

const EXAMPLE_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y'

export const closed = { additionalProperties: false }
export const HostId = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' })
const Address = Type.String({ minLength: 1, maxLength: LONGEST_ADDRESS + 2 })
const User = Type.String({ pattern: USER_PATTERN })
const Path = Type.String({ pattern: '^/[A-Za-z0-9_./-]{0,254}$' })

export interface Target {
  readonly host: Host | undefined
}

export async function resolveHost(
  scope: ResolveScope,
  { HostId }: { readonly HostId: string },
): Promise<Target> {
  return { host: await findHost(scope.store.read, scope.caller.account.uid, HostId) }
}

export function hostCheck(scope: CheckScope, action: string, id: string): Check {
  const { uid } = scope.caller.account
  return {
    language: 'ram',
    action: `keyward:${action}`,
    resource: `acs:keyward:*:${uid}:host/${id}`,
    owner: uid,
    facts: {},
  }
}

export const decided = ({ host }: Target): readonly DecidedRow[] =>
  host ? [{ table: 'keypair_hosts', id: host.id, version: host.version }] : []

const PutInput = Type.Object(
  {
    HostId,
    Name: Type.Optional(Type.String({ maxLength: 128 })),
    Address,
    Port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    User: Type.Optional(User),
    /** OpenSSH line of the host key that is pinned. */
    HostKey: Type.String({ minLength: 1, maxLength: 8192 }),
    Power: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off')])),
    OfflineHook: Type.Optional(Type.String({ pattern: `(${HOOK_NAME})|^$` })),
    SshdConfig: Type.Optional(Path),
    SshdReload: Type.Optional(Type.String({ maxLength: 512 })),
    /** Users of the host that secrets may manage; as they were when left out. */
    SecretUsers: Type.Optional(Type.Array(User, { maxItems: 100 })),
  },
  closed,
)

/**
 * What a declaration says; what it leaves out is as usual. Raises `InvalidParameter` for an address or a host key that is
 * none.
 */
function factsOf(input: Static<typeof PutInput>): HostFacts {
  const address = hostAddress(input.Address)
  if (address === undefined) {
    throw refuse({ code: 'InvalidParameter', name: 'Address', detail: addressTrouble(input.Address) })
  }
  const key = parseField('HostKey', () => parsePublicLine(input.HostKey))
  return {
    name: input.Name ?? input.HostId,
    address,
    port: input.Port ?? 22,
    user: input.User ?? 'root',
    hostKey: writePublicLine(key, ''),
    power: input.Power ?? 'on',
    offlineHook: input.OfflineHook ?? '',
    sshdConfig: input.SshdConfig ?? '',
    sshdReload: input.SshdReload ?? '',
  }
}

/**
 * Registers a host that key pairs can be bound to, or says anew what it is. Who may do so says where passwords and keys
 * of later binds are sent and what runs there as root, so it is a permission to be given as carefully as root's.
 */
export const putHost = writeOperation({
  name: 'keyward:PutHost',
  summary: 'Register a host that SSH key pairs can be bound to, or change what is known of it',
  effect: 'write',
  input: PutInput,
  output: Type.Object({ Created: Type.Boolean(), Host: HostOutput }),
  resolve: resolveHost,
  checks: (scope, { HostId }) => [hostCheck(scope, 'PutHost', HostId)],
  decided,
  touches: () => [],
  prepare: (_scope, input) => factsOf(input),
  work: async (tx, scope, { HostId, SecretUsers }, { host }, facts) => {
    if (host && (await activeTaskOf(tx, host.id))) throw refuse({ code: 'HostBusy', id: HostId })
    const { uid } = scope.caller.account
    // Another call has made it meanwhile: then it is the one that is changed.
    if (!host && (await findHost(tx, uid, HostId))) throw new StartAgain()
    const stored = await storeHost(tx, uid, HostId, facts, scope.clock.now())
    if (SecretUsers) await setHostUsers(tx, uid, HostId, SecretUsers)
    const [Host] = await describeHosts(tx, scope.caller, [stored])
    return { Created: host === undefined, Host: Host as Static<typeof HostOutput> }
  },
  example: { HostId: 'host-example', Address: '192.0.2.7', HostKey: EXAMPLE_KEY },
})

/** Shows one host. */
export const getHost = readOperation({
  name: 'keyward:GetHost',
  summary: 'Show a registered host and what is bound to it',
  effect: 'read',
  input: Type.Object({ HostId }, closed),
  output: Type.Object({ Host: HostOutput }),
  resolve: resolveHost,
  checks: (scope, { HostId }) => [hostCheck(scope, 'GetHost', HostId)],
  work: async (scope, { HostId }, { host }) => {
    if (!host) throw refuse({ code: 'HostNotFound', id: HostId })
    const [Host] = await describeHosts(scope.store.read, scope.caller, [host])
    return { Host: Host as Static<typeof HostOutput> }
  },
  example: { HostId: '{kps.serverId}' },
})

/** Lists the hosts of the account, by id. */
export const listHosts = readOperation({
  name: 'keyward:ListHosts',
  summary: 'List the registered hosts, a page at a time',
  effect: 'read',
  input: Type.Object(Page, closed),
  output: Type.Object({ Hosts: Type.Array(HostOutput), ...Paged }),
  resolve: () => undefined,
  // Like every list: a policy that names single hosts does not allow it.
  checks: (scope) => [hostCheck(scope, 'ListHosts', '*')],
  work: async ({ store, caller }, input) => {
    const asked = askedPage(input)
    const { hosts, total } = await readHosts(store.read, caller.account.uid, asked.after, asked.limit)
    const { page, next } = shownPage(hosts, asked, ({ server_id }) => server_id)
    return { Hosts: await describeHosts(store.read, caller, page), Total: total, ...next }
  },
  example: {},
})

/** Takes a host out of the registry. What stands on the host itself stays as it is. */
export const deleteHost = writeOperation({
  name: 'keyward:DeleteHost',
  summary: 'Take a host out of the registry; nothing changes on the host',
  effect: 'write',
  input: Type.Object({ HostId }, closed),
  output: Type.Object({ HostId: Type.String() }),
  resolve: resolveHost,
  checks: (scope, { HostId }) => [hostCheck(scope, 'DeleteHost', HostId)],
  decided,
  touches: () => [],
  prepare: (_scope, { HostId }, { host }) => {
    if (!host) throw refuse({ code: 'HostNotFound', id: HostId })
    return host
  },
  work: async (tx, _scope, { HostId }, _target, host) => {
    if (await activeTaskOf(tx, host.id)) throw refuse({ code: 'HostBusy', id: HostId })
    await removeHost(tx, host.id)
    await setHostUsers(tx, host.account_uid, HostId, [])
    return { HostId }
  },
  example: { HostId: '{kps.serverId}' },
})
