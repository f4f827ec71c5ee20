import { Refusal, refuse } from '../base/problem.ts'

/** Codes of a transaction that would have succeeded had it run alone, or had a lock come sooner: it is run again. */
const REPLAYABLE = new Set(['40001', '40P01', '55P03'])

/**
 * Whether PostgreSQL says of itself or of the connection, and not of the statement, that it cannot serve: classes 08
 * (connection) and 53 (resources), 57014 and 57P0x (cancelled, shutting down), 25006 (read only: a former primary).
 */
const UNSERVED = /^(08...|53...|57014|57P0.|25006)$/
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
/** What `pg` says of a connection without giving a code. */
const DRIVER =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|connection error and is not queryable|client was closed|discarded/i

/** SQLite's result codes of a disk or file that does not serve, and what they say. */
const SQLITE_UNSERVED: ReadonlyMap<number, string> = new Map([
  [5, 'the database file is held by another program'],
  [7, 'there is no memory left for the database'],
  [8, 'the database file cannot be written: it, its folder or the disk is read only'],
  [10, 'the database file cannot be read or written: the disk fails'],
  [13, 'the disk of the database is full'],
  [14, 'the database file cannot be opened'],
])
/** A file whose content is not what SQLite wrote, and one that never was a database. */
const SQLITE_DAMAGED = new Set([11, 26])
/** PostgreSQL says of a page, or of an index, that its content is not what it wrote. */
const POSTGRES_DAMAGED = /^XX00[12]$/
const SQLITE_CONSTRAINT_UNIQUE = 2067
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555

interface Coded {
  readonly code?: unknown
  readonly errcode?: unknown
  readonly message?: unknown
}

function coded(error: unknown): Coded {
  return typeof error === 'object' && error !== null ? error : {}
}

/** True for the failure of a statement that would have made a second row with the same unique key. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = coded(error)
  return code === '23505' || errcode === SQLITE_CONSTRAINT_UNIQUE || errcode === SQLITE_CONSTRAINT_PRIMARYKEY
}

export function isReplayable(error: unknown): boolean {
  return REPLAYABLE.has(String(coded(error).code)) || isStaleStatement(error)
}

/**
 * PostgreSQL says that a statement that was prepared on this connection is of no use any more: the schema changed, or a proxy
 * has another connection behind this one. On a new connection it works.
 */
export function isStaleStatement(error: unknown): boolean {
  const { code, message } = coded(error)
  return code === '26000' || code === '42P05' || (code === '0A000' && /cached plan/.test(String(message)))
}

/** Refusals that say that the database itself does not serve, as opposed to an entity in it. */
const aways = new WeakSet<Refusal>()
/** Those of them that say that its content is damaged: waiting does not help. */
const damages = new WeakSet<Refusal>()

/** An `Unavailable` that says that the database does not serve. */
export function databaseAway(detail: string, cause?: unknown): Refusal {
  const refusal = refuse({ code: 'Unavailable', detail })
  if (cause !== undefined) refusal.cause = cause
  aways.add(refusal)
  return refusal
}

/** What an operator does about a damaged database. */
const REPAIR =
  'stop the service, keep a copy of the data folder, see with `keyward verify` what is damaged, and put back the last backup with `keyward restore`'

/** An `Unavailable` that says what is damaged, and what to do. `where` names the file; a database elsewhere has none. */
export function databaseDamaged(where: string | undefined, what: string, cause?: unknown): Refusal {
  const file = where === undefined ? 'the database is damaged' : `the database file \`${where}\` is damaged`
  const refusal = databaseAway(`${file}: ${what}; ${REPAIR}`, cause)
  damages.add(refusal)
  return refusal
}

export function isDatabaseAway(error: unknown): boolean {
  return error instanceof Refusal && aways.has(error)
}

export function isDatabaseDamaged(error: unknown): error is Refusal {
  return error instanceof Refusal && damages.has(error)
}

/** What an operator does not have to look up, of a connection that fails. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it cut the connection',
  EPIPE: 'it cut the connection',
  ETIMEDOUT: 'its machine does not answer',
  EHOSTUNREACH: 'there is no way to its machine',
  ENETUNREACH: 'there is no way to its machine',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  '57P01': 'it is being shut down',
  '57P02': 'it is being shut down',
  '57P03': 'it is starting or being shut down',
  '53300': 'it takes no more connections',
  '53100': 'its disk is full',
  '25006': 'it takes no writes: it is a replica',
}

/**
 * Why the service cannot do what it should, as a sentence for its log: an `Unavailable` in its own words, with what the
 * database or the network said. Undefined for any other error. It quotes no statement, no value and no address.
 */
export function absenceText(error: unknown): string | undefined {
  if (!(error instanceof Refusal) || error.problem.code !== 'Unavailable') return undefined
  const { detail } = error.problem
  const { cause } = error
  if (!aways.has(error) || damages.has(error) || cause === undefined) return detail
  const { code, message } = coded(cause)
  const words = CAUSES[String(code)] ?? (DRIVER.test(String(message)) ? 'the connection ended' : undefined)
  return words === undefined ? detail : `${detail}: ${words}`
}

/**
 * The `Unavailable` of an error that says that the database does not serve; undefined for any other error. `where` is
 * the database's file.
 */
export function asUnavailable(error: unknown, where?: string): Refusal | undefined {
  if (isDatabaseAway(error)) return error as Refusal
  const { code, errcode, message } = coded(error)
  const text = String(message)
  if (typeof errcode === 'number') {
    const result = errcode & 0xff
    if (SQLITE_DAMAGED.has(result)) return databaseDamaged(where, text, error)
    const words = SQLITE_UNSERVED.get(result)
    return words === undefined ? undefined : databaseAway(words, error)
  }
  if (POSTGRES_DAMAGED.test(String(code))) return databaseDamaged(where, text, error)
  const away =
    UNSERVED.test(String(code)) || NETWORK.has(String(code)) || (code === undefined && DRIVER.test(text))
  return away ? databaseAway('the database does not answer', error) : undefined
}
