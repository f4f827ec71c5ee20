import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testEngines } from '../src/secrets/engines/testing/servers.ts'
import type { Value } from '../src/secrets/rotation/place.ts'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { accessKeys, type Kind, startKinds } from './rotation/kinds.ts'
import type { Life } from './rotation/lives.ts'
import { secretKit } from './rotation-kit.ts'
import { callOver } from './service.ts'

// Every value that a rotation makes, takes over or leaves behind, of every kind of managed secret, is searched for in what
// the service wrote: its log at its most talkative, the audit, every table and every file.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const MINUTE = 60_000
let postgres: TestPostgres | undefined
const folders: string[] = []
const children: ChildProcess[] = []
const kinds: Kind[] = []
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const kind of kinds) await kind.close()
  await postgres?.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function start(database: string | undefined) {
  const data = mkdtempSync(join(tmpdir(), 'keyward-rotation-canary-'))
  folders.push(data)
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'trace', '--test-clock']
  if (database !== undefined) flags.push('--database', database)
  const child = spawn(process.execPath, [CLI, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let log = ''
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        log += chunk
        const [found] = /^http:\/\/127\.0\.0\.1:\d+/m.exec(log) ?? []
        if (found) resolve(found)
      })
    }
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)))
  })
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
  let answers = ''
  const call: Life['call'] = async (who, name, input) => {
    const answer = await callOver(url, who, name, input)
    // Whatever is not the answer that shows a value shows none.
    if (name !== 'kms:GetSecretValue') answers += JSON.stringify(answer.body)
    return answer
  }
  const life: Life = {
    root,
    call,
    advance: async (Milliseconds) => void (await call(root, 'keyward:AdvanceClock', { Milliseconds })),
    die: async () => void child.kill('SIGKILL'),
  }
  return { data, life, said: () => log + answers }
}

/** The parts of a value that nobody may see: not names, not public keys. */
function secretsOf(value: Value): string[] {
  const { AccessKeySecret, AccountPassword, Password, PrivateKey } = value
  const lines = PrivateKey?.split('\n').filter((line) => line.length > 40 && !line.startsWith('-')) ?? []
  return [AccessKeySecret, AccountPassword, Password, ...lines].filter((part) => part !== undefined)
}

function filesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

/** Every row of every table, as text. */
async function dumpOf(database: string): Promise<string> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    const { rows } = await client.query(
      "select table_name from information_schema.tables where table_schema = 'public'",
    )
    let text = ''
    for (const { table_name } of rows) {
      const found = await client.query(`select t::text as row from "${table_name}" t`)
      text += found.rows.map(({ row }) => row).join('\n')
    }
    // Bytes stand there in hex.
    return `${text}\n${text.replace(/\\\\?x([0-9a-f]+)/g, (_, hex) => Buffer.from(hex, 'hex').toString('latin1'))}`
  } finally {
    await client.end()
  }
}

async function rotateAll(life: Life, kinds: readonly Kind[]): Promise<string[]> {
  const seen = new Set(testEngines.map(({ administrator }) => administrator.password))
  const see = async (kind: Kind) => {
    for (const stage of ['ACSCurrent', 'ACSPrevious']) {
      const value = await secretKit(life, kind.secret).value(stage)
      for (const part of value ? secretsOf(value) : []) seen.add(part)
    }
  }
  const rotate = async (kind: Kind) => {
    await kind.create(life)
    await see(kind)
    const kit = secretKit(life, kind.secret)
    const first = await kit.value()
    await kit.rotate('v1')
    await see(kind)
    if (kind.spoil && first) {
      // A value that somebody else set meanwhile: the next rotation goes on all the same, or says why not.
      await kind.spoil(first)
      await kit.call('RotateSecret', { VersionId: 'v2' })
      await kit.describe()
    }
    await see(kind)
  }
  await Promise.all(kinds.map(rotate))
  // Answered once what is due then is done.
  await life.advance(11 * MINUTE)
  for (const kind of kinds) await see(kind)
  return [...seen]
}

// What is stored does not depend on where it is valid: on PostgreSQL some kinds are enough.
const databases = [
  ['SQLite', async (): Promise<string | undefined> => undefined, () => startKinds()],
  [
    'PostgreSQL',
    async (): Promise<string | undefined> => postgres?.createDatabase(),
    async () => [...(await startKinds(['postgresql', 'redis'])), accessKeys],
  ],
] as const

describe.each(databases)('rotations on %s', (name, makeDatabase, startSome) => {
  it('leave no value, old or new, in the log, the audit, an answer, a table or a file', async () => {
    const database = await makeDatabase()
    if (name === 'PostgreSQL' && database === undefined) return
    const started = await startSome()
    kinds.push(...started)
    const { data, life, said } = await start(database)
    const values = await rotateAll(life, started)
    expect(values.length).toBeGreaterThan(2 * started.length)
    const names = started.map(({ secret }) => secret)
    await life.die()
    const kept = database === undefined ? filesIn(data) : `${filesIn(data)}\n${await dumpOf(database)}`
    // It does look where it says.
    for (const secret of names) expect(kept).toContain(secret)
    expect(said()).toContain('a rotation goes on')
    for (const value of values) {
      for (const [where, text] of [
        ['log and answers', said()],
        ['database and files', kept],
      ] as const) {
        for (const form of [
          value,
          Buffer.from(value).toString('base64'),
          Buffer.from(value).toString('hex'),
        ]) {
          expect([where, text.includes(form)]).toEqual([where, false])
        }
      }
    }
  }, 60_000)
})
