import pg from 'pg'
import {
  accountMissing,
  administratorRefused,
  type Credential,
  codeOf,
  type Engine,
  type EngineAddress,
  EngineFailure,
  loginRefused,
  noWayIn,
  ofTarget,
  patienceOf,
  spoken,
  tlsOptions,
  unreachable,
} from './engine.ts'
import { scramVerifier } from './scram.ts'

/** PostgreSQL, and what speaks its protocol. Passwords are set as SCRAM verifiers. */
export const postgres: Engine = Object.freeze<Engine>({
  inspect: (at, administrator, accounts) =>
    asAdministrator(at, administrator, async (client) => {
      for (const account of accounts) await assertAccount(client, account)
    }),
  async preparePassword(at, administrator, account) {
    const client = await openAs(at, administrator)
    const close = () => void closed(client)
    try {
      await spoken(at, () => assertAccount(client, account.name))
      // Neither can hold a quote that ends it: one is escaped, the other is Base64, `$` and `:`.
      const verifier = await scramVerifier(account.password)
      const statement = `ALTER ROLE ${pg.escapeIdentifier(account.name)} PASSWORD '${verifier}'`
      return { set: () => spoken(at, async () => void (await asked(client.query(statement)))), close }
    } catch (error) {
      close()
      throw error
    }
  },
  async logIn(at, account) {
    const client = clientOf(at, account)
    try {
      await client.connect()
    } catch (error) {
      // Who is not let into this one database has shown the password.
      if (['3D000', '42501'].includes(codeOf(error))) return
      if (codeOf(error) === NO_WAY_IN) throw noWayIn(at, account, NO_WAY_IN)
      if (!codeOf(error).startsWith('28')) throw unreachable(at, error)
      throw loginRefused(account, codeOf(error))
    } finally {
      await closed(client)
    }
  },
})

/** No line of pg_hba.conf takes this user from here in this way; a wrong password is `28P01`. */
const NO_WAY_IN = '28000'

function clientOf(at: EngineAddress, { name, password }: Credential): pg.Client {
  const tls = tlsOptions(at)
  const client = new pg.Client({
    host: at.host,
    port: at.port,
    database: at.database || 'postgres',
    user: name,
    password,
    application_name: 'keyward',
    connectionTimeoutMillis: patienceOf(at),
    query_timeout: patienceOf(at),
    ssl: tls ?? false,
  })
  // A connection that ends between two statements is noticed by the next one.
  client.on('error', () => {})
  return client
}

async function asAdministrator(
  at: EngineAddress,
  administrator: Credential,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = await openAs(at, administrator)
  try {
    await spoken(at, () => work(client))
  } finally {
    await closed(client)
  }
}

async function openAs(at: EngineAddress, administrator: Credential): Promise<pg.Client> {
  const client = clientOf(at, administrator)
  try {
    await client.connect()
    return client
  } catch (error) {
    await closed(client)
    if (codeOf(error) === NO_WAY_IN) throw noWayIn(at, administrator, NO_WAY_IN)
    if (!/^(28|3D|42)/.test(codeOf(error))) throw unreachable(at, error)
    throw administratorRefused(administrator, codeOf(error))
  }
}

async function assertAccount(client: pg.Client, name: string): Promise<void> {
  const { rows } = await asked(
    client.query('SELECT rolcanlogin FROM pg_roles WHERE rolname::text = $1::text', [name]),
  )
  const [role] = rows as { rolcanlogin: boolean }[]
  if (!role) throw accountMissing(name)
  if (!role.rolcanlogin) throw new EngineFailure('AccountUnsuitable', `\`${name}\` may not log in`)
}

const asked = <T>(query: Promise<T>): Promise<T> => ofTarget(query, (code) => /^[0-9A-Z]{5}$/.test(code))

async function closed(client: pg.Client): Promise<void> {
  await client.end().catch(() => {})
}
