import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A PostgreSQL server of the tests' own. */
export interface TestPostgres {
  /** Of a maintenance database. Tests make their own: {@link createDatabase}. */
  readonly url: string
  /** Makes an empty database and returns its address. */
  createDatabase(): Promise<string>
  /** Stops the server; connections are cut. It can be started again. */
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
  /** Ends it for good and removes its folder. Happens by itself when this process ends, however it ends. */
  close(): Promise<void>
}

/*
 * The shell that owns the server. It waits for the end of its standard input, which the kernel closes when this process
 * goes, even by kill -9; then it stops the server and removes the folder. `$1` folder, `$2` binaries, rest: how to
 * become another user. A line `stop` or `start` on the input does what it says.
 */
const KEEPER = `
dir=$1; bin=$2; shift 2
start() { "$@" "$bin/postgres" -D "$dir/data" -k "$dir" >>"$dir/log" 2>&1 & pid=$!; }
stop() { kill -INT "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
trap '' INT TERM HUP PIPE
start "$@"
while read -r word; do
  case $word in
    stop) stop; echo stopped;;
    start) start "$@"; echo started;;
  esac
done
stop
rm -rf "$dir"
`

let shared: Promise<TestPostgres | undefined> | undefined

/**
 * Debian's PostgreSQL on a socket in a folder of its own, one a test file, started by the first who asks. Undefined,
 * with a word on standard error, where the binaries are missing; where `CI` is `true` that is an error.
 * `settings` come after the usual ones, which sync nothing.
 */
export function startPostgres(settings: readonly string[] = []): Promise<TestPostgres | undefined> {
  shared ??= launch(settings)
  return shared
}

async function launch(settings: readonly string[]): Promise<TestPostgres | undefined> {
  const bin = findBinaries()
  if (!bin) {
    const sentence = 'PostgreSQL is not installed: see scripts for the packages that the tests use'
    if (process.env.CI === 'true') throw new Error(sentence)
    console.warn(`${sentence}; its tests are skipped`)
    return undefined
  }
  // A short path: a socket's may not exceed 107 bytes.
  const dir = mkdtempSync(join(tmpdir(), 'kwpg-'))
  const become = becomeSomebody(dir)
  try {
    lay(dir, [...become, join(bin, 'initdb')])
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
  writeSettings(dir, settings)
  const keeper = spawn('sh', ['-c', KEEPER, 'keeper', dir, bin, ...become], {
    cwd: dir,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  keeper.unref()
  for (const pipe of [keeper.stdin, keeper.stdout]) (pipe as unknown as { unref(): void }).unref()
  const url = addressOf(dir, 'postgres')
  const server = serverOf(keeper, dir, url)
  await untilReady(url, dir)
  return server
}

const cache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'postgres')

/** Lays a fresh database cluster into a folder. It is made once a checkout, and copied: to make one takes a second. */
function lay(dir: string, command: string[]): void {
  const version = execFileSync(command.at(-1)!, ['--version'], { encoding: 'utf8' })
  const kept = join(cache, `${/\d[\w.]*/.exec(version)?.[0]}-${process.getuid?.() ?? 0}`)
  const copy = (from: string, to: string) => {
    execFileSync('cp', ['-a', from, to])
  }
  if (existsSync(kept)) {
    copy(kept, join(dir, 'data'))
    return
  }
  initialize(dir, command)
  mkdirSync(cache, { recursive: true })
  const draft = join(cache, basename(dir))
  copy(join(dir, 'data'), draft)
  try {
    renameSync(draft, kept)
  } catch {
    // Another test was faster.
    rmSync(draft, { recursive: true, force: true })
  }
}

/** With an order of text that differs from SQLite's, as most servers have: who depends on it is found out. */
function initialize(dir: string, [command, ...before]: string[]): void {
  const common = [
    '-D',
    join(dir, 'data'),
    '-U',
    'keyward',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ]
  const run = (...more: string[]) =>
    execFileSync(command!, [...before, ...common, ...more], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    run('--locale-provider=icu', '--icu-locale=en-US')
  } catch {
    // Before version 15, or built without ICU.
    run()
  }
}

function serverOf(keeper: ChildProcess, dir: string, url: string): TestPostgres {
  let databases = 0
  const tell = (word: string) =>
    new Promise<void>((resolve) => {
      const output = keeper.stdout as unknown as { ref(): void; unref(): void }
      output.ref()
      keeper.stdout!.once('data', () => {
        output.unref()
        resolve()
      })
      keeper.stdin!.write(`${word}\n`)
    })
  const start = async () => {
    await tell('start')
    await untilReady(url, dir)
  }
  const stop = () => tell('stop')
  return {
    url,
    async createDatabase() {
      databases += 1
      const name = `test_${process.pid}_${databases}`
      await query(url, `create database ${name}`)
      return addressOf(dir, name)
    },
    stop,
    start,
    async restart() {
      await stop()
      await start()
    },
    async close() {
      shared = undefined
      const gone = new Promise((resolve) => keeper.once('exit', resolve))
      keeper.ref()
      keeper.stdin!.end()
      await gone
    },
  }
}

/** The server must not run as root. */
function becomeSomebody(dir: string): string[] {
  if (process.getuid?.() !== 0) return []
  const user = ['postgres', 'nobody'].find((name) => idOf(name) !== undefined)
  if (!user) throw new Error('PostgreSQL does not run as root, and there is no user `postgres` or `nobody`')
  const { uid, gid } = idOf(user)!
  chownSync(dir, uid, gid)
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--']
}

function idOf(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const folders = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, 'bin'))
  return [...folders, ...(process.env.PATH ?? '').split(delimiter)].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  )
}

/** Nothing of it outlives the tests, so it need not be durable; that the service is, is shown by its own kill tests. */
function writeSettings(dir: string, more: readonly string[]): void {
  const settings = [
    "listen_addresses = ''",
    'fsync = off',
    'full_page_writes = off',
    'max_connections = 200',
    ...more,
  ]
  // By the owner's own hand: the folder belongs to another user when the tests run as root.
  const file = join(dir, 'data', 'postgresql.auto.conf')
  execFileSync('sh', ['-c', 'cat >> "$0"', file], { input: `${settings.join('\n')}\n` })
}

function addressOf(dir: string, database: string): string {
  return `postgres://keyward@localhost/${database}?host=${encodeURIComponent(dir)}`
}

async function untilReady(url: string, dir: string): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    try {
      return await query(url, 'select 1')
    } catch {
      await sleep(50)
    }
  }
  throw new Error(`PostgreSQL does not start:\n${readFileSync(join(dir, 'log'), 'utf8').slice(-2000)}`)
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
