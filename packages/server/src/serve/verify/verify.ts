import { type AuditReport, type NotedHead, verifyAudit } from '../../audit/verify.ts'
import { Refusal } from '../../base/problem.ts'
import { openEveryValue } from '../../secrets/sealed.ts'
import { type BackupMark, readMark } from '../../store/backup-mark.ts'
import { isDatabaseAway } from '../../store/errors.ts'
import { openStore } from '../../store/open.ts'
import { missingInSchema } from '../../store/schema-check.ts'
import { inspectFile } from '../../store/sqlite/inspect.ts'
import type { Store } from '../../store/store.ts'
import { readKeyring } from '../keyring/open.ts'
import { openEverySeal } from '../keyring/sealed-rows.ts'
import type { Damage } from './findings.ts'
import { missingKeyring, missingRows, missingWorld } from './references.ts'
import { unreadableTables } from './rows.ts'

export interface VerifyReport {
  readonly intact: boolean
  /** At most {@link MOST}; `intact` counts all. */
  readonly damage: readonly Damage[]
  /** Sealed entities that were tried; absent where none could be, or none should. */
  readonly sealed?: number
  /** Absent where it could not be read, or should not. */
  readonly audit?: AuditReport
  /** There when the database is a backup. */
  readonly backup?: BackupMark
}

export interface VerifyOptions {
  /** `sqlite:PATH` or `postgres://...`. */
  readonly url: string
  /** Undefined: neither what is sealed nor the audit is checked. */
  readonly rootKeyFile: string | undefined
  readonly expectHeads?: readonly NotedHead[]
  /** Folder of audit entries that left the database: they are verified too. */
  readonly archive?: string
  /** It is to be a backup: a file that `keyward backup` did not make proves nothing. */
  readonly wantsBackup?: boolean
  /** Called with what is checked now. */
  readonly onStep?: (what: string) => void
}

const NO_BACKUP =
  'this file was not made by `keyward backup`: a plain copy may lack writes that were acknowledged, and nothing in it shows which'

/** Findings that a report lists at most. */
export const MOST = 1000

/**
 * Verifies everything that a database holds, while the service runs or not, and changes nothing: the file's structure,
 * the schema, that what belongs together is there, the keyring, every sealed entity, the audit.
 *
 * Goes on behind what is damaged, as far as can be read. Throws an Error with a sentence where the database is not there,
 * is newer than the program, or has another root key.
 */
export async function verifyDatabase(options: VerifyOptions): Promise<VerifyReport> {
  const { url, onStep = () => {} } = options
  const damage: Damage[] = []
  let problems = 0
  const report = (...found: readonly Damage[]) => {
    problems += found.length
    damage.push(...found.slice(0, Math.max(0, MOST - damage.length)))
  }
  /** Damage that a step meets is a finding; what follows is tried all the same. */
  const attempt = async <T>(part: Damage['part'], what: string, step: () => Promise<T>) => {
    onStep(what)
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (!isDatabaseAway(error) && part !== 'keyring') throw error
      report({ part, what: `${what} cannot be read to its end: ${causeOf(error)}` })
      return undefined
    }
  }

  const file = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined
  if (file !== undefined) {
    onStep('the file')
    report(...(await inspectFile(file)).map((one): Damage => ({ part: one.row ? 'row' : 'file', ...one })))
  }
  const store = await openReadOnly(url, report)
  if (!store) return { intact: false, damage }
  try {
    if (file === undefined)
      report(...((await attempt('file', 'the tables', () => unreadableTables(store))) ?? []))
    const missing = (await attempt('schema', 'the schema', () => missingInSchema(store))) ?? []
    report(...missing.map((what): Damage => ({ part: 'schema', what })))
    // With a table missing, every other question fails in other words.
    if (missing.length > 0) return { intact: false, damage }
    report(...((await attempt('world', 'the accounts', () => missingWorld(store.read))) ?? []))
    report(...((await attempt('reference', 'what belongs together', () => missingRows(store.read))) ?? []))
    const backup = await attempt('world', 'the notes', () => readMark(store.read))
    if (options.wantsBackup && !backup) report({ part: 'origin', what: NO_BACKUP })
    const rest = await verifySealed(store, options, report, attempt)
    return {
      intact: problems === 0 && rest.audit?.intact !== false,
      damage,
      ...rest,
      ...(backup ? { backup } : {}),
    }
  } finally {
    await store.close()
  }
}

type Attempt = <T>(part: Damage['part'], what: string, step: () => Promise<T>) => Promise<T | undefined>

async function verifySealed(
  store: Store,
  { rootKeyFile, expectHeads = [], archive }: VerifyOptions,
  report: (...found: readonly Damage[]) => void,
  attempt: Attempt,
): Promise<Pick<VerifyReport, 'sealed' | 'audit'>> {
  if (rootKeyFile === undefined) return {}
  const lost = (await attempt('keyring', 'the keyring', () => missingKeyring(store.read))) ?? []
  report(...lost)
  if (lost.length > 0) return {}
  const keyring = await attempt('keyring', 'the keyring', () => readKeyring(store.read, rootKeyFile))
  if (!keyring) return {}
  const unopened = (table: string, id: string, column: string) =>
    report({ part: 'sealed', table, row: id, what: `what is sealed in \`${column}\` does not open` })
  const seals = await attempt('sealed', 'what is sealed', () =>
    openEverySeal(store.read, keyring, ({ table, column, id }) => unopened(table, id, column)),
  )
  const values = await attempt('sealed', 'the values of secrets', () =>
    openEveryValue(store.read, keyring, ({ id }) => unopened('secret_versions', id, 'sealed_value')),
  )
  const sealed = seals === undefined || values === undefined ? undefined : seals + values
  const audit = await attempt('file', 'the audit', () =>
    verifyAudit(store, keyring, { expectHeads, ...(archive === undefined ? {} : { archive }) }),
  )
  return { ...(sealed === undefined ? {} : { sealed }), ...(audit ? { audit } : {}) }
}

/** Undefined: it cannot even be opened, which is then reported. */
async function openReadOnly(
  url: string,
  report: (...found: readonly Damage[]) => void,
): Promise<Store | undefined> {
  try {
    return await openStore(url, { readOnly: true })
  } catch (error) {
    if (!(error instanceof Refusal) || !url.startsWith('sqlite:')) throw error
    report({ part: 'file', what: causeOf(error) })
    return undefined
  }
}

function causeOf(error: Refusal): string {
  const { cause, message } = error as { cause?: { message?: string }; message: string }
  const detail = 'detail' in error.problem ? String(error.problem.detail) : message
  return cause?.message ?? detail
}
