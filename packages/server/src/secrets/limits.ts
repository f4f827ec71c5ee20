import { refuse } from '../base/problem.ts'
import type { ReadHandle } from '../store/store.ts'

/** Versions of one secret; the oldest without a stage goes when there are more (reference: alibaba-kms.md D, H-31). */
export const VERSIONS_PER_SECRET = 10

/** Stages of one secret. `ACSPrevious`, which the service sets by itself, is never refused a place. */
export const STAGES_PER_SECRET = 8

/** Longest value, bytes of UTF-8. */
export const LONGEST_VALUE = 30_720

/** What one account may have in a region: only keeps a runaway script from filling the disk. */
export const SECRETS_PER_ACCOUNT = 10_000

/** Raises `LimitExceeded` when the account has as many as it may. Asked before the transaction, as for keys. */
export async function assertBelowLimit(db: ReadHandle, accountUid: string, region: string): Promise<void> {
  const { total } = await db
    .selectFrom('secrets')
    .select((e) => e.fn.countAll<number>().as('total'))
    .where('account_uid', '=', accountUid)
    .where('region', '=', region)
    .executeTakeFirstOrThrow()
  if (Number(total) >= SECRETS_PER_ACCOUNT) throw refuse({ code: 'LimitExceeded', what: 'Secret' })
}
