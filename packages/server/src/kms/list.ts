import type { ReadHandle } from '../store/store.ts'
import { keyArn } from './names.ts'

/** One page of an account's keys, oldest first, and how many there are. Pages count from 1. */
export async function listKeys(
  db: ReadHandle,
  accountUid: string,
  region: string,
  page: number,
  size: number,
): Promise<{ keys: readonly { id: string; arn: string }[]; total: number }> {
  const keys = db.selectFrom('kms_keys').where('account_uid', '=', accountUid).where('region', '=', region)
  const { total } = await keys.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const offset = (page - 1) * size
  if (offset >= Number(total)) return { keys: [], total: Number(total) }
  const rows = await keys
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .limit(size)
    .offset(offset)
    .execute()
  return { keys: rows.map(({ id }) => ({ id, arn: keyArn(region, accountUid, id) })), total: Number(total) }
}
