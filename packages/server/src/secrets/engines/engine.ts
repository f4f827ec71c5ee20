/** What a target is: it says which driver talks to it. */
export const ENGINES = ['postgresql', 'mysql', 'mariadb', 'redis'] as const
export type EngineName = (typeof ENGINES)[number]

/** Where a database is, and how the service logs in to change the passwords of others. */
export interface EngineAddress {
  readonly host: string
  readonly port: number
  /** PostgreSQL: the database to connect to. */
  readonly database: string
  /** `off`: nothing is encrypted on the way. */
  readonly tls: 'on' | 'off'
  /** Certificates in PEM that are trusted instead of the machine's; empty: those of the machine. */
  readonly ca: string
  /** Milliseconds for a connection, and for a statement; 10,000 by default. */
  readonly patience?: number
}

export interface Credential {
  readonly name: string
  readonly password: string
}

/** A password that can be set at once: the administrator is logged in, and the account was looked at. */
export interface PreparedPassword {
  /** One statement, prepared. */
  set(): Promise<void>
  /** Lets go of the connection, and does not wait for it. */
  close(): void
}

/**
 * What the service does on a database. Each function opens a connection of its own and closes it. All may be done again.
 * They raise {@link EngineFailure}; no message holds a password.
 */
export interface Engine {
  /** Looks whether these accounts are there and have passwords that can be set. */
  inspect(at: EngineAddress, administrator: Credential, accounts: readonly string[]): Promise<void>
  /** Makes ready to set the password of an account, and to change nothing else of it. Makes no account. */
  preparePassword(
    at: EngineAddress,
    administrator: Credential,
    account: Credential,
  ): Promise<PreparedPassword>
  /** Logs in. Raises `LoginRefused` where that password does not let the account in. */
  logIn(at: EngineAddress, account: Credential): Promise<void>
}

export type EngineFailureCode =
  /** Nothing answers there, or not in time: later it may. */
  | 'TargetUnreachable'
  /** The administrator is not let in. */
  | 'AdministratorRefused'
  /** There is no such account. The service makes none. */
  | 'AccountMissing'
  /** The account does not log in by a password that can be set. */
  | 'AccountUnsuitable'
  /** The account is not let in. */
  | 'LoginRefused'
  /** The database does not do what it was asked. */
  | 'TargetRefused'

/** Why something did not work on a target; the message is for people and holds no secret. */
export class EngineFailure extends Error {
  readonly code: EngineFailureCode
  constructor(code: EngineFailureCode, message: string) {
    super(message)
    this.name = 'EngineFailure'
    this.code = code
  }
}

/** Prepares and sets. */
export async function setPassword(
  engine: Engine,
  at: EngineAddress,
  administrator: Credential,
  account: Credential,
): Promise<void> {
  const prepared = await engine.preparePassword(at, administrator, account)
  try {
    await prepared.set()
  } finally {
    prepared.close()
  }
}

export const patienceOf = ({ patience = 10_000 }: EngineAddress): number => patience

/** Options of a TLS connection; undefined where there is none. The name of the host is verified. */
export function tlsOptions(
  at: EngineAddress,
): { readonly ca?: string; readonly servername?: string } | undefined {
  if (at.tls === 'off') return undefined
  return at.ca === '' ? {} : { ca: at.ca }
}

/** The code that an error of the network, of TLS or of a driver has; empty where it has none. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code ?? '')
}

export function accountMissing(name: string): EngineFailure {
  return new EngineFailure('AccountMissing', `the target has no account \`${name}\``)
}

/** `said`: the code or the word that the database answered with. */
export function loginRefused({ name }: Credential, said: string): EngineFailure {
  return new EngineFailure('LoginRefused', `\`${name}\` is not let in (${said})`)
}

/** See {@link loginRefused}. */
export function administratorRefused({ name }: Credential, said: string): EngineFailure {
  return new EngineFailure('AdministratorRefused', `the administrator \`${name}\` is not let in (${said})`)
}

/** A login that was refused before the password was looked at. It says nothing of the password. */
export function noWayIn({ tls }: EngineAddress, { name }: Credential, said: string): EngineFailure {
  const without = tls === 'off' ? ', or not without TLS' : ''
  return new EngineFailure('TargetRefused', `\`${name}\` may not log in from here${without} (${said})`)
}

/** Awaits a statement. The code of a refusal is enough: its words may hold parts of the statement. */
export async function ofTarget<T>(query: Promise<T>, isOfDatabase: (code: string) => boolean): Promise<T> {
  try {
    return await query
  } catch (error) {
    const code = codeOf(error)
    if (!isOfDatabase(code)) throw error
    throw new EngineFailure('TargetRefused', `the target refuses a statement (${code})`)
  }
}

/** Errors of the network and of TLS: the database never spoke. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error)
  return (
    /^E[A-Z]{4,}$/.test(code) ||
    /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME)/.test(code) ||
    /timeout|timed out|terminated|socket closed/i.test(String((error as Error | undefined)?.message ?? ''))
  )
}

/** Does something on a connection; what the network or TLS says becomes a failure of the target. */
export async function spoken<T>(at: EngineAddress, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw isAway(error) ? unreachable(at, error) : error
  }
}

/** What a failed connection says: a code of the network, or a code of the database. */
export function unreachable(at: EngineAddress, error: unknown): EngineFailure {
  const code = codeOf(error)
  const why = code === '' ? 'it does not answer' : code
  return new EngineFailure(
    'TargetUnreachable',
    `the target at ${at.host} port ${at.port} cannot be reached: ${why}`,
  )
}
