import type { Kysely } from 'kysely'
import type { Schema } from '../schema/index.ts'

/** How the database calls a column of bytes; every other type has one name everywhere. */
export type BytesType = 'blob' | 'bytea'

/** One step of the schema. Runs in one transaction, in order of the number in its name, once per database. */
export interface Migration {
  /** `0001-tables`. */
  readonly name: string
  run(db: Kysely<Schema>, bytes: BytesType): Promise<void>
}
