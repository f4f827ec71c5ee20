import { execFileSync } from 'node:child_process'
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { type Credential, type EngineName, tlsOptions } from '../engine.ts'
import { mysql } from '../mysql.ts'
import { postgres } from '../postgres.ts'
import { redis } from '../redis.ts'
import { findProgram, launch, postgresFolders, type TestServer, type TestTls } from './server.ts'

/** A kind of database that the tests start, and how a person works on it. */
export interface TestEngine {
  readonly name: EngineName
  /** True where the machine does not have it: its tests are shown as skipped. */
  readonly missing: boolean
  readonly administrator: Credential
  /** `tls`: it takes encrypted connections alone, and shows this certificate. */
  start(tls?: TestTls): Promise<TestServer>
  /** Makes an account as the administrator. */
  makeAccount(server: TestServer, account: Credential): Promise<void>
  /** Names that need quoting somewhere. */
  readonly oddNames: readonly string[]
}

/** Copies certificate and key to where the server may read them. */
function placeTls(folder: string, tls: TestTls | undefined): void {
  if (!tls) return
  const { gid, uid } = statSync(folder)
  for (const name of ['cert', 'key'] as const) {
    const file = join(folder, `tls.${name}`)
    writeFileSync(file, readFileSync(tls[name]), { mode: 0o600 })
    chownSync(file, uid, gid)
  }
}

const administrator: Credential = { name: 'the_admin', password: 'admin-password' }

const initdb = findProgram('initdb', postgresFolders())
const testPostgres: TestEngine = {
  name: 'postgresql',
  missing: initdb === undefined,
  administrator,
  oddNames: ['app "quoted"', `it's; DROP ROLE "the_admin"; --`, 'ünïcode', 'back\\slash'],
  start: (tls) =>
    launch({
      user: 'postgres',
      tls,
      log: 'log',
      engine: postgres,
      administrator,
      prepare(folder, as) {
        placeTls(folder, tls)
        const [command = '', ...args] = [...as, initdb as string]
        const file = join(folder, 'password')
        writeFileSync(file, `${administrator.password}\n`, { mode: 0o644 })
        const how = [
          '-U',
          administrator.name,
          '-A',
          'scram-sha-256',
          '--pwfile',
          file,
          '-E',
          'UTF8',
          '--locale=C',
        ]
        execFileSync(command, [...args, '-D', join(folder, 'data'), '--no-sync', ...how], {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
        })
        if (tls) writeFileSync(join(folder, 'data', 'pg_hba.conf'), 'hostssl all all all scram-sha-256\n')
      },
      command: (folder, port) => [
        'sh',
        '-c',
        `exec "$0" "$@" 2>>${folder}/log`,
        join(String(initdb).replace(/initdb$/, ''), 'postgres'),
        ...['-D', join(folder, 'data'), '-k', folder, '-p', String(port), '-h', '127.0.0.1'],
        ...['-c', 'fsync=off', '-c', 'log_statement=all', '-c', 'log_connections=on'],
        ...(tls ? ['-c', 'ssl=on', '-c', `ssl_cert_file=${folder}/tls.cert`] : []),
        ...(tls ? ['-c', `ssl_key_file=${folder}/tls.key`] : []),
      ],
    }),
  async makeAccount({ at }, { name, password }) {
    const client = new pg.Client({
      host: at.host,
      port: at.port,
      user: administrator.name,
      database: 'postgres',
      password: administrator.password,
      ssl: tlsOptions(at) ?? false,
    })
    await client.connect()
    await client.query(
      `CREATE ROLE ${pg.escapeIdentifier(name)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`,
    )
    await client.end()
  },
}

const mariadbd = findProgram('mariadbd')
const install = findProgram('mariadb-install-db')
const testMariaDb: TestEngine = {
  name: 'mariadb',
  missing: mariadbd === undefined || install === undefined,
  administrator,
  oddNames: ['app `quoted`', `it's; DROP USER the_admin; --`, 'ünïcode', 'back\\slash'],
  start: (tls) =>
    launch({
      user: 'mysql',
      tls,
      log: 'general.log',
      engine: mysql,
      administrator,
      prepare(folder, as) {
        placeTls(folder, tls)
        const [command = '', ...args] = [...as, install as string]
        const where = [
          '--no-defaults',
          `--datadir=${folder}/data`,
          '--auth-root-authentication-method=normal',
          '--skip-test-db',
        ]
        execFileSync(command, [...args, ...where], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
        // One statement a line.
        const statements = [
          `CREATE USER IF NOT EXISTS '${administrator.name}'@'%' IDENTIFIED BY '${administrator.password}';`,
          `GRANT ALL ON *.* TO '${administrator.name}'@'%' WITH GRANT OPTION;`,
          `DROP USER IF EXISTS ''@'localhost';`,
        ]
        writeFileSync(join(folder, 'init.sql'), `${statements.join('\n')}\n`, { mode: 0o644 })
      },
      command: (folder, port) => [
        mariadbd as string,
        ...['--no-defaults', `--datadir=${folder}/data`, `--port=${port}`, '--bind-address=127.0.0.1'],
        ...[`--socket=${folder}/socket`, `--init-file=${folder}/init.sql`, '--skip-log-bin'],
        ...[
          '--general-log',
          `--general-log-file=${folder}/general.log`,
          '--innodb-flush-log-at-trx-commit=0',
        ],
        ...(tls ? [`--ssl-cert=${folder}/tls.cert`, `--ssl-key=${folder}/tls.key`] : []),
        ...(tls ? ['--require-secure-transport=on'] : []),
      ],
    }),
  async makeAccount({ at }, { name, password }) {
    const connection = await createConnection({
      host: at.host,
      port: at.port,
      user: administrator.name,
      password: administrator.password,
      charset: 'utf8mb4',
      ...(at.tls === 'on' && { ssl: { ...tlsOptions(at) } }),
    })
    for (const host of ['%', 'localhost']) {
      await connection.query('CREATE USER ?@? IDENTIFIED BY ?', [name, host, password])
    }
    await connection.end()
  },
}

const redisServer = findProgram('redis-server')
const testRedis: TestEngine = {
  name: 'redis',
  missing: redisServer === undefined,
  administrator,
  oddNames: ['app"quoted"', "it's;FLUSHALL", 'ünïcode', 'back\\slash'],
  start: (tls) =>
    launch({
      tls,
      log: 'log',
      engine: redis,
      administrator,
      prepare(folder) {
        placeTls(folder, tls)
        writeFileSync(
          join(folder, 'users.acl'),
          `user default off\nuser ${administrator.name} on >${administrator.password} ~* &* +@all\n`,
        )
      },
      command: (folder, port) => [
        redisServer as string,
        ...(tls
          ? ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no']
          : ['--port', String(port)]),
        ...(tls ? ['--tls-cert-file', `${folder}/tls.cert`, '--tls-key-file', `${folder}/tls.key`] : []),
        ...['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
        ...['--aclfile', `${folder}/users.acl`, '--logfile', `${folder}/log`, '--loglevel', 'debug'],
        ...['--enable-debug-command', 'no'],
      ],
    }),
  async makeAccount({ at }, { name, password }) {
    const client = createClient({
      username: administrator.name,
      password: administrator.password,
      socket: { host: at.host, port: at.port, ...(at.tls === 'on' && { tls: true, ...tlsOptions(at) }) },
    })
    client.on('error', () => {})
    await client.connect()
    await client.sendCommand(['ACL', 'SETUSER', name, 'on', `>${password}`, '~*', '+@read'])
    await client.sendCommand(['ACL', 'SAVE'])
    client.destroy()
  },
}

export const testEngines: readonly TestEngine[] = Object.freeze([testPostgres, testMariaDb, testRedis])
