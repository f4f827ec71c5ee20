import { refuse } from '../../base/problem.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { ReadHandle } from '../../store/store.ts'
import { generateAccessKey, sealSecret } from '../access-keys.ts'
import { newHexId, newRamId, newTreeId } from '../ids.ts'
import type { Account, Caller } from '../principal.ts'
import { exceeded, stillAttached, takenKeys } from './conflicts.ts'
import { readCurrent, readKeyOwners } from './current.ts'
import { readNetworkThings, readTree } from './current-tree.ts'
import { type BoundThing, boundThings, type MatchedAccount } from './match.ts'
import type { MatchedTree } from './match-tree.ts'
import { planWorld, type WorldPlan } from './plan.ts'
import { inOrder } from './reader.ts'
import type { WorldRooms } from './rooms.ts'
import { NO_ACCOUNT, type StoredThing, type Thing, thingKey } from './things.ts'

/** An access key that an apply makes or gives a new secret, sealed. */
export interface PreparedKey {
  readonly id: string
  readonly label: string | null
  readonly sealed: Uint8Array
}

/** A secret that the service made up: told once. */
export interface GeneratedKey {
  readonly account: MatchedAccount
  /** Name of the user, empty for the root identity. */
  readonly user: string
  readonly label: string
  readonly id: string
  readonly secret: string
}

/** A plan with everything that its transaction must not wait for: ids, random values, sealed secrets. */
export interface PreparedWorld {
  readonly plan: WorldPlan
  readonly accounts: readonly MatchedAccount[]
  /** Row ids of every thing that is or will be there, by {@link thingKey}. */
  readonly ids: ReadonlyMap<string, string>
  /** UserId or RoleId of every user and role that is new. */
  readonly ramIds: ReadonlyMap<string, string>
  /** Uids of the accounts in the organization, by name. */
  readonly uids: ReadonlyMap<string, string>
  /** The accounts that are new, by uid. */
  readonly newAccounts: ReadonlyMap<string, Account>
  readonly keys: ReadonlyMap<string, PreparedKey>
  /** The accounts that change, with the versions they were matched at: see {@link PrepareOptions.operator}. */
  readonly versions: ReadonlyMap<string, number>
  readonly generated: readonly GeneratedKey[]
  readonly rooms: WorldRooms
}

export interface PrepareOptions {
  /**
   * The operator's account. INVARIANT: its version grows with every account that is made, so that two applies cannot
   * both make one of the same name.
   */
  readonly operator: { readonly id: string; readonly version: number }
  readonly prune: boolean
  readonly rooms: WorldRooms
  /** Whose credential a prune must not cut off. */
  readonly caller: Pick<Caller, 'account' | 'kind' | 'name' | 'accessKeyId'>
}

/**
 * Compares the file with the directory and readies every change. Raises `InvalidWorld` for what is wrong only beside
 * what is there: limits that things kept and things added exceed together, access keys that someone else has.
 */
export async function prepareWorld(
  db: ReadHandle,
  keyring: Keyring,
  accounts: readonly MatchedAccount[],
  tree: MatchedTree,
  options: PrepareOptions,
): Promise<PreparedWorld> {
  const declared = [...boundThings(accounts), ...tree.things]
  const givenIds = declared.filter(isGiven).map((thing) => thing.name[2]!)
  const owners = await readKeyOwners(db, givenIds)
  const current = [
    ...(await readCurrent(db, keyring, accounts, new Set(givenIds))),
    ...(await readHosts(db, accounts, options.rooms)),
    ...(tree.declares.organization ? await readTree(db) : []),
    ...(tree.declares.networks ? await readNetworkThings(db) : []),
  ]
  const plan = planWorld(current, declared, {
    prune: options.prune,
    protect: new Set([...ownCredential(current, options), ...managementPlace(current)]),
  })
  const findings = [
    ...takenKeys(declared, owners, options.caller.account.uid === options.operator.id),
    ...exceeded(accounts, current, declared, plan),
    ...stillAttached(current, declared, plan),
  ]
  if (findings.length > 0) throw refuse({ code: 'InvalidWorld', findings: inOrder(findings) })
  return {
    plan,
    accounts,
    uids: tree.uids,
    ...readied(keyring, accounts, current, plan),
    versions: versionsOf(accounts, plan, options),
    rooms: options.rooms,
  }
}

async function readHosts(db: ReadHandle, accounts: readonly MatchedAccount[], { host }: WorldRooms) {
  const found: StoredThing[] = []
  for (const { row } of accounts) if (row) found.push(...(await host.current(db, row.id)))
  return found
}

type Readied = Pick<PreparedWorld, 'ids' | 'ramIds' | 'newAccounts' | 'keys' | 'generated'>

function readied(
  keyring: Pick<Keyring, 'seal'>,
  accounts: readonly MatchedAccount[],
  current: readonly StoredThing[],
  plan: WorldPlan,
): Readied {
  const ids = new Map(current.map((thing) => [thingKey(thing), thing.id]))
  const ramIds = new Map<string, string>()
  const newAccounts = new Map<string, Account>()
  const keys = new Map<string, PreparedKey>()
  const generated: GeneratedKey[] = []
  for (const { change, thing } of plan.changes) {
    if (change === 'delete') continue
    const key = thingKey(thing)
    const account = accounts.find((a) => a.uid === thing.account)!
    if (thing.kind === 'access-key') {
      const [user = '', , label = ''] = thing.name
      // A user comes before its keys in a plan.
      const userId = user === '' ? null : ids.get(thingKey({ ...thing, kind: 'user', name: [user] }))!
      const fresh =
        change === 'create'
          ? prepareKey(keyring, thing as BoundThing, userId)
          : resealed(keyring, thing as BoundThing, userId)
      if (fresh) keys.set(key, fresh.key)
      if (fresh?.secret) generated.push({ account, user, label, id: fresh.key.id, secret: fresh.secret })
    } else if (change === 'create') {
      const inTree = thing.kind === 'organization' || thing.kind === 'folder'
      ids.set(key, inTree ? newTreeId() : newHexId())
      if (thing.kind === 'user' || thing.kind === 'role') ramIds.set(key, newRamId())
      if (thing.kind === 'account') newAccounts.set(account.uid, newAccount(account))
    }
  }
  return { ids, ramIds, newAccounts, keys, generated }
}

function newAccount({ declared, uid, name }: MatchedAccount): Account {
  const { domainId = newHexId(), projectId = newHexId() } = declared
  return Object.freeze({ uid, domainId, projectId, name })
}

function versionsOf(
  accounts: readonly MatchedAccount[],
  plan: WorldPlan,
  { operator }: PrepareOptions,
): Map<string, number> {
  const changed = new Set(plan.changes.map(({ thing }) => thing.account))
  const versions = new Map<string, number>()
  // What is of no account is the operator's.
  if (changed.has(NO_ACCOUNT)) versions.set(operator.id, operator.version)
  for (const { uid, row } of accounts) {
    if (!changed.has(uid)) continue
    if (row) versions.set(uid, row.version)
    else versions.set(operator.id, operator.version)
  }
  return versions
}

function isGiven(thing: Thing): boolean {
  return thing.kind === 'access-key' && thing.name[1] === 'id'
}

/** The place of the management account: it never leaves its organization. */
function managementPlace(current: readonly StoredThing[]): string[] {
  const management = current.find(({ kind }) => kind === 'organization')?.fields.management
  const places = current.filter(({ kind, name }) => kind === 'placement' && name[0] === management)
  return places.map(thingKey)
}

/** The user or role, and the access key, that the call itself is signed with. */
function ownCredential(current: readonly StoredThing[], { caller }: PrepareOptions): Set<string> {
  const own = current.filter(
    (thing) =>
      thing.account === caller.account.uid &&
      ((thing.kind === 'access-key' && thing.id === caller.accessKeyId) ||
        (thing.kind === 'user' && caller.kind === 'user' && thing.name[0] === caller.name) ||
        (thing.kind === 'role' && caller.kind === 'session' && thing.name[0] === caller.name)),
  )
  return new Set(own.map(thingKey))
}

interface ReadiedKey {
  readonly key: PreparedKey
  /** Only of a generated key. */
  readonly secret?: string
}

function prepareKey(
  keyring: Pick<Keyring, 'seal'>,
  thing: BoundThing,
  userId: string | null,
): ReadiedKey | undefined {
  const [, known, label = ''] = thing.name
  if (known === 'id') return resealed(keyring, thing, userId)
  const { id, secret } = generateAccessKey()
  const sealed = sealSecret(keyring, { accountUid: thing.account, userId, accessKeyId: id }, secret)
  return { key: { id, label, sealed }, secret }
}

/** A given key under the root key; undefined for a generated one, whose secret stays what it is. */
function resealed(
  keyring: Pick<Keyring, 'seal'>,
  thing: BoundThing,
  userId: string | null,
): ReadiedKey | undefined {
  const [, , id = ''] = thing.name
  if (thing.secret === undefined) return undefined
  const sealed = sealSecret(keyring, { accountUid: thing.account, userId, accessKeyId: id }, thing.secret)
  return { key: { id, label: null, sealed } }
}
