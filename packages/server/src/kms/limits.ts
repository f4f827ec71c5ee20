import { refuse } from '../base/problem.ts'
import type { ReadHandle } from '../store/store.ts'

/** Versions of one key (reference: alibaba-kms.md C.3, G.4). */
export const VERSIONS_PER_KEY = 50

/** Tags of one key (reference: alibaba-kms.md C.4, H-38). */
export const TAGS_PER_KEY = 20

/**
 * What one account may have in a region. The cloud's own figures (200 keys, 300 aliases) belong to its shared service;
 * these only keep a runaway script from filling the disk.
 */
export const ACCOUNT_LIMITS = Object.freeze({ keys: 10_000, aliases: 10_000 })

/** Keys or aliases that an account has, whatever their state. */
export async function countOf(
  db: ReadHandle,
  table: 'kms_keys' | 'kms_aliases',
  accountUid: string,
  region: string,
): Promise<number> {
  const { total } = await db
    .selectFrom(table)
    .select((e) => e.fn.countAll<number>().as('total'))
    .where('account_uid', '=', accountUid)
    .where('region', '=', region)
    .executeTakeFirstOrThrow()
  return Number(total)
}

/**
 * Raises `LimitExceeded` when the account has as many as it may. Asked before the transaction: counting in it would let
 * every two writers of an account fail each other on PostgreSQL, and a few keys too many do no harm.
 */
export async function assertBelowLimit(
  db: ReadHandle,
  what: 'keys' | 'aliases',
  accountUid: string,
  region: string,
): Promise<void> {
  const table = what === 'keys' ? 'kms_keys' : 'kms_aliases'
  if ((await countOf(db, table, accountUid, region)) >= ACCOUNT_LIMITS[what]) {
    throw refuse({ code: 'LimitExceeded', what: what === 'keys' ? 'Key' : 'Alias' })
  }
}
