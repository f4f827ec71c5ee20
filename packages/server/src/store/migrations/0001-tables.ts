import { createIdentityTables } from './0001/identity.ts'
import { createKeypairTables } from './0001/keypairs.ts'
import { createKeyTables } from './0001/kms.ts'
import { createSystemTables } from './0001/system.ts'
import type { Migration } from './migration.ts'

/** The tables of every domain, as of the first release. */
export const tables: Migration = Object.freeze<Migration>({
  name: '0001-tables',
  async run(db, bytes) {
    await createSystemTables(db, bytes)
    await createIdentityTables(db, bytes)
    await createKeyTables(db, bytes)
    await createKeypairTables(db, bytes)
  },
})
