import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { readPrivateKey } from '../../keypairs/formats/read-private-key.ts'
import type { Host } from '../../keypairs/hosts/registry.ts'
import type { TaskSecrets } from '../../keypairs/tasks/secrets.ts'
import type { Check, DecidedRow } from '../../pipeline/operation.ts'
import type { CheckScope } from '../../pipeline/scope.ts'
import { check, closed, urn } from './common.ts'
import { parseFieldAsync } from './new-keypair.ts'

export const ServerId = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' })

/** The server of a bind or unbind (reference: huawei-kps.md A.5). */
export const Server = Type.Object(
  {
    id: ServerId,
    // All of it: a password that strays into `type` is one still.
    auth: Type.Optional(
      Secret(
        Type.Object(
          {
            type: Type.Optional(Type.Union([Type.Literal('password'), Type.Literal('keypair')])),
            key: Type.Optional(Type.String({ minLength: 1, maxLength: 16_384 })),
          },
          closed,
        ),
      ),
    ),
    disable_password: Type.Optional(Type.Boolean()),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  },
  closed,
)
export type Server = Static<typeof Server>

/** How a caller wants to log in. */
export interface Auth {
  readonly type: 'password' | 'keypair'
  readonly key: string
}

/** Raises `MissingParameter` for a half of it. An empty one is none. */
export function authOf({ auth }: Server, field: string): Auth | undefined {
  const { type, key } = auth ?? {}
  if (type === undefined && key === undefined) return undefined
  if (type === undefined) throw refuse({ code: 'MissingParameter', name: `${field}.auth.type` })
  if (key === undefined) throw refuse({ code: 'MissingParameter', name: `${field}.auth.key` })
  return { type, key }
}

/** What of it a task keeps. Raises `InvalidParameter` in words for a private key that cannot be read. */
export async function secretsOf(auth: Auth | undefined, field: string): Promise<TaskSecrets> {
  if (!auth) return {}
  if (auth.type === 'password') return { password: auth.key }
  const { text } = await parseFieldAsync(`${field}.auth.key`, () => readPrivateKey(auth.key))
  return { loginKey: text }
}

/** Actions of the shut-off path (seed: kps-authorization.txt, Table 2), and what each is decided on. */
const OFFLINE: readonly (readonly [action: string, type: string, entity: 'server' | 'any' | 'none'])[] = [
  ['ecs:cloudServers:createServers', '', 'none'],
  ['ecs:cloudServers:deleteServers', 'instance', 'server'],
  ['ecs:cloudServers:attach', 'instance', 'server'],
  ['ecs:cloudServers:listServerBlockDevices', 'instance', 'server'],
  ['ecs:cloudServers:showServerBlockDevice', 'instance', 'server'],
  ['ecs:cloudServers:detachVolume', 'instance', 'server'],
  ['ecs:cloudServers:listServerInterfaces', 'instance', 'server'],
  ['ecs:cloudServers:listServersDetails', 'instance', 'any'],
  ['ecs:cloudServerFlavors:get', '', 'none'],
  ['ecs:cloudServerQuotas:get', '', 'none'],
  ['evs:types:get', '', 'none'],
  ['evs:volumes:use', 'volume', 'any'],
  ['ims:images:get', 'image', 'any'],
  ['vpc:subnets:list', 'subnet', 'any'],
]

/**
 * What work on a server needs of the same caller: to see it; and all that the shut-off path takes, where that is the way
 * or the strict setting says so (design, section 5, "Dependencies of KPS calls"). `called`: what the caller wrote, where
 * that was not the server's id.
 */
export function serverChecks(
  scope: CheckScope,
  serverId: string,
  offline: boolean,
  called = serverId,
): readonly Check[] {
  const checks = serverChecksOf(scope, serverId, offline)
  if (called === serverId) return checks
  // A refusal names the server as the caller called it.
  return serverChecksOf(scope, called, offline).map(({ facts, owner, resource }, i) => ({
    ...(checks[i] as Check),
    asMissing: { facts, owner, resource },
  }))
}

function serverChecksOf(scope: CheckScope, serverId: string, offline: boolean): readonly Check[] {
  const show = check(scope, 'ecs:cloudServers:showServer', urn(scope, 'ecs', 'instance', serverId))
  if (!offline && !scope.strictDependencies) return [show]
  const rest = OFFLINE.map(([action, type, entity]) => {
    const service = action.slice(0, 3)
    const resource = entity === 'none' ? '*' : urn(scope, service, type, entity === 'server' ? serverId : '*')
    return check(scope, action, resource)
  })
  return [show, ...rest]
}

/** The row of a host, whose power and binding were decided on. */
export function decidedHost(host: Host | undefined): readonly DecidedRow[] {
  return host ? [{ table: 'keypair_hosts', id: host.id, version: host.version }] : []
}
