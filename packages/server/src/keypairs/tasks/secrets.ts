import type { Keyring } from '../../crypto/keyring.ts'
import type { SealLabel } from '../../crypto/sealed-bytes.ts'
import type { PrivateKey } from '../formats/private-key.ts'
import { readPrivateKey } from '../formats/read-private-key.ts'
import type { Login } from '../hosts/connection.ts'

/** What a task needs and nobody else may see, as it is sealed with its row. Texts of private keys are PEM or OpenSSH. */
export interface TaskSecrets {
  readonly password?: string
  /** Private key to log in with. */
  readonly loginKey?: string
  /** Private half of the key to add, where it is at hand: then the proof is a login. */
  readonly newKey?: string
  /** Security token of the session that submitted the task: until it is decided again. */
  readonly securityToken?: string
}

/** Sealed under the keyring, bound to the account and the task. */
export function sealSecrets(
  keyring: Keyring,
  task: { readonly id: string; readonly account_uid: string },
  secrets: TaskSecrets,
): Uint8Array {
  const plain = Buffer.from(JSON.stringify(secrets))
  const sealed = keyring.seal(plain, taskLabel(task))
  plain.fill(0)
  return sealed
}

export function openSecrets(
  keyring: Keyring,
  task: { readonly id: string; readonly account_uid: string; readonly sealed_secrets: Uint8Array | null },
): TaskSecrets {
  if (task.sealed_secrets === null) return {}
  const plain = keyring.open(task.sealed_secrets, taskLabel(task))
  const secrets = JSON.parse(plain.toString('utf8')) as TaskSecrets
  plain.fill(0)
  return secrets
}

/** Undefined: the task has no way to log in. */
export async function loginOf(secrets: TaskSecrets): Promise<Login | undefined> {
  if (secrets.password !== undefined) return { kind: 'password', password: secrets.password }
  if (secrets.loginKey !== undefined) return { kind: 'key', key: await readPrivateKey(secrets.loginKey) }
  return undefined
}

export function newKeyOf({ newKey }: TaskSecrets): Promise<PrivateKey> | undefined {
  return newKey === undefined ? undefined : readPrivateKey(newKey)
}

export function taskLabel({
  id,
  account_uid,
}: {
  readonly id: string
  readonly account_uid: string
}): SealLabel {
  return { what: 'keypair-task', owner: account_uid, id }
}
