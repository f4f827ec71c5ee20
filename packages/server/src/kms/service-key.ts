import { whenReady } from '../base/when-ready.ts'
import { DEFAULT_KEY_SPEC, generateMaterial, knownKeySpec, loadMaterial } from '../crypto/algorithms/index.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Loader, ReadHandle, WriteHandle } from '../store/store.ts'
import { insertKey, type NewKey, newKey, type PreparedKey, prepareKey } from './create.ts'
import { type KeyVersion, loadVersion } from './versions.ts'

/**
 * A key that the service makes for itself, one an account, region and part of the service, when it is first needed. It is
 * shown like any other; only the service uses it, and nobody changes it (see `keyFor`).
 */
export interface ServiceKey {
  readonly keyId: string
  readonly versionId: string
}

interface Found {
  readonly key: ServiceKey | undefined
}

/** The service key, or undefined while there is none. */
export function findServiceKey(
  cache: Loader,
  accountUid: string,
  region: string,
  service: string,
): ServiceKey | undefined | Promise<ServiceKey | undefined> {
  const found = cache.get<Found>(
    accountUid,
    `kms:service-key:${region}:${service}`,
    async (db) => ({ key: await readServiceKey(db, accountUid, region, service) }),
    ({ key }) => key === undefined,
  )
  return whenReady(found, ({ key }) => key)
}

async function readServiceKey(
  db: ReadHandle | WriteHandle,
  accountUid: string,
  region: string,
  service: string,
): Promise<ServiceKey | undefined> {
  const row = await db
    .selectFrom('kms_keys')
    .select(['id', 'primary_version_id'])
    .where('account_uid', '=', accountUid)
    .where('region', '=', region)
    .where('service', '=', service)
    .orderBy('created_at')
    .executeTakeFirst()
  return row?.primary_version_id ? { keyId: row.id, versionId: row.primary_version_id } : undefined
}

/** A service key that is not stored yet, ready to encrypt. */
export interface NewServiceKey {
  readonly key: NewKey
  readonly prepared: PreparedKey
  readonly version: KeyVersion
}

export async function makeServiceKey(
  keyring: Keyring,
  of: { readonly accountUid: string; readonly region: string },
  service: string,
): Promise<NewServiceKey> {
  const kind = knownKeySpec(DEFAULT_KEY_SPEC)
  const bytes = await generateMaterial(kind)
  const material = loadMaterial(kind, bytes)
  const key: NewKey = {
    ...newKey(
      { ...of, creator: CREATOR },
      { description: `made by the service for its ${service}`, rotation: { on: false, intervalS: null } },
    ),
    service,
  }
  const prepared = prepareKey(keyring, of.accountUid, bytes)
  const { keyId, version } = prepared
  return {
    key,
    prepared,
    version: {
      id: version.id,
      keyId,
      accountUid: of.accountUid,
      createdAt: 0,
      uses: 0,
      material: () => material,
    },
  }
}

const CREATOR = 'keyward'

/** Stores it, or answers the version of the one that another call has stored meanwhile. */
export async function insertServiceKey(
  tx: WriteHandle,
  { key, prepared, version }: NewServiceKey,
  now: number,
): Promise<KeyVersion> {
  const there = await readServiceKey(tx, key.accountUid, key.region, key.service ?? '')
  if (!there) {
    await insertKey(tx, key, prepared, now)
    return version
  }
  const stored = await loadVersion(tx, there.versionId)
  if (!stored) throw new Error('a service key without its version')
  return stored
}
