import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signAcs3 } from '../packages/server/src/wire/alibaba/sign.ts'
import { startPostgres } from '../packages/server/test/postgres.ts'
import { cpuOfChildren, type Server, startServer } from './process.ts'

const CLI = new URL('../packages/cli/src/main.ts', import.meta.url).pathname

export type Database = 'sqlite' | 'postgres'

/** A user of an account of its own, with one key. */
export interface Account {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly keyId: string
}

type Call = (
  by: Omit<Account, 'keyId'>,
  action: string,
  parameters?: Readonly<Record<string, string>>,
  // biome-ignore lint/suspicious/noExplicitAny: answers of every operation
) => Promise<any>

/** Server processes over one database that syncs every commit, as in production. */
export interface Installation {
  readonly servers: readonly Server[]
  readonly accounts: readonly Account[]
  readonly folder: string
  /** The address of the database, for the commands; undefined on SQLite. */
  readonly database: string | undefined
  /** The bytes of one signed (ACS3) request to a server, to be sent once. */
  request(server: number, by: Account, action: string, parameters: Readonly<Record<string, string>>): Buffer
  /** Makes one call to the first server and answers its body; throws when it is refused. */
  call: Call
  /** CPU seconds that all processes have used, and those of the database; 0 where it is embedded. */
  cpu(): { readonly servers: number; readonly database: number }
  stop(): Promise<void>
}

export async function startInstallation(
  kind: Database,
  how: { readonly accounts: number; readonly processes?: number },
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-bench-'))
  const postgres =
    kind === 'postgres' ? await startPostgres(['fsync = on', 'full_page_writes = on']) : undefined
  const database = await postgres?.createDatabase()
  const users = Array.from({ length: how.accounts }, (_, i) => ({
    accessKeyId: `LTAIwriter${String(i).padStart(10, '0')}`,
    accessKeySecret: randomBytes(16).toString('hex'),
  }))
  const file = join(folder, 'world.json')
  writeFileSync(file, JSON.stringify(worldOf(users)))
  const servers: Server[] = []
  for (let i = 0; i < (how.processes ?? 1); i += 1) {
    const data = join(folder, `data-${i}`)
    mkdirSync(data, { mode: 0o700 })
    if (i > 0) cpSync(join(folder, 'data-0', 'root.key'), join(data, 'root.key'))
    const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'warn']
    if (i === 0) flags.push('--apply', file)
    if (database !== undefined) flags.push('--database', database)
    servers.push(await startServer(CLI, ['serve', ...flags], false))
  }
  const hostOf = (server: number) => `127.0.0.1:${servers[server]!.port}`
  const sign = (server: number, by: Omit<Account, 'keyId'>, action: string, query: object) =>
    signAcs3({
      ...by,
      method: 'POST',
      host: hostOf(server),
      action,
      version: '2016-01-20',
      query: { ...query },
    })
  const call: Call = async (by, action, parameters = {}) => {
    const { target, headers } = sign(0, by, action, parameters)
    const answer = await fetch(`http://${hostOf(0)}${target}`, { method: 'POST', headers: { ...headers } })
    const body = (await answer.json()) as { KeyMetadata: { KeyId: string } }
    if (answer.status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
    return body
  }
  const accounts: Account[] = []
  for (const user of users) {
    const { KeyMetadata } = await call(user, 'CreateKey')
    accounts.push({ ...user, keyId: KeyMetadata.KeyId })
  }
  return {
    servers,
    accounts,
    folder,
    database,
    request(server, by, action, parameters) {
      const { target, headers, method } = sign(server, by, action, parameters)
      const lines = Object.entries({ ...headers, host: hostOf(server), 'content-length': '0' })
      return Buffer.from(
        `${method} ${target} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`,
      )
    },
    call,
    cpu: () => ({
      servers: servers.reduce((sum, server) => sum + server.cpu(), 0),
      database: postgres ? cpuOfChildren(postgresPid(postgres.url)) : 0,
    }),
    async stop() {
      for (const server of servers) await server.stop()
      await postgres?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function worldOf(
  users: readonly { readonly accessKeyId: string; readonly accessKeySecret: string }[],
): object {
  const document = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }
  return {
    accounts: users.map(({ accessKeyId: id, accessKeySecret: secret }, i) => ({
      name: `writer-${i}`,
      policies: [{ name: 'all', language: 'ram', document }],
      users: [{ name: 'writer', policies: { ram: ['all'] }, accessKeys: [{ id, secret }] }],
    })),
  }
}

function postgresPid(url: string): number {
  const folder = new URL(url).searchParams.get('host')!
  return Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
}
