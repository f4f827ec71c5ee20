import { refuse } from '../../base/problem.ts'
import { createBreather, inTurns, type Turns } from '../../base/turns.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { ReadHandle } from '../../store/store.ts'
import { generateAccessKey, sealSecret } from '../access-keys.ts'
import { newHexId, newRamId, newTreeId } from '../ids.ts'
import type { Account, Caller } from '../principal.ts'
import { exceeded, stillAttached, takenKeys } from './conflicts.ts'
import { readCurrent, readKeyOwners } from './current.ts'
import { readNetworkThings, readTree } from './current-tree.ts'
import type { WorldDomains } from './domains.ts'
import { type Entity, type EntityKind, entityKey, NO_ACCOUNT, type StoredEntity } from './entities.ts'
import { type BoundEntity, boundEntities, type MatchedAccount } from './match.ts'
import type { MatchedTree } from './match-tree.ts'
import { planWorld, type WorldPlan } from './plan.ts'
import { inOrder } from './reader.ts'

/** An access key that an apply makes or gives a new secret, sealed. */
export interface PreparedKey {
  readonly id: string
  readonly label: string | null
  readonly sealed: Uint8Array
}

/** A secret that the service made up: shown once. */
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
  /** Row ids of every entity that is or will be there, by {@link entityKey}. */
  readonly ids: ReadonlyMap<string, string>
  /** UserId or RoleId of every user and role that is new. */
  readonly ramIds: ReadonlyMap<string, string>
  /** Uids of the accounts in the organization, by name. */
  readonly uids: ReadonlyMap<string, string>
  /** The accounts that are new, by uid. */
  readonly newAccounts: ReadonlyMap<string, Account>
  readonly keys: ReadonlyMap<string, PreparedKey>
  /** The policies whose document changes, by {@link entityKey}. */
  readonly newDocuments: ReadonlySet<string>
  /** The accounts that change, with the versions they were matched at: see {@link PrepareOptions.operator}. */
  readonly versions: ReadonlyMap<string, number>
  readonly generated: readonly GeneratedKey[]
  readonly domains: WorldDomains
}

export interface PrepareOptions {
  /**
   * The operator's account. INVARIANT: its version grows with every account that is made, so that two applies cannot
   * both make one of the same name.
   */
  readonly operator: { readonly id: string; readonly version: number }
  readonly prune: boolean
  readonly pruneMade: ReadonlySet<EntityKind>
  readonly domains: WorldDomains
  /** Whose credential a prune must not cut off. */
  readonly caller: Pick<Caller, 'account' | 'kind' | 'name' | 'accessKeyId'>
}

/**
 * Compares the file with the directory and readies every change. Raises `InvalidWorld` for what is wrong only beside
 * what is there: limits that entities kept and entities added exceed together, access keys that someone else has.
 */
export async function prepareWorld(
  db: ReadHandle,
  keyring: Keyring,
  accounts: readonly MatchedAccount[],
  tree: MatchedTree,
  options: PrepareOptions,
): Promise<PreparedWorld> {
  const declared = [...(await inTurns(boundEntities(accounts))), ...tree.entities]
  const givenIds = declared.filter(isGiven).map((entity) => entity.name[2]!)
  const owners = await readKeyOwners(db, givenIds)
  const current = [
    ...(await readCurrent(db, keyring, accounts, new Set(givenIds))),
    ...(await readDomains(db, accounts, options.domains)),
    ...(tree.declares.organization ? await readTree(db) : []),
    ...(tree.declares.networks ? await readNetworkThings(db) : []),
  ]
  const planning = planWorld(current, declared, {
    prune: options.prune,
    pruneMade: options.pruneMade,
    protect: new Set([...ownCredential(current, options), ...managementPlace(current)]),
  })
  const plan = await inTurns(planning)
  const isOperators = options.caller.account.uid === options.operator.id
  const findings = [
    ...(await inTurns(takenKeys(declared, owners, isOperators))),
    ...(await inTurns(exceeded(accounts, current, declared, plan))),
    ...stillAttached(current, declared, plan),
  ]
  if (findings.length > 0) throw refuse({ code: 'InvalidWorld', findings: inOrder(findings) })
  return {
    plan,
    accounts,
    uids: tree.uids,
    ...(await inTurns(readied(keyring, accounts, current, plan))),
    versions: versionsOf(accounts, plan, options),
    domains: options.domains,
  }
}

async function readDomains(
  db: ReadHandle,
  accounts: readonly MatchedAccount[],
  { host, target }: WorldDomains,
) {
  const found: StoredEntity[] = []
  const breathe = createBreather()
  for (const { row } of accounts) {
    await breathe()
    if (row) found.push(...(await host.current(db, row.id)), ...(await target.current(db, row.id)))
  }
  return found
}

type Readied = Pick<PreparedWorld, 'ids' | 'ramIds' | 'newAccounts' | 'keys' | 'generated' | 'newDocuments'>

function* readied(
  keyring: Pick<Keyring, 'seal'>,
  accounts: readonly MatchedAccount[],
  current: readonly StoredEntity[],
  plan: WorldPlan,
): Turns<Readied> {
  const ids = new Map<string, string>()
  for (const entity of current) {
    ids.set(entityKey(entity), entity.id)
    yield
  }
  const byUid = new Map(accounts.map((account) => [account.uid, account]))
  const ramIds = new Map<string, string>()
  const newAccounts = new Map<string, Account>()
  const keys = new Map<string, PreparedKey>()
  const generated: GeneratedKey[] = []
  for (const { change, entity } of plan.changes) {
    yield
    if (change === 'delete') continue
    const key = entityKey(entity)
    const account = byUid.get(entity.account)!
    if (entity.kind === 'access-key') {
      const [user = '', , label = ''] = entity.name
      // A user comes before its keys in a plan.
      const userId = user === '' ? null : ids.get(entityKey({ ...entity, kind: 'user', name: [user] }))!
      const fresh =
        change === 'create'
          ? prepareKey(keyring, entity as BoundEntity, userId)
          : resealed(keyring, entity as BoundEntity, userId)
      if (fresh) keys.set(key, fresh.key)
      if (fresh?.secret) generated.push({ account, user, label, id: fresh.key.id, secret: fresh.secret })
    } else if (change === 'create') {
      const inTree = entity.kind === 'organization' || entity.kind === 'folder'
      ids.set(key, inTree ? newTreeId() : newHexId())
      if (entity.kind === 'user' || entity.kind === 'role') ramIds.set(key, newRamId())
      if (entity.kind === 'account') newAccounts.set(account.uid, newAccount(account))
    }
  }
  const newDocuments = new Set(
    plan.changes.flatMap((one) =>
      one.change === 'update' && one.differing.includes('document') ? [entityKey(one.entity)] : [],
    ),
  )
  return { ids, ramIds, newAccounts, keys, generated, newDocuments }
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
  const changed = new Set(plan.changes.map(({ entity }) => entity.account))
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

function isGiven(entity: Entity): boolean {
  return entity.kind === 'access-key' && entity.name[1] === 'id'
}

/** The place of the management account: it never leaves its organization. */
function managementPlace(current: readonly StoredEntity[]): string[] {
  const management = current.find(({ kind }) => kind === 'organization')?.fields.management
  const places = current.filter(({ kind, name }) => kind === 'placement' && name[0] === management)
  return places.map(entityKey)
}

/** The user or role, and the access key, that the call itself is signed with. */
function ownCredential(current: readonly StoredEntity[], { caller }: PrepareOptions): Set<string> {
  const own = current.filter(
    (entity) =>
      entity.account === caller.account.uid &&
      ((entity.kind === 'access-key' && entity.id === caller.accessKeyId) ||
        (entity.kind === 'user' && caller.kind === 'user' && entity.name[0] === caller.name) ||
        (entity.kind === 'role' && caller.kind === 'session' && entity.name[0] === caller.name)),
  )
  return new Set(own.map(entityKey))
}

interface ReadiedKey {
  readonly key: PreparedKey
  /** Only of a generated key. */
  readonly secret?: string
}

function prepareKey(
  keyring: Pick<Keyring, 'seal'>,
  entity: BoundEntity,
  userId: string | null,
): ReadiedKey | undefined {
  const [, known, label = ''] = entity.name
  if (known === 'id') return resealed(keyring, entity, userId)
  const { id, secret } = generateAccessKey()
  const sealed = sealSecret(keyring, { accountUid: entity.account, userId, accessKeyId: id }, secret)
  return { key: { id, label, sealed }, secret }
}

/** A given key under the root key; undefined for a generated one, whose secret stays what it is. */
function resealed(
  keyring: Pick<Keyring, 'seal'>,
  entity: BoundEntity,
  userId: string | null,
): ReadiedKey | undefined {
  const [, , id = ''] = entity.name
  if (entity.secret === undefined) return undefined
  const sealed = sealSecret(keyring, { accountUid: entity.account, userId, accessKeyId: id }, entity.secret)
  return { key: { id, label: null, sealed } }
}
