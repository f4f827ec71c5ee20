import type { KeyObject } from 'node:crypto'
import { createSecretKey } from 'node:crypto'
import { type CompiledPolicies, compilePolicies, parsePolicy } from '@keyward/policy'
import type { RootKey, SealLabel } from '../crypto/root-key.ts'
import type { ReadHandle, RevisionCache } from '../store/store.ts'
import { keyArn } from './names.ts'

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport'

/** A key as decisions and work see it: frozen, cached under its account's revision. */
export interface Key {
  readonly id: string
  readonly arn: string
  readonly accountUid: string
  readonly creator: string
  readonly description: string
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly protectionLevel: string
  readonly state: KeyState
  readonly primaryVersionId: string | undefined
  /** The key policy as it was set. */
  readonly policyText: string
  readonly policy: CompiledPolicies
  readonly createdAt: number
  readonly deleteAt: number | undefined
  /** Version of the row. */
  readonly rowVersion: number
}

/** One version of a key with its material, ready for use. */
export interface KeyVersion {
  readonly id: string
  readonly keyId: string
  readonly accountUid: string
  readonly createdAt: number
  readonly material: KeyObject
}

/** A key that may be missing: the cache keeps absence too, under the account's revision. */
interface Found {
  readonly key: Key | undefined
}

/** The key of this id in this account and region, or undefined. */
export function findKey(
  cache: RevisionCache,
  accountUid: string,
  region: string,
  id: string,
): Key | undefined | Promise<Key | undefined> {
  const found = cache.get<Found>(accountUid, `kms:key:${id}`, async (db) => ({
    key: await loadKey(db, accountUid, region, id),
  }))
  return found instanceof Promise ? found.then((it) => it.key) : found.key
}

async function loadKey(
  db: ReadHandle,
  accountUid: string,
  region: string,
  id: string,
): Promise<Key | undefined> {
  const row = await db
    .selectFrom('kms_keys')
    .selectAll()
    .where('id', '=', id)
    .where('account_uid', '=', accountUid)
    .where('region', '=', region)
    .executeTakeFirst()
  if (!row) return undefined
  return Object.freeze({
    id: row.id,
    arn: keyArn(row.region, row.account_uid, row.id),
    accountUid: row.account_uid,
    creator: row.creator,
    description: row.description,
    spec: row.key_spec,
    usage: row.key_usage,
    origin: row.origin,
    protectionLevel: row.protection_level,
    state: row.state as KeyState,
    primaryVersionId: row.primary_version_id ?? undefined,
    policyText: row.policy,
    policy: compileKeyPolicy(row.policy),
    createdAt: row.created_at,
    deleteAt: row.delete_at ?? undefined,
    rowVersion: row.version,
  })
}

/** Compiles a key policy that was judged when it was set. Throws on one that was not: the key is then unusable. */
export function compileKeyPolicy(text: string): CompiledPolicies {
  const { document } = parsePolicy(text, { language: 'ram', type: 'key' })
  if (!document) throw new Error('a stored key policy cannot be read')
  return compilePolicies('ram', [{ name: 'default', document }])
}

/** The version of this id, whichever account's it is, or undefined. */
export function findKeyVersion(
  cache: RevisionCache,
  rootKey: RootKey,
  id: string,
): KeyVersion | undefined | Promise<KeyVersion | undefined> {
  return cache.find<KeyVersion>(`kms:version:${id}`, async (db) => {
    const row = await db.selectFrom('kms_key_versions').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row?.sealed_material) return undefined
    const bytes = rootKey.open(row.sealed_material, materialLabel(row.account_uid, row.key_id, row.id))
    const material = createSecretKey(bytes)
    bytes.fill(0)
    const version = {
      id: row.id,
      keyId: row.key_id,
      accountUid: row.account_uid,
      createdAt: row.created_at,
      material,
    }
    return { accountUid: row.account_uid, value: Object.freeze(version) }
  })
}

/** What sealed key material is bound to. */
export function materialLabel(accountUid: string, keyId: string, versionId: string): SealLabel {
  return { what: 'key-material', owner: accountUid, id: keyId, version: versionId }
}
