import { hash } from 'node:crypto'
import type { LanguageName } from '@keyward/policy'
import { type Clock, systemClock } from '../base/clock.ts'
import { type MaybePromise, whenAllReady, whenReady } from '../base/when-ready.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { ReadHandle, RevisionCache, Store } from '../store/store.ts'
import { openCredential } from './access-keys.ts'
import { rootCaller, userCaller } from './callers.ts'
import { type CallerLayers, type Gathered, gatherLayers, NO_ATTACHED, OWN } from './gather.ts'
import type { FoundAccessKey, TokenRefusal } from './identify.ts'
import { compileAttached } from './layers.ts'
import { type NetworkMap, readNetworks } from './networks.ts'
import { NOWHERE, readPosition } from './positions.ts'
import type { AccessKeyCredential, Account, Caller } from './principal.ts'
import { accountOf, readAccount, readCredentialRow, readOperator, readUsers, type User } from './queries.ts'
import { isOpen, loadSession } from './sessions.ts'
import { isTemporary, tokensOf } from './tokens.ts'

/** The users of one account. */
export interface Users {
  byName(name: string): User | undefined
  /** By the id of the Huawei wire. */
  byId(id: string): User | undefined
  /** By the id of the Alibaba wire. */
  byRamId(ramId: string): User | undefined
}

/**
 * Accounts, users, access keys and the policies that bind them, as decisions look at them: through the revision cache,
 * so nothing older than its bound is ever answered. Every function raises `Unavailable` when that cannot be kept.
 */
export interface Directory {
  /** The credential that a signature names, with the token that came with it; undefined when there is none. */
  findAccessKey(id: string, securityToken?: string): MaybePromise<FoundAccessKey>
  /** What binds a caller at an entity of an account (by uid; the caller's own when it is left out). */
  layersFor(caller: Caller, language: LanguageName, owner?: string): MaybePromise<CallerLayers>
  account(uid: string): MaybePromise<Account | undefined>
  accountByDomain(domainId: string): MaybePromise<Account | undefined>
  users(accountUid: string): MaybePromise<Users>
  /** The first account: it alone may apply worlds to other accounts. Raises `Unavailable` before the first start. */
  operator(): Promise<Account>
}

export interface DirectoryParts {
  readonly store: Store
  readonly cache: RevisionCache
  readonly keyring: Keyring
  /** Tokens expire by it; the machine's when it is left out. */
  readonly clock?: Clock
}

/** Ids that no access key has are not worth asking the database for. */
const ACCESS_KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** A bound instead of an eviction: what is not remembered costs a little more. */
const MOST_KEY_NAMES = 10_000

export function createDirectory({ store, cache, keyring, clock = systemClock }: DirectoryParts): Directory {
  const tokens = tokensOf(keyring)
  const account = (uid: string) =>
    cache.find(`account:${uid}`, async (db) => found(await readAccount(db, 'id', uid)))
  const attached = (caller: Caller, language: LanguageName) =>
    // The root identity needs no grant and no identity policy binds it.
    caller.kind === 'root'
      ? NO_ATTACHED
      : cache.get(caller.account.uid, namesOf(caller)[language], (db) =>
          compileAttached(db, caller, language),
        )
  const position = (uid: string) => cache.get(uid, 'position', (db) => readPosition(db, uid))
  let operator: Account | undefined
  const operatorsAccount = (): MaybePromise<Account | undefined> =>
    operator ??
    whenReady(
      cache.find('operator', async (db) => {
        const row = await db.selectFrom('directory').select('operator_uid').executeTakeFirst()
        return row && found(await readAccount(db, 'id', row.operator_uid))
      }),
      (account) => {
        // INVARIANT: an operator is never replaced.
        operator = account
        return account
      },
    )
  /** The network map is the operator's. Undefined before the first start. */
  const networks = (): MaybePromise<NetworkMap | undefined> =>
    whenReady(operatorsAccount(), (account) => account && cache.get(account.uid, 'network:map', readNetworks))
  /** Another account as an owner. One that is unknown is asked for nothing else: anybody can name it. */
  const foreign = (uid: string): MaybePromise<Gathered['owner']> =>
    whenReady(
      account(uid),
      (owner): MaybePromise<Gathered['owner']> =>
        owner ? whenReady(position(uid), (stands) => ({ account: owner, position: stands })) : NOBODYS,
    )

  /** A session is what its token says, as long as its role is there. */
  function findSession(id: string, token: string | undefined): MaybePromise<FoundAccessKey> {
    if (token === undefined) return MISSING
    const judge = (credential: AccessKeyCredential | undefined): FoundAccessKey => {
      if (!credential) return tokens.open(token) ? EXPIRED : MALFORMED
      if (credential.id !== id) return MISMATCH
      const { session } = credential.caller
      return session && isOpen(session, clock.now()) ? credential : EXPIRED
    }
    const found = cache.find(`session:${hash('sha256', token)}`, async (db) => {
      const content = tokens.open(token)
      return content && loadSession(db, content, token)
    })
    return whenReady(found, judge)
  }

  const findPermanent = (id: string, name: string) =>
    cache.find(name, (db) => loadCredential(db, keyring, id))
  /** Names of permanent access keys in the cache, by their ids: text that is made once keeps its hash. */
  const keyNames = new Map<string, string>()

  return Object.freeze({
    findAccessKey(id, securityToken) {
      const known = keyNames.get(id)
      if (known !== undefined) return findPermanent(id, known)
      if (!ACCESS_KEY_ID.test(id)) return undefined
      if (isTemporary(id)) return findSession(id, securityToken)
      const name = `access-key:${id}`
      return whenReady(findPermanent(id, name), (credential) => {
        // Only what is there: of names that are made up there is no end.
        if (credential && keyNames.size < MOST_KEY_NAMES) keyNames.set(id, name)
        return credential
      })
    },
    layersFor(caller, language, owner = caller.account.uid) {
      const policies = attached(caller, language)
      const stands = position(caller.account.uid)
      const map = networks()
      const known = owner === caller.account.uid ? OWN : foreign(owner)
      return whenAllReady([policies, stands, map, known] as const, (attached, position, networks, owner) => {
        const found = { attached, position, networks, owner }
        if (owner !== OWN) return gatherLayers(caller, language, found)
        return gatherOwn(caller, language, found)
      })
    },
    account,
    accountByDomain: (domainId) =>
      cache.find(`domain:${domainId}`, async (db) => found(await readAccount(db, 'domain_id', domainId))),
    users: (accountUid) =>
      cache.get(accountUid, 'users', async (db) => usersOf(await readUsers(db, accountUid))),
    async operator() {
      const operator = await readOperator(store.read)
      return accountOf(operator)
    },
  } satisfies Directory)
}

const names = new WeakMap<Caller, Readonly<Record<LanguageName, string>>>()

/** Under which key the cache has a caller's policies: text that is made once keeps its hash. */
function namesOf(caller: Caller): Readonly<Record<LanguageName, string>> {
  let known = names.get(caller)
  if (!known) {
    known = { ram: `layers:ram:${caller.iamId}`, iam: `layers:iam:${caller.iamId}` }
    names.set(caller, known)
  }
  return known
}

type Last = { readonly found: Gathered; readonly layers: CallerLayers }
const lastOwn = new WeakMap<Caller, Partial<Record<LanguageName, Last>>>()

/** {@link gatherLayers} of a caller at its own account's entities: put together once, until a part of it is another. */
function gatherOwn(caller: Caller, language: LanguageName, found: Gathered): CallerLayers {
  let known = lastOwn.get(caller)
  if (!known) {
    known = {}
    lastOwn.set(caller, known)
  }
  const last = known[language]
  if (
    last?.found.attached === found.attached &&
    last.found.position === found.position &&
    last.found.networks === found.networks
  )
    return last.layers
  const layers = gatherLayers(caller, language, found)
  known[language] = { found, layers }
  return layers
}

const NOBODYS: Gathered['owner'] = Object.freeze({ account: undefined, position: NOWHERE })
const MISSING: TokenRefusal = Object.freeze({ token: 'missing' })
const MALFORMED: TokenRefusal = Object.freeze({ token: 'malformed' })
const MISMATCH: TokenRefusal = Object.freeze({ token: 'mismatch' })
const EXPIRED: TokenRefusal = Object.freeze({ token: 'expired' })

async function loadCredential(
  db: ReadHandle,
  keyring: Pick<Keyring, 'open'>,
  id: string,
): Promise<{ accountUid: string; value: AccessKeyCredential } | undefined> {
  const row = await readCredentialRow(db, id)
  if (!row) return undefined
  const { account, user } = row
  const caller = user ? userCaller(account, user, id) : rootCaller(account, id)
  const stored = { sealedSecret: row.sealedSecret, active: row.active }
  return { accountUid: account.uid, value: openCredential(keyring, stored, caller) }
}

function found(account: Account | undefined) {
  return account && { accountUid: account.uid, value: account }
}

function usersOf(users: readonly User[]): Users {
  const names = new Map(users.map((u) => [u.name, u]))
  const ids = new Map(users.map((u) => [u.id, u]))
  const ramIds = new Map(users.map((u) => [u.ramId, u]))
  return Object.freeze({
    byName: (name: string) => names.get(name),
    byId: (id: string) => ids.get(id),
    byRamId: (ramId: string) => ramIds.get(ramId),
  })
}
