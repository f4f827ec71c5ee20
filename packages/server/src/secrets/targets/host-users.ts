import type { ReadHandle, WriteHandle } from '../../store/store.ts'

/** The users of a registered host that managed secrets may have; none where nothing is said. */
export async function hostUsers(
  db: ReadHandle | WriteHandle,
  accountUid: string,
  host: string,
): Promise<readonly string[]> {
  const row = await db
    .selectFrom('secret_host_users')
    .select('users')
    .where('account_uid', '=', accountUid)
    .where('host', '=', host)
    .executeTakeFirst()
  return row ? (JSON.parse(row.users) as string[]) : []
}

/** The users of every host of an account that lists some, by the id of the host. */
export async function allHostUsers(
  db: ReadHandle,
  accountUid: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db
    .selectFrom('secret_host_users')
    .select(['host', 'users'])
    .where('account_uid', '=', accountUid)
    .execute()
  return new Map(rows.map(({ host, users }) => [host, JSON.parse(users) as string[]]))
}

/** Says which users of a host secrets may manage; an empty list takes the row away. */
export async function setHostUsers(
  tx: WriteHandle,
  accountUid: string,
  host: string,
  users: readonly string[],
): Promise<void> {
  await tx
    .deleteFrom('secret_host_users')
    .where('account_uid', '=', accountUid)
    .where('host', '=', host)
    .execute()
  if (users.length === 0) return
  const names = JSON.stringify([...new Set(users)].sort())
  await tx.insertInto('secret_host_users').values({ account_uid: accountUid, host, users: names }).execute()
}
