import type { LanguageName, PolicyLayers } from '@keyward/policy'
import type { RootKey } from '../crypto/root-key.ts'
import type { ReadHandle, RevisionCache, Store } from '../store/store.ts'
import { openCredential } from './access-keys.ts'
import { rootCaller, userCaller } from './callers.ts'
import { compileAttached } from './layers.ts'
import type { AccessKeyCredential, Account, Caller } from './principal.ts'
import { accountOf, readAccount, readCredentialRow, readOperator, readUsers, type User } from './queries.ts'

/** What may be at hand already: a value without a promise when it is in memory and may be believed. */
type Soon<T> = T | Promise<T>

/** The policies that bind a caller, apart from those of the resource. */
export type CallerLayers = Omit<PolicyLayers, 'resource'>

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
  /** The credential that a signature names; undefined when there is none. */
  findAccessKey(id: string): Soon<AccessKeyCredential | undefined>
  layersFor(caller: Caller, language: LanguageName): Soon<CallerLayers>
  account(uid: string): Soon<Account | undefined>
  accountByDomain(domainId: string): Soon<Account | undefined>
  users(accountUid: string): Soon<Users>
  /** The first account: it alone may apply worlds to other accounts. Raises `Unavailable` before the first start. */
  operator(): Promise<Account>
}

export interface DirectoryParts {
  readonly store: Store
  readonly cache: RevisionCache
  readonly rootKey: Pick<RootKey, 'open'>
}

/** Ids that no access key has are not worth asking the database for. */
const ACCESS_KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

const NO_LAYERS: CallerLayers = Object.freeze({})

export function createDirectory({ store, cache, rootKey }: DirectoryParts): Directory {
  const account = (uid: string) =>
    cache.find(`account:${uid}`, async (db) => found(await readAccount(db, 'id', uid)))
  return Object.freeze({
    findAccessKey(id) {
      if (!ACCESS_KEY_ID.test(id)) return undefined
      return cache.find(`access-key:${id}`, (db) => loadCredential(db, rootKey, id))
    },
    layersFor(caller, language) {
      // The root identity needs no grant and no identity policy binds it.
      if (caller.kind === 'root') return NO_LAYERS
      return cache.get(caller.account.uid, `layers:${language}:${caller.iamId}`, async (db) =>
        Object.freeze({ identity: await compileAttached(db, caller, language) }),
      )
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

async function loadCredential(
  db: ReadHandle,
  rootKey: Pick<RootKey, 'open'>,
  id: string,
): Promise<{ accountUid: string; value: AccessKeyCredential } | undefined> {
  const row = await readCredentialRow(db, id)
  if (!row) return undefined
  const { account, user } = row
  const caller = user ? userCaller(account, user, id) : rootCaller(account, id)
  const stored = { sealedSecret: row.sealedSecret, active: row.active }
  return { accountUid: account.uid, value: openCredential(rootKey, stored, caller) }
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
