import { type SqlBool, sql } from 'kysely'
import type { SealLabel } from '../crypto/sealed-bytes.ts'
import type { ReadHandle, WriteHandle } from './store.ts'

/**
 * A column of bytes that the keyring sealed. Each domain lists its own, so that all of them can be found: to be sealed
 * anew, and to be verified.
 */
export interface SealedColumn {
  readonly table:
    | 'access_keys'
    | 'kms_key_versions'
    | 'keypair_private_keys'
    | 'keypair_tasks'
    | 'secret_targets'
  readonly column: string
  /** Up to `limit` rows whose id comes after this one, in the order of their ids. */
  page(
    db: ReadHandle | WriteHandle,
    after: string,
    limit: number,
    only?: SealedFilter,
  ): Promise<readonly SealedRow[]>
}

export interface SealedRow {
  readonly id: string
  readonly accountUid: string
  readonly sealed: Uint8Array
  readonly label: SealLabel
}

/** Only rows whose sealed bytes begin with this byte. */
export interface SealedFilter {
  readonly firstByte: Uint8Array
}

/** The condition of a filter, in the SQL of both databases. */
export function beginsWith(column: string, only: SealedFilter | undefined) {
  if (!only) return sql<SqlBool>`1 = 1`
  return sql<SqlBool>`substr(${sql.ref(column)}, 1, 1) = ${Buffer.from(only.firstByte)}`
}
