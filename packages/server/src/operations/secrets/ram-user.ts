import { type CompiledPolicies, compilePolicies, decide, readPolicy } from '@keyward/policy'
import { refuse } from '../../base/problem.ts'
import { NO_TAGS } from '../../base/tags.ts'
import { findRole, type Role } from '../../identity/assumable.ts'
import { sessionCaller } from '../../identity/callers.ts'
import type { Caller } from '../../identity/principal.ts'
import type { Check } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'

/**
 * The role of an account by which the service makes and deletes access keys of its users (reference: alibaba-kms.md D): the
 * cloud's spelling, then that of a newer page. An administrator makes it; without it, nothing of the account is touched.
 */
export const SERVICE_ROLES = [
  'AliyunKMSManagedRAMCrendentialsRole',
  'AliyunKMSManageRAMCredentialsRole',
] as const
const SERVICE = 'kms.aliyuncs.com'
const HOUR = 3_600_000

/** A user whose access keys a secret holds, and the session of the role by which they are made. */
export interface RamUser {
  readonly name: string
  readonly accountUid: string
  readonly id: string | undefined
  /** Undefined: there is no such role, or it does not trust the service. */
  readonly role: Caller | undefined
}

export async function resolveRamUser(
  scope: ResolveScope,
  accountUid: string,
  name: string,
): Promise<RamUser> {
  const row = await scope.store.read
    .selectFrom('users')
    .select('id')
    .where('account_uid', '=', accountUid)
    .where('name', '=', name)
    .executeTakeFirst()
  for (const roleName of SERVICE_ROLES) {
    const role = await findRole(scope.cache, 'id', accountUid, roleName)
    if (role && trusts(role)) {
      return { name, accountUid, id: row?.id, role: sessionOf(role, scope.clock.now()) }
    }
  }
  return { name, accountUid, id: row?.id, role: undefined }
}

/** The service's own side of an assumption: it may, wherever it is trusted. */
function mayAssume(): CompiledPolicies {
  const text = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}'
  const document = readPolicy(text, { language: 'ram', type: 'identity' })
  if (!document) throw new Error('the policy of the service cannot be read')
  return compilePolicies('ram', [{ name: 'service', document }])
}
const OWN_SIDE = mayAssume()

/** Whether the trust policy of a role lets the service assume it: decided by the engine, like every assumption. */
function trusts({ account, name, trust }: Role): boolean {
  if (!trust.ram) return false
  const { allowed } = decide(
    'ram',
    {
      principal: { kind: 'user', account: SERVICE, id: SERVICE },
      action: 'sts:AssumeRole',
      resource: `acs:ram:*:${account.uid}:role/${name}`,
      resourceAccount: account.uid,
      context: { get: () => undefined },
    },
    { identity: OWN_SIDE, resource: trust.ram },
  )
  return allowed
}

function sessionOf(role: Role, now: number): Caller {
  const session = { name: 'kms', issuedAt: now, expiresAt: now + HOUR, token: '', serviceLinked: false }
  return sessionCaller(role.account, { ...role, tags: NO_TAGS }, session, '')
}

export type KeyAction = 'ListAccessKeys' | 'CreateAccessKey' | 'UpdateAccessKey' | 'DeleteAccessKey'
/** All that a rotation needs from its begin to its end. */
export const KEY_ACTIONS: readonly KeyAction[] = [
  'ListAccessKeys',
  'CreateAccessKey',
  'UpdateAccessKey',
  'DeleteAccessKey',
]

/** What the policies of the role must allow. None while there is no role: {@link assertRamUser} refuses then. */
export function roleChecks(user: RamUser | undefined, actions: readonly KeyAction[]): readonly Check[] {
  const role = user?.role
  if (!user || !role) return []
  return actions.map((action) => ({
    language: 'ram',
    action: `ram:${action}`,
    resource: `acs:ram:*:${user.accountUid}:user/${user.name}`,
    owner: user.accountUid,
    facts: {},
    as: role,
  }))
}

/** Raises `ServiceRoleMissing`, `SecretTargetNotFound`. Called once the call is decided. */
export function assertRamUser(user: RamUser): { readonly id: string } {
  if (!user.role) throw refuse({ code: 'ServiceRoleMissing', name: SERVICE_ROLES[0] })
  if (user.id === undefined) {
    throw refuse({ code: 'SecretTargetNotFound', detail: `The user ${user.name} does not exist.` })
  }
  return { id: user.id }
}
