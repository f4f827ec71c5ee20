import type { ReadHandle, WriteHandle } from '../store/store.ts'

export type SettingName = 'password-policy' | 'security-preference'
type Values = Readonly<Record<string, boolean | number | string | readonly string[]>>

/** What an account has set; empty where it has set nothing. */
export async function readSetting(db: ReadHandle, account: string, name: SettingName): Promise<Values> {
  const row = await db
    .selectFrom('account_settings')
    .select('value')
    .where('account_uid', '=', account)
    .where('name', '=', name)
    .executeTakeFirst()
  return row ? (JSON.parse(row.value) as Values) : {}
}

/** Sets members; those that are left out stay as they are. Gives what is set then. */
export async function changeSetting(
  tx: WriteHandle,
  account: string,
  name: SettingName,
  change: Values,
): Promise<Values> {
  const value = { ...(await readSetting(tx, account, name)), ...change }
  await tx
    .deleteFrom('account_settings')
    .where('account_uid', '=', account)
    .where('name', '=', name)
    .execute()
  const row = { account_uid: account, name, value: JSON.stringify(value) }
  await tx.insertInto('account_settings').values(row).execute()
  return value
}
