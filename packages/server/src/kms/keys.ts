import { type CompiledPolicies, compilePolicies, readPolicy } from '@keyward/policy'
import type { Compilable, CompiledQuery, Selectable, Updateable } from 'kysely'
import { createRecent } from '../base/recent.ts'
import { readTags } from '../base/tags.ts'
import { whenReady } from '../base/when-ready.ts'
import { type KeySpec, knownKeySpec } from '../crypto/algorithms/index.ts'
import { knownRow, partsOf, runUnawaited } from '../store/handles.ts'
import { hotQuery } from '../store/hot.ts'
import type { KeyTables } from '../store/schema/kms.ts'
import type { Loader, ReadHandle, WriteHandle } from '../store/store.ts'
import { keyArn } from './names.ts'
import type { AttachedPolicy } from './policy.ts'
import { type KeyState, type Lifetime, stateAt } from './states.ts'

/** A key as decisions and work see it: frozen, cached under its account's revision. */
export interface Key extends Lifetime {
  readonly id: string
  readonly arn: string
  readonly accountUid: string
  readonly region: string
  readonly creator: string
  readonly description: string
  /** Name of the spec on the wire. */
  readonly spec: string
  /** The row of that spec: what the key can do. */
  readonly kind: KeySpec
  readonly usage: string
  readonly origin: string
  readonly protectionLevel: string
  /** As written; {@link stateAt} says what it is now. */
  readonly state: KeyState
  readonly primaryVersionId: string | undefined
  /** The key policy as it was set. */
  readonly policyText: string
  readonly policy: CompiledPolicies
  readonly createdAt: number
  readonly deleteAt: number | undefined
  readonly deletionProtection: boolean
  readonly deletionProtectionDescription: string
  readonly instanceId: string | undefined
  readonly automaticRotation: boolean
  readonly rotationIntervalS: number | undefined
  readonly lastRotationAt: number
  readonly nextRotationAt: number | undefined
  readonly materialExpiresAt: number | undefined
  /** Keyed digest of the first imported material. */
  readonly materialCheck: Uint8Array | undefined
  /** By tag key. A map: a tag may be called `__proto__`. */
  readonly tags: ReadonlyMap<string, string>
  /** The part of this service whose key it is; undefined for a caller's. */
  readonly service: string | undefined
  /** Version of the row. */
  readonly rowVersion: number
}

export type KeyRow = Selectable<KeyTables['kms_keys']>

/** A key that may be missing: the cache keeps absence too, under the account's revision. */
interface Found {
  readonly key: Key | undefined
}

/** The key of this id in this account and region, or undefined. */
export function findKey(
  cache: Loader,
  accountUid: string,
  region: string,
  id: string,
): Key | undefined | Promise<Key | undefined> {
  const found = cache.get<Found>(
    accountUid,
    `kms:key:${id}`,
    async (db) => ({ key: await loadKey(db, accountUid, region, id) }),
    ({ key }) => key === undefined,
  )
  return whenReady(found, (it) => it.key)
}

const keyRow = hotQuery((db) =>
  db
    .selectFrom('kms_keys')
    .selectAll()
    .where('id', '=', '')
    .where('account_uid', '=', '')
    .where('region', '=', ''),
)

async function loadKey(
  db: ReadHandle,
  accountUid: string,
  region: string,
  id: string,
): Promise<Key | undefined> {
  const known = knownRow(db, { table: 'kms_keys', id }) as KeyRow | undefined
  if (known?.account_uid === accountUid && known.region === region) return readKey(known)
  const [row] = await keyRow(db, [id, accountUid, region])
  return row && readKey(row)
}

/** A key from its row. Throws when the row names a spec or holds a policy that nothing here can read. */
export function readKey(row: KeyRow): Key {
  const kind = knownKeySpec(row.key_spec)
  return Object.freeze({
    id: row.id,
    arn: keyArn(row.region, row.account_uid, row.id),
    accountUid: row.account_uid,
    region: row.region,
    creator: row.creator,
    description: row.description,
    spec: row.key_spec,
    kind,
    usage: row.key_usage,
    origin: row.origin,
    protectionLevel: row.protection_level,
    state: row.state as KeyState,
    primaryVersionId: row.primary_version_id ?? undefined,
    policyText: row.policy,
    policy: compileKeyPolicy(row.policy),
    createdAt: row.created_at,
    deleteAt: row.delete_at ?? undefined,
    deletionProtection: row.deletion_protection === 1,
    deletionProtectionDescription: row.deletion_protection_description,
    instanceId: row.instance_id ?? undefined,
    automaticRotation: row.automatic_rotation === 1,
    rotationIntervalS: row.rotation_interval_s ?? undefined,
    lastRotationAt: row.last_rotation_at,
    nextRotationAt: row.next_rotation_at ?? undefined,
    materialExpiresAt: row.material_expires_at ?? undefined,
    materialCheck: row.material_check ?? undefined,
    tags: readTags(row.tags),
    service: row.service ?? undefined,
    rowVersion: row.version,
  })
}

/**
 * Compiles a policy that was judged when it was set. Throws on one that was not: what it is on is then unusable. Most keys
 * have the policy they had before, or that of another: it is compiled once.
 */
export function compileKeyPolicy(text: string, type: AttachedPolicy = 'key'): CompiledPolicies {
  return (type === 'key' ? keyPolicy : secretPolicy)(text)
}

const COMPILED_TEXT = 1_000_000
const keyPolicy = createRecent((text) => compiled(text, 'key'), COMPILED_TEXT)
const secretPolicy = createRecent((text) => compiled(text, 'secret'), COMPILED_TEXT)

function compiled(text: string, type: AttachedPolicy): CompiledPolicies {
  const document = readPolicy(text, { language: 'ram', type })
  if (!document) throw new Error(`a stored ${type} policy cannot be read`)
  return compilePolicies('ram', [{ name: 'default', document }])
}

/** The key, unless its deletion window has ended. */
export function livingKey(key: Key | undefined, now: number): Key | undefined {
  return key && stateAt(key, now) !== undefined ? key : undefined
}

/** Columns that operations change. */
export type KeyChange = Omit<Updateable<KeyTables['kms_keys']>, 'id' | 'account_uid' | 'region' | 'version'>

/** Writes a change to a key that was decided on; the caller made sure that the row is still the decided one. */
export async function changeKey(
  tx: WriteHandle,
  key: Pick<Key, 'id' | 'rowVersion'>,
  change: KeyChange,
): Promise<void> {
  const set = { ...change, version: key.rowVersion + 1 }
  await runUnawaited(tx, updateOf(tx, key.id, set), { row: { table: 'kms_keys', id: key.id }, set })
}

/** Statements by the columns that they set: the query builder costs several times what it is to send one. */
const updates = new Map<string, CompiledQuery>()

function updateOf(tx: WriteHandle, id: string, set: KeyChange & { readonly version: number }): Compilable {
  const names = Object.keys(set).filter((name) => set[name as keyof typeof set] !== undefined)
  const key = `${partsOf(tx).kind} ${names.join()}`
  let query = updates.get(key)
  if (!query) {
    query = tx.updateTable('kms_keys').set(set).where('id', '=', id).compile()
    updates.set(key, query)
  }
  const parameters = [...names.map((name) => set[name as keyof typeof set]), id]
  if (query.parameters.length !== parameters.length) throw new TypeError('a column that is no plain value')
  return { compile: () => ({ ...query, parameters }) }
}
