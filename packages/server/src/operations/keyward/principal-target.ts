import { refuse } from '../../base/problem.ts'
import { readTags } from '../../base/tags.ts'
import { rootCaller, sessionCaller, userCaller } from '../../identity/callers.ts'
import { findNamed } from '../../identity/named.ts'
import type { Account, Caller, Session } from '../../identity/principal.ts'
import { readAccount, readOperator } from '../../identity/queries.ts'
import type { Check } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'

/** A principal of an account that a call asks about: decided by its name whether it exists or not. */
export interface PrincipalTarget {
  readonly kind: 'root' | 'user' | 'role'
  /** `acs:keyward:*:UID:principal/user/N` */
  readonly resource: string
  /** The same by the account as the call has it. */
  readonly asked: string
  /** Whose policies say who may ask: its own account's, or for another account those of the operator's. */
  readonly owner: string
  /** Undefined: there is none of this name. */
  readonly principal?: Principal | undefined
}

export interface Principal {
  readonly account: Account
  /** As it would call. It has no access key, and of a role a session that nobody opened. */
  readonly caller: Caller
  /** A user that is switched off calls nothing. */
  readonly enabled: boolean
}

const USER = /^acs:ram::(\d+):user\/(.+)$|^iam::([^:]+):user:(.+)$/s
const ROOT = /^acs:ram::(\d+):root$|^iam::([^:]+):root$/
const ROLE = /^acs:ram::(\d+):role\/([^/]+)$|^iam::([^:]+):agency:(?:.*\/)?([^/]+)$/s
const SESSION =
  /^acs:ram::(\d+):assumed-role\/([^/]+)\/([^/]+)$|^sts::([^:]+):assumed-agency:([^/]+)\/([^/]+)$/s

interface Named {
  readonly kind: PrincipalTarget['kind']
  /** Uid, or domain id. */
  readonly account: string
  readonly by: 'id' | 'domain_id'
  readonly name: string
  readonly session: string
}

/** Reads the ARN or URN of a root identity, a user, a role (agency) or a session of one. Raises `InvalidParameter`. */
export function readPrincipal(text: string): Named {
  const by = text.startsWith('acs:') ? 'id' : 'domain_id'
  const named = (kind: Named['kind'], [, ...parts]: RegExpExecArray): Named => {
    const [account = '', name = 'root', session = 'simulation'] = parts.filter((part) => part !== undefined)
    return { kind, account, by, name, session }
  }
  const root = ROOT.exec(text)
  if (root) return named('root', root)
  const user = USER.exec(text)
  if (user) return named('user', user)
  const role = SESSION.exec(text) ?? ROLE.exec(text)
  if (role) return named('role', role)
  throw refuse({
    code: 'InvalidParameter',
    name: 'Principal',
    detail: 'Principal must be the ARN or URN of a user, a role, a session of a role or a root identity',
  })
}

/** INVARIANT: only the operator learns of another account: neither whether it exists nor who is in it. */
export async function resolvePrincipal(
  { caller, clock, store }: ResolveScope,
  text: string,
): Promise<PrincipalTarget> {
  const { account: asked, by, kind, name, session } = readPrincipal(text)
  const { account: own } = caller
  const operator = await readOperator(store.read)
  const known =
    asked === (by === 'id' ? own.uid : own.domainId) ? own : await readAccount(store.read, by, asked)
  const suffix = kind === 'root' ? 'root' : `${kind}/${name}`
  const resourceIn = (uid: string) => `acs:keyward:*:${uid}:principal/${suffix}`
  const target = {
    kind,
    resource: resourceIn(known?.uid ?? asked),
    asked: resourceIn(known?.uid === own.uid ? own.uid : asked),
    owner: known?.uid === own.uid ? own.uid : operator.id,
  }
  if (!known) return target
  if (kind === 'root')
    return { ...target, principal: { account: known, caller: rootCaller(known, ''), enabled: true } }
  if (kind === 'user') {
    const row = await findNamed(store.read, 'users', known.uid, name)
    if (!row) return target
    const user = { id: row.id, ramId: row.ram_id, name, tags: readTags(row.tags) }
    return {
      ...target,
      principal: {
        account: known,
        caller: userCaller(known, user, ''),
        enabled: Number(row.enabled) === 1,
      },
    }
  }
  const row = await findNamed(store.read, 'roles', known.uid, name)
  if (!row) return target
  const role = { id: row.id, ramId: row.ram_id, name, path: row.path, tags: readTags(row.tags) }
  const now = clock.now()
  const opened = {
    name: session,
    issuedAt: now,
    expiresAt: now + row.max_session * 1000,
    token: '',
    serviceLinked: row.service !== '',
  }
  return {
    ...target,
    principal: { account: known, caller: sessionCaller(known, role, opened, ''), enabled: true },
  }
}

/** The one check of a call that asks about a principal. */
export function principalCheck(
  _scope: CheckScope,
  action: string,
  { asked, owner, resource }: PrincipalTarget,
): Check {
  return {
    language: 'ram',
    action: `keyward:${action}`,
    resource,
    owner,
    facts: {},
    asMissing: { resource: asked, owner, facts: {} },
  }
}

/** The principal, once it is decided: raises `IdentityNotFound`, which so reaches only callers who were allowed. */
export function existingPrincipal({ kind, principal }: PrincipalTarget): Principal {
  if (!principal) throw refuse({ code: 'IdentityNotFound', entity: kind === 'role' ? 'role' : 'user' })
  return principal
}

/** The caller with the policies of a session, which cut what its role may. */
export function cutBy(caller: Caller, policies: Session['policies']): Caller {
  const { session } = caller
  if (!session || !policies) return caller
  return Object.freeze({ ...caller, session: Object.freeze({ ...session, policies }) })
}
