import { createSecretKey, randomUUID } from 'node:crypto'
import { openUnder, type SealLabel, sealUnder } from '../crypto/sealed-bytes.ts'

/*
 * A secret's value as it is stored: AES-256-GCM under a data key of its own, in the format of crypto/sealed-bytes.ts for
 * a key that stands alone. The label names the account, the secret and the version's row, so that no row can stand for
 * another. The data key is stored beside it as KMS encrypted it (kms/blob.ts), with a context of the same names.
 */

/** Whose value it is. */
export interface ValueOwner {
  readonly accountUid: string
  readonly secretId: string
  /** Id of the version's row. */
  readonly rowId: string
}

/** A version that is not stored yet: all that is random or slow. */
export interface SealedVersion {
  readonly rowId: string
  readonly versionId: string
  readonly dataType: string
  readonly sealedValue: Uint8Array
  /** As KMS encrypted it. */
  readonly dataKey: string
}

/** Seals a value; the caller wipes the data key. */
export function sealValue(of: ValueOwner, value: string, dataKey: Uint8Array): Uint8Array {
  const plain = Buffer.from(value)
  const sealed = sealUnder(createSecretKey(dataKey), 0, plain, valueLabel(of))
  plain.fill(0)
  return sealed
}

/** Opens a value; the caller wipes the data key. Raises `Unavailable` where it is not that one's. */
export function openValue(of: ValueOwner, sealed: Uint8Array, dataKey: Uint8Array): string {
  const plain = openUnder(createSecretKey(dataKey), 0, sealed, valueLabel(of))
  const value = plain.toString('utf8')
  plain.fill(0)
  return value
}

function valueLabel({ accountUid, rowId, secretId }: ValueOwner): SealLabel {
  return { what: 'secret-value', owner: accountUid, id: secretId, version: rowId }
}

/** What the encrypted data key of a value is bound to. */
export function dataKeyContext({ rowId, secretId }: ValueOwner): Readonly<Record<string, string>> {
  return { secret: secretId, version: rowId }
}

/** Id of a row of a version that is made. */
export const newRowId = (): string => randomUUID()
