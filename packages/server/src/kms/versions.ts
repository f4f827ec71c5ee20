import { randomUUID } from 'node:crypto'
import { refuse } from '../base/problem.ts'

import { knownKeySpec, type LoadedKey, loadMaterial } from '../crypto/algorithms/index.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { SealLabel } from '../crypto/sealed-bytes.ts'
import type { Loader, ReadHandle, WriteHandle } from '../store/store.ts'
import type { Key } from './keys.ts'
import { VERSIONS_PER_KEY } from './limits.ts'

/** One version of a key. Who finds it has not opened it: that takes the keyring. */
export interface KeyVersion {
  readonly id: string
  readonly keyId: string
  readonly accountUid: string
  readonly createdAt: number
  /** Messages that it had encrypted when it was loaded; see uses.ts. */
  readonly uses: number
  /** The material, opened the first time. Undefined while an imported key waits for it. */
  material(keyring: Pick<Keyring, 'open'>): LoadedKey | undefined
}

/** The version of this id, whichever account's it is, or undefined. */
export function findKeyVersion(
  cache: Loader,
  id: string,
): KeyVersion | undefined | Promise<KeyVersion | undefined> {
  return cache.find<KeyVersion>(`kms:version:${id}`, async (db) => {
    const value = await loadVersion(db, id)
    return value && { accountUid: value.accountUid, item: value.keyId, value }
  })
}

/** The version of this id from the database. */
export async function loadVersion(db: ReadHandle | WriteHandle, id: string): Promise<KeyVersion | undefined> {
  const row = await db
    .selectFrom('kms_key_versions as v')
    .innerJoin('kms_keys as k', 'k.id', 'v.key_id')
    .select([
      'v.id',
      'v.key_id',
      'v.account_uid',
      'v.sealed_material',
      'v.created_at',
      'v.uses',
      'k.key_spec',
    ])
    .where('v.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  return Object.freeze<KeyVersion>({
    id: row.id,
    keyId: row.key_id,
    accountUid: row.account_uid,
    createdAt: row.created_at,
    uses: Number(row.uses),
    material: openOnce(row.key_spec, row.sealed_material, {
      accountUid: row.account_uid,
      keyId: row.key_id,
      versionId: row.id,
    }),
  })
}

/** Whose material it is. */
interface Owner {
  readonly accountUid: string
  readonly keyId: string
  readonly versionId: string
}

function openOnce(specName: string, sealed: Uint8Array | null, owner: Owner): KeyVersion['material'] {
  let opened: LoadedKey | undefined
  return (keyring) => {
    if (sealed !== null) opened ??= openMaterial(keyring, specName, sealed, owner)
    return opened
  }
}

function openMaterial(
  keyring: Pick<Keyring, 'open'>,
  specName: string,
  sealed: Uint8Array,
  owner: Owner,
): LoadedKey {
  const spec = knownKeySpec(specName)
  const bytes = keyring.open(sealed, materialLabel(owner))
  try {
    return loadMaterial(spec, bytes)
  } finally {
    bytes.fill(0)
  }
}

/** Seals material for its version's row, and wipes it. */
export function sealMaterial(keyring: Keyring, material: Uint8Array, owner: Owner): Uint8Array {
  const sealed = keyring.seal(material, materialLabel(owner))
  material.fill(0)
  return sealed
}

/** What sealed key material is bound to. */
export function materialLabel({ accountUid, keyId, versionId }: Owner): SealLabel {
  return { what: 'key-material', owner: accountUid, id: keyId, version: versionId }
}

/** A version that is not stored yet: all that is random or slow. */
export interface PreparedVersion {
  readonly id: string
  readonly sealedMaterial: Uint8Array | null
}

/** A version with this material; null: one that waits for an import. */
export function prepareVersion(
  keyring: Keyring,
  accountUid: string,
  keyId: string,
  material: Uint8Array | null,
): PreparedVersion {
  const id = randomUUID()
  const owner = { accountUid, keyId, versionId: id }
  return { id, sealedMaterial: material && sealMaterial(keyring, material, owner) }
}

export async function insertVersion(
  tx: WriteHandle,
  key: { readonly id: string; readonly accountUid: string },
  version: PreparedVersion,
  now: number,
  byHand = false,
): Promise<void> {
  await tx
    .insertInto('kms_key_versions')
    .values({
      id: version.id,
      key_id: key.id,
      account_uid: key.accountUid,
      sealed_material: version.sealedMaterial,
      by_hand: byHand ? 1 : 0,
      created_at: now,
    })
    .execute()
}

/** A version as the lists show it. */
export interface VersionSummary {
  readonly id: string
  readonly createdAt: number
}

/** One page of a key's versions, newest last, and how many there are. Pages count from 1. */
export async function listVersions(
  db: ReadHandle,
  keyId: string,
  page: number,
  size: number,
): Promise<{ readonly versions: readonly VersionSummary[]; readonly total: number }> {
  const versions = db.selectFrom('kms_key_versions').where('key_id', '=', keyId)
  const { total } = await versions
    .select((e) => e.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const rows = await versions
    .select(['id', 'created_at'])
    .orderBy('created_at')
    .orderBy('id')
    .limit(size)
    .offset((page - 1) * size)
    .execute()
  return { versions: rows.map((row) => ({ id: row.id, createdAt: row.created_at })), total: Number(total) }
}

const SEVEN_DAYS = 7 * 86_400_000

/**
 * Raises `OperationRejected` when the youngest version that was made by hand is less than seven days old, `LimitExceeded`
 * when there are as many as a key may have (reference: alibaba-kms.md C.3). The first version does not count, nor do
 * those of rotations: the seven days lie between calls.
 */
export async function assertMayGrow(db: ReadHandle, key: Pick<Key, 'id'>, now: number): Promise<void> {
  const { count, byHandAt } = await countVersions(db, key.id)
  if (count >= VERSIONS_PER_KEY) throw refuse({ code: 'LimitExceeded', what: 'KeyVersion' })
  if (byHandAt !== undefined && now - byHandAt < SEVEN_DAYS) {
    throw refuse({
      code: 'OperationRejected',
      detail: 'The last version made by this call is not seven days old.',
    })
  }
}

export async function countVersions(
  db: ReadHandle,
  keyId: string,
): Promise<{ readonly count: number; readonly byHandAt?: number }> {
  const row = await db
    .selectFrom('kms_key_versions')
    .select((e) => [
      e.fn.countAll<number>().as('count'),
      e.fn.max('created_at').filterWhere('by_hand', '=', 1).as('byHandAt'),
    ])
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow()
  return { count: Number(row.count), ...(row.byHandAt === null ? {} : { byHandAt: Number(row.byHandAt) }) }
}
