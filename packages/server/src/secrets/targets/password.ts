import type { Keyring } from '../../crypto/keyring.ts'
import type { SealLabel } from '../../crypto/sealed-bytes.ts'

/** What the administrator's password of a target is bound to. */
export interface PasswordOwner {
  readonly id: string
  readonly account_uid: string
}

export function targetLabel({ id, account_uid }: PasswordOwner): SealLabel {
  return { what: 'target-password', owner: account_uid, id }
}

export function sealPassword(
  keyring: Pick<Keyring, 'seal'>,
  owner: PasswordOwner,
  password: string,
): Uint8Array {
  const plain = Buffer.from(password)
  try {
    return keyring.seal(plain, targetLabel(owner))
  } finally {
    plain.fill(0)
  }
}

/** Raises `Unavailable` when the stored password is not what was sealed. */
export function openPassword(
  keyring: Pick<Keyring, 'open'>,
  target: PasswordOwner & { readonly sealed_password: Uint8Array },
): string {
  const plain = keyring.open(target.sealed_password, targetLabel(target))
  try {
    return plain.toString('utf8')
  } finally {
    plain.fill(0)
  }
}
