import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Asymmetric } from '../crypto/pool/asymmetric.ts'
import type { Caller } from '../identity/principal.ts'
import type { VersionUses } from '../kms/uses.ts'
import type { Loader, ReadHandle, RevisionCache, Store, WriteHandle } from '../store/store.ts'
import type { Connection } from './connection.ts'
import type { FindLayers } from './decision.ts'
import type { Operation } from './operation.ts'

// What the functions of an operation may use. Each gets an object that holds this and nothing else, so that a check
// cannot load, a load cannot open a key, and nothing but the work of a write can write.

/** `checks` and `touches`: what the call itself says. Plain data: they are pure. */
export interface CheckScope {
  readonly caller: Caller
  readonly connection: Connection
  /** Regions this service answers for, one a wire. */
  readonly regions: { readonly alibaba: string; readonly huawei: string }
  /** Whether a call needs every dependent action that its table lists, and not only those that it exercises. */
  readonly strictDependencies: boolean
  /** Whether a key or secret that is made without a policy gets the text of the cloud, which names everyone in the account. */
  readonly cloudDefaultPolicy: boolean
}

/** `state`: may ask what time it is, since states end by the clock. */
export interface StateScope extends CheckScope {
  readonly clock: Clock
}

/** `resolve`: may load. What decisions look at comes from the cache; what they do not look at may come from the store. */
export interface ResolveScope extends StateScope {
  readonly cache: Loader
  readonly store: { readonly read: ReadHandle }
}

/** `prepare`, and the work of a read: may open keys, make them and use them. They still cannot write. */
export interface Scope extends ResolveScope {
  readonly keyring: Keyring
  /** The work of key pairs, off the event loop. */
  readonly asymmetric: Asymmetric
  /** Counts what the versions of keys encrypt; absent where nothing is counted. */
  readonly versionUses?: Pick<VersionUses, 'spend'>
  /** Absent where there is no root key to change. */
  readonly rootKeyRotation?: RootKeyRotation
  /** Absent where nothing rotates. */
  readonly secretRotations?: SecretRotations
  /** Absent where nothing is done by the clock. */
  readonly dueWork?: DueWork
  /** Absent where no call is decided before it is made. */
  readonly decisions?: Decisions
  /** What this process knows of itself; absent where it is not asked. */
  readonly status?: () => OwnStatus
}

/** What only the process itself knows of how it is. */
export interface OwnStatus {
  readonly version: string
  readonly startedAt: number
  readonly database: string
  readonly keyring: { readonly current: number; readonly newest: number }
  /** Name of the chain that it writes. */
  readonly chain: string
  readonly audit: { readonly waiting: number; readonly writable: boolean }
  /** See `RevisionCache`. */
  readonly lastLook: number
  readonly pool: { readonly Threads: number; readonly Running: number; readonly Waiting: number }
}

/** What decisions are made of: for calls that answer how another call would be decided. */
export interface Decisions {
  readonly findLayers: FindLayers
  /** An operation by its name. */
  operation(name: string): Operation | undefined
}

/** Rotations of secrets, which go on by themselves. */
export interface SecretRotations {
  /** Resolves once one came to its end, its window or a failure, or has taken long. */
  settled(id: string): Promise<void>
}

/** The work of a write, beside its transaction and what was prepared: it can neither load nor open a key. */
export interface WriteScope extends StateScope {
  /** Leaves a remark in the call's audit entry. */
  warn(text: string): void
  /** What the audit entry says instead of `Success`. */
  outcome(code: string): void
}

/** How the root key is changed. */
export interface RootKeyRotation {
  /** Makes a new root key, durable in a file beside the present one. Raises `OperationRejected` where it cannot. */
  prepare(): Promise<PreparedRootKey>
}

export interface PreparedRootKey {
  readonly checkValue: string
  /** Where it will lie. */
  readonly file: string
  /** Seals the keyring under it. Raises `Overloaded` when the keyring was changed meanwhile. */
  write(tx: WriteHandle): Promise<void>
  /** Once that is durable: it takes the place of the old one. */
  settle(): Promise<void>
}

/** What the service does by itself when its time has come. */
export interface DueWork {
  /** Resolves once all that is due now is done, or has taken long. */
  done(): Promise<void>
}

/** What the scopes of a call are made of. */
export interface ScopeParts extends Omit<Scope, keyof CheckScope | 'cache' | 'store'> {
  readonly cache: RevisionCache
  readonly store: Store
  readonly regions: CheckScope['regions']
  /** False when absent. */
  readonly strictDependencies?: boolean
  /** False when absent. */
  readonly cloudDefaultPolicy?: boolean
}

/** The scopes of one call; `work` is that of `prepare` as well. */
export interface Scopes {
  readonly check: CheckScope
  readonly state: StateScope
  readonly resolve: ResolveScope
  readonly work: Scope
}

type Own = 'caller' | 'connection'

/** What the scopes of every call hold, apart from the call's own. */
interface Fixed {
  readonly check: Omit<CheckScope, Own>
  readonly state: Omit<StateScope, Own>
  readonly resolve: Omit<ResolveScope, Own>
  readonly work: Omit<Scope, Own>
}

const known = new WeakMap<ScopeParts, Fixed>()

/** INVARIANT: each holds what its type says and nothing besides: what is not there cannot be reached by a cast. */
export function scopesOf(parts: ScopeParts, { caller, connection }: Pick<CheckScope, Own>): Scopes {
  let fixed = known.get(parts)
  if (!fixed) {
    fixed = fixedOf(parts)
    known.set(parts, fixed)
  }
  return {
    check: { ...fixed.check, caller, connection },
    state: { ...fixed.state, caller, connection },
    resolve: { ...fixed.resolve, caller, connection },
    work: { ...fixed.work, caller, connection },
  }
}

function fixedOf(parts: ScopeParts): Fixed {
  const { asymmetric, cache, clock, decisions, dueWork, keyring, regions, store, versionUses } = parts
  const {
    cloudDefaultPolicy = false,
    rootKeyRotation,
    secretRotations,
    status,
    strictDependencies = false,
  } = parts
  const check = { regions, strictDependencies, cloudDefaultPolicy }
  const state = { ...check, clock }
  const loader = Object.freeze<Loader>({ get: cache.get, find: cache.find })
  const resolve = { ...state, cache: loader, store: Object.freeze({ read: store.read }) }
  const work = {
    ...resolve,
    keyring,
    asymmetric,
    ...(versionUses ? { versionUses } : {}),
    ...(rootKeyRotation ? { rootKeyRotation } : {}),
    ...(secretRotations ? { secretRotations } : {}),
    ...(dueWork ? { dueWork } : {}),
    ...(decisions ? { decisions } : {}),
    ...(status ? { status } : {}),
  }
  return { check, state, resolve, work }
}
