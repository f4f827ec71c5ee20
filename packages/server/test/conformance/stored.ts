import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What every call writes, whatever becomes of it: the audit, nonces, and when something was last used. */
const OF_EVERY_CALL =
  /^(audit_.*|nonce.*|access_key_uses|clocks|keyring_uses|kms_key_uses|account_locks|jobs|meta|sqlite_.*)$/

/** Reads what a service has stored; two answers are alike when nothing was changed between. */
export function openStored(data: string): { read(): string; close(): void } {
  const database = new DatabaseSync(join(data, 'keyward.db'), { readOnly: true })
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' order by name")
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !OF_EVERY_CALL.test(name))
  return {
    read() {
      const hash = createHash('sha256')
      for (const table of tables)
        for (const row of database.prepare(`select * from "${table}"`).iterate())
          hash.update(
            JSON.stringify(Object.values(row as object), (_, value) =>
              typeof value === 'bigint' ? String(value) : value,
            ),
          )
      return hash.digest('hex')
    },
    close: () => database.close(),
  }
}
