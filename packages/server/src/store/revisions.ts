import type { BumpRevision, ReadHandle, WriteHandle } from './store.ts'

/** See {@link BumpRevision}. The first bump of an account makes its row. */
export const bumpRevision: BumpRevision = async (tx, accountUid) => {
  const { numUpdatedRows } = await tx
    .updateTable('revisions')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('account_uid', '=', accountUid)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) {
    await tx.insertInto('revisions').values({ account_uid: accountUid, revision: 1 }).execute()
  }
}

/** As {@link bumpRevision}, for every account that anything is held of: rare, and every cache begins anew. */
export async function bumpEveryRevision(tx: WriteHandle): Promise<void> {
  await tx
    .updateTable('revisions')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .execute()
}

/** The account's revision; 0 before its first bump. */
export async function readRevision(db: ReadHandle, accountUid: string): Promise<number> {
  const row = await db
    .selectFrom('revisions')
    .select('revision')
    .where('account_uid', '=', accountUid)
    .executeTakeFirst()
  return row?.revision ?? 0
}

/** Revisions of the accounts, by uid. An account without a row is left out: its revision is 0. */
export async function readRevisions(
  db: ReadHandle,
  accountUids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  // A fixed length of list, the last one filled up with repetitions, so that few texts of the query exist.
  for (let at = 0; at < accountUids.length; at += LIST) {
    const part = accountUids.slice(at, at + LIST)
    while (part.length < LIST && part.length > 1) part.push(part[0]!)
    const rows = await db
      .selectFrom('revisions')
      .select(['account_uid', 'revision'])
      .where('account_uid', 'in', part)
      .execute()
    for (const row of rows) found.set(row.account_uid, row.revision)
  }
  return found
}

const LIST = 200
