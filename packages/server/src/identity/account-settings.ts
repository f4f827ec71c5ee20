import type { ReadHandle, WriteHandle } from '../store/store.ts'

/** What an account says of itself, and what the organization says of a member, or of itself under its management account. */
export type SettingName = OrganizationSetting | 'password-policy' | 'security-preference'
type OrganizationSetting = (typeof OF_ORGANIZATION)[number]
const OF_ORGANIZATION = ['payer', 'registered-contact', 'resource-directory'] as const
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

/** What the accounts that have set anything have set, by their uids. */
export async function readSettings(db: ReadHandle, name: SettingName): Promise<ReadonlyMap<string, Values>> {
  const rows = await db.selectFrom('account_settings').selectAll().where('name', '=', name).execute()
  return new Map(rows.map(({ account_uid, value }) => [account_uid, JSON.parse(value) as Values]))
}

/** Forgets what the organization says of one account, or of all. */
export async function forgetOrganizationSettings(tx: WriteHandle, account?: string): Promise<void> {
  const settings = tx.deleteFrom('account_settings').where('name', 'in', [...OF_ORGANIZATION])
  await (account === undefined ? settings : settings.where('account_uid', '=', account)).execute()
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
