import { createSecretKey, hash } from 'node:crypto'
import { refuse } from '../base/problem.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { newAccessKeyId, newAccessKeySecret } from './ids.ts'
import { QUOTAS } from './limits.ts'
import type { AccessKeyCredential, Caller } from './principal.ts'
import { type Author, assertBelowLimit, chunksInTurns, fresh, insertRows, updateRow } from './rows.ts'

/** An access key in clear: shown once, to the one who asked for it. */
export interface NewAccessKey {
  readonly id: string
  readonly secret: string
}

export function generateAccessKey(): NewAccessKey {
  return { id: newAccessKeyId(), secret: newAccessKeySecret() }
}

/**
 * Whose key it is: bound to the sealed bytes, so that a secret moved to another row, user or account does not open; above
 * all, no user's key becomes one of root by a change of its row.
 */
export interface AccessKeyOwner {
  readonly accountUid: string
  /** Null: the root identity. */
  readonly userId: string | null
  readonly accessKeyId: string
}

export function sealSecret(
  keyring: Pick<Keyring, 'seal'>,
  owner: AccessKeyOwner,
  secret: string,
): Uint8Array {
  const plain = Buffer.from(secret, 'utf8')
  try {
    return keyring.seal(plain, accessKeyLabel(owner))
  } finally {
    plain.fill(0)
  }
}

/** The credential as the wires use it. Raises `Unavailable` when the stored secret is not what was sealed. */
export function openCredential(
  keyring: Pick<Keyring, 'open'>,
  stored: { sealedSecret: Uint8Array; active: boolean },
  caller: Caller,
): AccessKeyCredential {
  const userId = caller.kind === 'root' ? null : caller.iamId
  const owner = { accountUid: caller.account.uid, userId, accessKeyId: caller.accessKeyId }
  const plain = keyring.open(stored.sealedSecret, accessKeyLabel(owner))
  const ampersand = Buffer.concat([plain, Buffer.from('&')])
  const v4 = Buffer.concat([Buffer.from('aliyun_v4'), plain])
  try {
    return Object.freeze({
      id: caller.accessKeyId,
      active: stored.active,
      secret: createSecretKey(plain),
      secretAmpersand: createSecretKey(ampersand),
      secretV4: createSecretKey(v4),
      caller,
    })
  } finally {
    plain.fill(0)
    ampersand.fill(0)
    v4.fill(0)
  }
}

/** Tells whether two secrets are the same without keeping either: SHA-256, hex. Stays inside the planning of a world. */
export function secretFingerprint(secret: Uint8Array | string): string {
  return hash('sha256', secret)
}

/** A secret in clear, for a file that its owner asked for. */
export function openSecret(
  keyring: Pick<Keyring, 'open'>,
  owner: AccessKeyOwner,
  sealedSecret: Uint8Array,
): string {
  const plain = keyring.open(sealedSecret, accessKeyLabel(owner))
  try {
    return plain.toString('utf8')
  } finally {
    plain.fill(0)
  }
}

export function openFingerprint(
  keyring: Pick<Keyring, 'open'>,
  owner: AccessKeyOwner,
  sealedSecret: Uint8Array,
): string {
  const plain = keyring.open(sealedSecret, accessKeyLabel(owner))
  try {
    return secretFingerprint(plain)
  } finally {
    plain.fill(0)
  }
}

export function accessKeyLabel({ accountUid, userId, accessKeyId }: AccessKeyOwner) {
  const id = userId === null ? `root/${accessKeyId}` : `user/${userId}/${accessKeyId}`
  return { what: 'access-key-secret', owner: accountUid, id }
}

/** An access key on its way into the directory, its secret sealed before the transaction. */
export interface SealedAccessKey {
  readonly id: string
  /** Null: a key of the account's root identity. */
  readonly userId: string | null
  readonly sealed: Uint8Array
  /** `active` when it is left out. */
  readonly status?: AccessKeyStatus | undefined
  /** The name by which an apply file knows a key that it asked to generate. */
  readonly label?: string | null | undefined
}

export type AccessKeyStatus = 'active' | 'inactive'

/** Makes access keys of one account. Raises `IdentityQuota` when an owner would have more than two. */
export async function createAccessKeys(
  tx: WriteHandle,
  account: string,
  keys: readonly SealedAccessKey[],
  author: Author,
): Promise<void> {
  for (const owner of author.by === 'file' ? [] : new Set(keys.map(({ userId }) => userId))) {
    const added = keys.filter(({ userId }) => userId === owner).length
    await assertBelowLimit(author, 'access-key', QUOTAS.accessKeysPerOwner, added, () =>
      keysOf(tx, account, owner).then(({ length }) => length),
    )
  }
  await insertRows(
    tx,
    'access_keys',
    keys.map(({ id, userId, sealed, status = 'active', label = null }) => ({
      ...fresh(author),
      id,
      account_uid: account,
      user_id: userId,
      sealed_secret: sealed,
      status,
      label,
    })),
  )
}

/** Changes an access key: whether it signs, or its secret. */
export async function updateAccessKey(
  tx: WriteHandle,
  id: string,
  {
    status,
    sealed,
  }: { readonly status?: AccessKeyStatus | undefined; readonly sealed?: Uint8Array | undefined },
  author: Author,
): Promise<void> {
  await updateRow(tx, 'access_keys', id, {
    ...(author.by === 'file' && { declared_by: author.by }),
    status,
    sealed_secret: sealed,
  })
}

/** Deletes an access key: from then on nothing is signed with it. */
export function deleteAccessKey(tx: WriteHandle, id: string): Promise<void> {
  return deleteAccessKeys(tx, [id])
}

export async function deleteAccessKeys(tx: WriteHandle, ids: readonly string[]): Promise<void> {
  for await (const part of chunksInTurns(ids)) {
    await tx.deleteFrom('access_key_uses').where('id', 'in', part).execute()
    await tx.deleteFrom('access_keys').where('id', 'in', part).execute()
  }
}

/** The keys of a user, or of the root identity, in the order in which they were made. */
export function keysOf(db: ReadHandle, account: string, userId: string | null) {
  return db
    .selectFrom('access_keys')
    .select(['id', 'status', 'created_at', 'version'])
    .where('account_uid', '=', account)
    .where('user_id', userId === null ? 'is' : '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** A key of an owner. Raises `IdentityNotFound` when the owner has no such key, whoever else may have it. */
export async function assertKeyOf(db: ReadHandle, account: string, userId: string | null, id: string) {
  const key = (await keysOf(db, account, userId)).find((one) => one.id === id)
  if (!key) throw refuse({ code: 'IdentityNotFound', entity: 'access-key' })
  return key
}
