import { createSecretKey, hash } from 'node:crypto'
import type { Keyring } from '../crypto/keyring.ts'
import { newAccessKeyId, newAccessKeySecret } from './ids.ts'
import type { AccessKeyCredential, Caller } from './principal.ts'

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
