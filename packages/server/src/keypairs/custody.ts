import { randomUUID } from 'node:crypto'
import type { Insertable, Selectable } from 'kysely'
import type { Keyring } from '../crypto/keyring.ts'
import { createRootKey } from '../crypto/root-key.ts'
import type { SealLabel } from '../crypto/sealed-bytes.ts'
import type { KeypairTables } from '../store/schema/keypairs.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'

/** A private key in custody. */
export type CustodyRow = Readonly<Selectable<KeypairTables['keypair_private_keys']>>
export type NewCustodyRow = Insertable<KeypairTables['keypair_private_keys']>

/** What a private key is sealed under. `default`: the keyring. */
export type Protection =
  | { readonly kind: 'default' }
  | {
      readonly kind: 'kms'
      readonly keyId: string
      /** 32 bytes in clear; {@link sealPrivateKey} wipes them. */
      readonly dataKey: Buffer
      /** The same as KMS encrypted it. */
      readonly blob: string
    }

/** Whose private key it is. */
export interface Custodian {
  readonly accountUid: string
  readonly keypairId: string
  readonly publicLine: string
}

/**
 * Seals the text of a private key: in the format of crypto/sealed-bytes.ts, under the keyring or under the data key, bound
 * to the account, the pair and the public key, so that no row can stand for another.
 */
export function sealPrivateKey(
  keyring: Keyring,
  of: Custodian,
  text: string,
  protection: Protection,
  now: number,
): NewCustodyRow {
  const plain = Buffer.from(text)
  const sealing = protection.kind === 'kms' ? createRootKey(protection.dataKey) : keyring
  const sealed = sealing.seal(plain, custodyLabel(of))
  plain.fill(0)
  if (protection.kind === 'kms') protection.dataKey.fill(0)
  return {
    id: randomUUID(),
    keypair_id: of.keypairId,
    account_uid: of.accountUid,
    public_key: of.publicLine,
    encryption: protection.kind,
    kms_key_id: protection.kind === 'kms' ? protection.keyId : null,
    data_key: protection.kind === 'kms' ? protection.blob : null,
    sealed,
    created_at: now,
  }
}

/** The text of a private key in custody. `dataKey` for one sealed under a KMS key; it is wiped. */
export function openPrivateKey(keyring: Keyring, row: CustodyRow, dataKey?: Buffer): string {
  if ((row.encryption === 'kms') !== (dataKey !== undefined)) throw new Error('a private key without its key')
  const sealing = dataKey ? createRootKey(dataKey) : keyring
  const label = custodyLabel({
    accountUid: row.account_uid,
    keypairId: row.keypair_id,
    publicLine: row.public_key,
  })
  try {
    const plain = sealing.open(row.sealed, label)
    const text = plain.toString('utf8')
    plain.fill(0)
    return text
  } finally {
    dataKey?.fill(0)
  }
}

export function custodyLabel({ accountUid, keypairId, publicLine }: Custodian): SealLabel {
  // The blob alone: the comment of a line says nothing of the key.
  const version = publicLine.split(' ')[1] ?? ''
  return { what: 'keypair-private-key', owner: accountUid, id: keypairId, version }
}

/** The private key of the pair's present public key. */
export function findCustody(
  db: ReadHandle | WriteHandle,
  pair: { readonly private_key_id: string | null },
): Promise<CustodyRow | undefined> {
  if (pair.private_key_id === null) return Promise.resolve(undefined)
  return db
    .selectFrom('keypair_private_keys')
    .selectAll()
    .where('id', '=', pair.private_key_id)
    .executeTakeFirst()
}

/** Every private key that a pair has in custody, also those of earlier public keys. */
export function listCustody(db: ReadHandle | WriteHandle, keypairId: string): Promise<CustodyRow[]> {
  return db
    .selectFrom('keypair_private_keys')
    .selectAll()
    .where('keypair_id', '=', keypairId)
    .orderBy('created_at')
    .execute()
}

/** Puts a private key into custody in the place of the one that belonged to the same public key. */
export async function insertCustody(tx: WriteHandle, row: NewCustodyRow): Promise<void> {
  const old = await listCustody(tx, row.keypair_id)
  const same = old.filter((one) => one.public_key === row.public_key)
  for (const { id } of same) await removeCustody(tx, id)
  await tx.insertInto('keypair_private_keys').values(row).execute()
}

/** Takes everything that a pair has in custody away for good. */
export async function clearCustody(tx: WriteHandle, keypairId: string): Promise<void> {
  for (const { id } of await listCustody(tx, keypairId)) await removeCustody(tx, id)
}

/** SQLite overwrites what is deleted, and its log with it (store/sqlite/log-file.ts). PostgreSQL does neither: SECURITY.md. */
export async function removeCustody(tx: WriteHandle, id: string): Promise<void> {
  await tx.deleteFrom('keypair_private_keys').where('id', '=', id).execute()
}
