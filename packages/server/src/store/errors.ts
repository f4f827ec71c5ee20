import { Refusal, refuse } from '../base/problem.ts'

/** Codes of a transaction that would have succeeded had it run alone: it is run again. */
const REPLAYABLE = new Set(['40001', '40P01'])

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

/**
 * SQLite result codes of a disk or file that does not serve: busy, no memory, read only, input/output error, corrupt,
 * full, cannot open, no database.
 */
const SQLITE_UNSERVED = new Set([5, 7, 8, 10, 11, 13, 14, 26])
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
  return REPLAYABLE.has(String(coded(error).code))
}

/** Refusals that say that the database itself does not serve, as opposed to a thing in it. */
const aways = new WeakSet<Refusal>()

/** An `Unavailable` that says that the database does not serve. */
export function databaseAway(detail: string, cause?: unknown): Refusal {
  const refusal = refuse({ code: 'Unavailable', detail })
  if (cause !== undefined) refusal.cause = cause
  aways.add(refusal)
  return refusal
}

export function isDatabaseAway(error: unknown): boolean {
  return error instanceof Refusal && aways.has(error)
}

/** The `Unavailable` of an error that says that the database does not serve; undefined for any other error. */
export function asUnavailable(error: unknown): Refusal | undefined {
  if (isDatabaseAway(error)) return error as Refusal
  const { code, errcode, message } = coded(error)
  const text = String(message)
  const away =
    typeof errcode === 'number'
      ? SQLITE_UNSERVED.has(errcode & 0xff)
      : UNSERVED.test(String(code)) || NETWORK.has(String(code)) || (code === undefined && DRIVER.test(text))
  return away ? databaseAway('the database does not answer', error) : undefined
}
