import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { createConnection } from 'mysql2/promise'
import {
  accountMissing,
  administratorRefused,
  type Credential,
  codeOf,
  type Engine,
  type EngineAddress,
  EngineFailure,
  loginRefused,
  ofTarget,
  patienceOf,
  spoken,
  tlsOptions,
  unreachable,
} from './engine.ts'

/**
 * MariaDB and MySQL. MariaDB is given the hash of a password. MySQL is given one where the account uses
 * `mysql_native_password`, and else the password, which it writes into no log (MySQL, "Passwords and Logging").
 *
 * An account is a user name with all hosts that it may come from: they share the password.
 */
export const mysql: Engine = Object.freeze<Engine>({
  inspect: (at, administrator, accounts) =>
    asAdministrator(at, administrator, async (connection) => {
      for (const account of accounts) await entriesOf(connection, account)
    }),
  async preparePassword(at, administrator, account) {
    const connection = await openAs(at, administrator)
    const finish = () => void close(connection)
    try {
      const entries = await spoken(at, () => entriesOf(connection, account.name))
      const list = entries.map(
        ({ host, plugin }) =>
          `${connection.escape(account.name)}@${connection.escape(host)} ${identified(connection, plugin, account.password)}`,
      )
      const statement = `ALTER USER ${list.join(', ')}`
      return {
        set: () => spoken(at, async () => void (await asked(connection.query(statement)))),
        close: finish,
      }
    } catch (error) {
      finish()
      throw error
    }
  },
  async logIn(at, account) {
    try {
      await close(await open(at, account))
    } catch (error) {
      if (!isRefused(error)) throw unreachable(at, error)
      throw loginRefused(account, codeOf(error))
    }
  },
})

type Plugin = 'mariadb' | 'mysql_native_password' | 'caching_sha2_password'

interface Entry {
  readonly host: string
  readonly plugin: Plugin
}

function identified(connection: Connection, plugin: Plugin, password: string): string {
  if (plugin === 'mariadb') return `IDENTIFIED BY PASSWORD '${nativeHash(password)}'`
  if (plugin === 'mysql_native_password') return `IDENTIFIED WITH ${plugin} AS '${nativeHash(password)}'`
  return `IDENTIFIED WITH ${plugin} BY ${connection.escape(password)}`
}

/** What `mysql_native_password` keeps: `*` and SHA-1 of SHA-1 of the password, in capital hex. */
export function nativeHash(password: string): string {
  const once = createHash('sha1').update(password).digest()
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`
}

/** Raises `AccountMissing`, `AccountUnsuitable`. */
async function entriesOf(connection: Connection, name: string): Promise<readonly Entry[]> {
  const [[about]] = await asked(connection.query<RowDataPacket[]>('SELECT VERSION() AS version'))
  const isMariaDb = /mariadb/i.test(String(about?.version))
  const found = await asked(
    connection.query<RowDataPacket[]>('SELECT Host AS host, plugin FROM mysql.user WHERE User = BINARY ?', [
      name,
    ]),
  )
  const rows = found[0] as { readonly host: string; readonly plugin: string }[]
  if (rows.length === 0) throw accountMissing(name)
  const entries: Entry[] = []
  for (const { host, plugin } of rows) {
    const usable = isMariaDb ? await isNative(connection, name, host) : isKnown(plugin)
    if (!usable) {
      const how = `\`${name}\` of the host \`${host}\` does not log in by a password alone (${plugin})`
      throw new EngineFailure('AccountUnsuitable', how)
    }
    entries.push({ host, plugin: isMariaDb ? 'mariadb' : (plugin as Plugin) })
  }
  return entries
}

const isKnown = (plugin: string) => ['mysql_native_password', 'caching_sha2_password'].includes(plugin)

/**
 * MariaDB lets an account have several ways in, or another than a password; to set one would take the others away. What
 * it has is shown by the statement that would make it.
 */
async function isNative(connection: Connection, name: string, host: string): Promise<boolean> {
  const account = `${connection.escape(name)}@${connection.escape(host)}`
  const [[row]] = await asked(connection.query<RowDataPacket[]>(`SHOW CREATE USER ${account}`))
  const text = String(Object.values(row ?? {})[0])
  const rest = text.slice(text.indexOf('IDENTIFIED'))
  return (
    !text.includes(' IDENTIFIED ') ||
    (/^IDENTIFIED BY PASSWORD '/.test(rest) && !/^[^']*'[^']*' OR /.test(rest))
  )
}

async function asAdministrator(
  at: EngineAddress,
  administrator: Credential,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await openAs(at, administrator)
  try {
    await spoken(at, () => work(connection))
  } finally {
    await close(connection)
  }
}

async function openAs(at: EngineAddress, administrator: Credential): Promise<Connection> {
  let connection: Connection
  try {
    connection = await open(at, administrator)
  } catch (error) {
    if (!isRefused(error)) throw unreachable(at, error)
    throw administratorRefused(administrator, codeOf(error))
  }
  try {
    // How texts are quoted must not hang on how the server is set up.
    await spoken(at, () => asked(connection.query("SET SESSION sql_mode = ''")))
    return connection
  } catch (error) {
    await close(connection)
    throw error
  }
}

async function open(at: EngineAddress, { name, password }: Credential): Promise<Connection> {
  const tls = tlsOptions(at)
  // For a number the driver would hold the certificate against `localhost`.
  if (tls && isIP(at.host) !== 0) throw new Error('a number is no name that a certificate is held against')
  const connection = await createConnection({
    host: at.host,
    port: at.port,
    user: name,
    password,
    charset: 'utf8mb4',
    connectTimeout: patienceOf(at),
    disableEval: true,
    multipleStatements: false,
    ...(tls ? { ssl: { ...tls, rejectUnauthorized: true, verifyIdentity: true } } : {}),
  })
  connection.on('error', () => {})
  return connection
}

const asked = <T>(query: Promise<T>): Promise<T> => ofTarget(query, (code) => code.startsWith('ER_'))
const isRefused = (error: unknown): boolean => /ACCESS_DENIED|ER_.*PASSWORD|ER_ACCOUNT/.test(codeOf(error))

async function close(connection: Connection): Promise<void> {
  await connection.end().catch(() => connection.destroy())
}
