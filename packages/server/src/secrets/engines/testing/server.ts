import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, EngineAddress } from '../engine.ts'

/** A database server of a test's own, on a port of loopback. */
export interface TestServer {
  readonly at: EngineAddress
  readonly folder: string
  /** Everything that it wrote down of what it was asked. */
  log(): string
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** Where a program is; undefined where it is not installed. In CI (`CI=true`) its lack is an error. */
export function findProgram(name: string, besides: readonly string[] = []): string | undefined {
  const folders = [...besides, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found === undefined && process.env.CI === 'true') {
    throw new Error(`${name} is missing: run scripts/debian-packages.sh`)
  }
  return found
}

/** Binaries of Debian's PostgreSQL, newest first. */
export function postgresFolders(): string[] {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'))
}

/*
 * The shell that owns a server: it ends it, by force, when its standard input closes, which the kernel does when this
 * process goes, however that happens.
 */
const KEEPER = `trap '' INT TERM HUP PIPE; "$@" >/dev/null 2>&1 & pid=$!; read -r _; kill -KILL "$pid"; wait "$pid"`

export interface TestTls {
  readonly cert: string
  readonly key: string
  /** Certificate of the authority that gave it, in PEM. */
  readonly ca: string
}

export interface Launch {
  /** As whom: PostgreSQL and MariaDB do not run as root. */
  readonly user?: string
  readonly log: string
  readonly command: (folder: string, port: number) => readonly string[]
  /** Once, before the first start. */
  readonly prepare?: (folder: string, as: readonly string[], port: number) => void
  /** It is reached over TLS alone. */
  readonly tls?: TestTls | undefined
  readonly engine: Engine
  readonly administrator: { readonly name: string; readonly password: string }
}

export async function launch(parts: Launch): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-engine-'))
  const port = await freePort()
  const plain: EngineAddress = { host: '127.0.0.1', port, database: '', tls: 'off', ca: '' }
  const at: EngineAddress = parts.tls ? { ...plain, host: 'localhost', tls: 'on', ca: parts.tls.ca } : plain
  const as = becoming(parts.user, folder)
  let keeper: ChildProcess | undefined
  const start = async () => {
    keeper = spawn('sh', ['-c', KEEPER, 'keeper', ...as, ...parts.command(folder, port)], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    keeper.unref()
    ;(keeper.stdin as unknown as { unref(): void }).unref()
    for (let left = 300; ; left -= 1) {
      try {
        return await parts.engine.logIn(at, parts.administrator)
      } catch (error) {
        // It speaks. That its certificate is of another name is what a test is about.
        if (/ALTNAME|HANDSHAKE_SSL/.test(String(error))) return
        if (left === 0) throw error
        await sleep(50)
      }
    }
  }
  const stop = async () => {
    const stopped = keeper
    keeper = undefined
    if (!stopped) return
    const gone = new Promise((resolve) => stopped.once('exit', resolve))
    stopped.ref()
    stopped.stdin?.end()
    await gone
  }
  parts.prepare?.(folder, as, port)
  await start()
  return {
    at,
    folder,
    log: () => {
      const file = join(folder, parts.log)
      return existsSync(file) ? readFileSync(file, 'latin1') : ''
    },
    start,
    stop,
    async close() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function becoming(user: string | undefined, folder: string): readonly string[] {
  if (user === undefined || process.getuid?.() !== 0) return []
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${user}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) return []
  chownSync(folder, Number(uid), Number(gid))
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--']
}

/** Below those that connections get: one that is free while a server starts again must not go to another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}
