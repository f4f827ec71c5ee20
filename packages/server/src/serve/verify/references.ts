import { sql } from 'kysely'
import type { ReadHandle } from '../../store/store.ts'
import { hasKeyring } from '../keyring/open.ts'
import { readRing } from '../keyring/rows.ts'
import { sealedColumns } from '../keyring/sealed-rows.ts'
import type { Damage } from './findings.ts'

/** Columns that name a row of another table: table, its key, the column, the other table. */
const REFERENCES = [
  ['kms_keys', 'id', 'primary_version_id', 'kms_key_versions', 'the version in use is missing'],
  ['kms_key_versions', 'id', 'key_id', 'kms_keys', 'its key is missing'],
  ['kms_aliases', 'name', 'key_id', 'kms_keys', 'its key is missing'],
  ['secret_versions', 'id', 'secret_id', 'secrets', 'its secret is missing'],
  ['secret_stages', 'stage', 'version_row', 'secret_versions', 'its version is missing'],
  ['keypairs', 'id', 'private_key_id', 'keypair_private_keys', 'its private key in custody is missing'],
  ['access_keys', 'id', 'user_id', 'users', 'its user is missing'],
] as const

const MOST = 100

/** Rows that name a row that is not there. Each table is asked in one statement: a service may be at work. */
export async function missingRows(db: ReadHandle): Promise<readonly Damage[]> {
  const found: Damage[] = []
  for (const [table, key, column, other, what] of REFERENCES) {
    const { rows } = await sql<{ name: string }>`
      select t.${sql.ref(key)} as name from ${sql.table(table)} as t
      left join ${sql.table(other)} as o on o.id = t.${sql.ref(column)}
      where t.${sql.ref(column)} is not null and o.id is null limit ${sql.lit(MOST)}`.execute(db)
    for (const { name } of rows) found.push({ part: 'reference', table, row: name, what })
  }
  const { rows } = await sql<{ name: string }>`
    select k.id as name from kms_keys as k
    where not exists (select 1 from kms_key_versions as v where v.key_id = k.id) limit ${sql.lit(MOST)}`.execute(
    db,
  )
  for (const { name } of rows)
    found.push({ part: 'reference', table: 'kms_keys', row: name, what: 'it has no version' })
  const { rows: bare } = await sql<{ name: string }>`
    select s.id as name from secrets as s where not exists (
      select 1 from secret_stages as c where c.secret_id = s.id and c.stage = 'ACSCurrent'
    ) limit ${sql.lit(MOST)}`.execute(db)
  for (const { name } of bare)
    found.push({ part: 'reference', table: 'secrets', row: name, what: 'it has no present version' })
  return found
}

/** What was sealed under a generation of the keyring begins with this byte (crypto/sealed-bytes.ts). */
const NUMBERED = Buffer.of(2)

/** Whether the row of the keyring is gone though something was sealed under it. Without the row nothing of it opens. */
export async function missingKeyring(db: ReadHandle): Promise<readonly Damage[]> {
  if (!(await hasKeyring(db)) || (await readRing(db)) !== undefined) return []
  for (const { page } of sealedColumns) {
    const [row] = await page(db, '', 1, { firstByte: NUMBERED })
    if (row)
      return [{ part: 'keyring', table: 'keyring', what: 'its row is missing: nothing that is sealed opens' }]
  }
  return []
}

/** A world that was made has an operator and accounts. */
export async function missingWorld(db: ReadHandle): Promise<readonly Damage[]> {
  const made = await db
    .selectFrom('meta')
    .select('key')
    .where('key', '=', 'once:first-start')
    .executeTakeFirst()
  if (!made) return [{ part: 'world', what: 'no service has made its first start on this database' }]
  const operator = await db
    .selectFrom('directory')
    .innerJoin('accounts', 'accounts.id', 'directory.operator_uid')
    .select('accounts.id')
    .executeTakeFirst()
  return operator ? [] : [{ part: 'world', what: "the operator's account is missing" }]
}
