import type { Keyring } from '../../crypto/keyring.ts'
import type { ReadHandle } from '../../store/store.ts'
import type { ExtendedConfig } from '../types.ts'
import { CURRENT } from '../versions.ts'
import { openManaged } from './values.ts'

/** What the account of the other turn is called. */
export const CLONE = '_clone'

/** The target that the settings of a secret of a database name. */
export function instanceOf({ DBInstanceId, DBClusterId, InstanceId }: ExtendedConfig): string {
  return String(DBInstanceId ?? InstanceId ?? DBClusterId)
}

/**
 * The accounts that secrets of an account manage on a target, also secrets that wait for their end. `Rds` settings name no
 * account: its value does. One whose value does not open is passed over: it cannot rotate either.
 */
export async function managedAccounts(
  { store, keyring }: { readonly store: { readonly read: ReadHandle }; readonly keyring: Keyring },
  accountUid: string,
  instance: string,
): Promise<ReadonlySet<string>> {
  const rows = await store.read
    .selectFrom('secrets')
    .leftJoin('secret_stages', (join) =>
      join.onRef('secret_stages.secret_id', '=', 'secrets.id').on('secret_stages.stage', '=', CURRENT),
    )
    .select(['secrets.extended_config', 'secret_stages.version_row'])
    .where('secrets.account_uid', '=', accountUid)
    .where('secrets.type', 'in', ['Rds', 'Redis', 'PolarDB'])
    .execute()
  const names = new Set<string>()
  for (const { extended_config, version_row } of rows) {
    const config = JSON.parse(extended_config ?? '{}') as ExtendedConfig
    if (instanceOf(config) !== instance) continue
    const parts = { read: store.read, keyring }
    const value = config.AccountName
      ? undefined
      : await openManaged(parts, version_row).catch(() => undefined)
    const name = String(config.AccountName ?? value?.AccountName ?? '')
    names.add(name)
    if (config.SecretSubType === 'DoubleUsers')
      names.add(name.endsWith(CLONE) ? name.slice(0, -CLONE.length) : `${name}${CLONE}`)
  }
  names.delete('')
  return names
}
