import { existsSync, statSync } from 'node:fs'
import { databaseDamaged } from '../store/errors.ts'
import { hasStartedBefore } from '../store/meta.ts'
import { missingInSchema } from '../store/schema-check.ts'
import type { Store } from '../store/store.ts'
import { credentialsFile } from './credentials.ts'
import { damageText } from './verify/findings.ts'
import { missingKeyring, missingWorld } from './verify/references.ts'

/**
 * What is looked at before the service is ready, however large the database is: that the schema is whole, and that a
 * world that was made is there, with its keyring. Raises what is damaged. `file` names the database's file, where it is one.
 */
export async function assertWhole(store: Store, file: string | undefined): Promise<void> {
  const [missing] = await missingInSchema(store)
  if (missing !== undefined) throw databaseDamaged(file, missing)
  if (!(await hasStartedBefore(store.read))) return
  const [lost] = [...(await missingWorld(store.read)), ...(await missingKeyring(store.read))]
  if (lost) throw databaseDamaged(file, damageText(lost))
}

/**
 * An empty or missing file beside the credentials of an earlier start is a database that was lost: a new world in its
 * place would hide that. Throws a sentence.
 */
export function assertNotLost(data: string, file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size
  if ((size ?? 0) > 0 || !existsSync(credentialsFile(data))) return
  throw new Error(
    `the database file \`${file}\` is ${size === undefined ? 'missing' : 'empty'}, but \`${data}\` holds the credentials of an earlier start: put the file back, or a backup into an empty folder with \`keyward restore\`; to begin anew, move everything in that folder away`,
  )
}
