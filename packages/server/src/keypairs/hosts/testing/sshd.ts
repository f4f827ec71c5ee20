import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parsePublicLine } from '../../formats/public-line.ts'
import type { HostAddress } from '../connection.ts'
import type { SshdSetup } from '../scripts.ts'

/*
 * Real sshd for tests: on loopback, as the current user, with its own configuration, host keys and home. The home, and a
 * password to log in with, come from the user database that libnss-wrapper shows to sshd alone.
 */

export const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path))
const WRAPPER = ['x86_64', 'aarch64', 'arm']
  .flatMap((cpu) => ['gnu', 'gnueabihf'].map((abi) => `/usr/lib/${cpu}-linux-${abi}/libnss_wrapper.so`))
  .find((path) => existsSync(path))

/** Why there can be no host here; undefined when there can. In CI (`CI=true`) its lack is an error. */
export const noSshd: string | undefined =
  SSHD && WRAPPER ? undefined : 'sshd or libnss-wrapper is missing: run scripts/debian-packages.sh'
if (noSshd && process.env.CI === 'true') throw new Error(noSshd)

/** Why a home cannot be made read-only here; undefined when it can. Root writes everywhere that is not mounted so. */
export const noReadOnlyHome: string | undefined =
  userInfo().uid !== 0 || spawnSync('unshare', ['-m', 'true']).status === 0
    ? undefined
    : 'root may not mount here, and nothing else keeps root from writing'

export interface TestHost {
  readonly address: HostAddress
  readonly setup: SshdSetup
  readonly password: string
  readonly home: string
  readonly config: string
  readonly keysFile: string
  /** authorized_keys as it is; empty where there is none. */
  keys(): string
  setKeys(text: string): void
  /** Starts again, with the configuration as it is now. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface TestHostOptions {
  /** Lines of sshd_config beside the necessary ones. */
  readonly config?: readonly string[]
  /** A shell command that runs before sshd in the same process, such as a limit. */
  readonly before?: string
  /** Makes the home read-only, to root as well. */
  readonly readOnlyHome?: boolean
  /** Name of the login user, whose numbers are those of the current one; the current user's by default. */
  readonly user?: string
  /** Text of a `sudo` that the login user finds before any other. */
  readonly sudo?: string
}

export async function startHost(options: TestHostOptions = {}): Promise<TestHost> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-sshd-'))
  const home = join(folder, 'home')
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  const { uid, gid } = userInfo()
  const username = options.user ?? userInfo().username
  const password = `pass-${Math.random().toString(36).slice(2)}`
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'hostkey')])
  const crypted = execFileSync('openssl', ['passwd', '-6', '-stdin'], {
    input: password,
    encoding: 'utf8',
  }).trim()
  const privsep = existsSync('/etc/passwd')
    ? /^sshd:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0]
    : undefined
  writeFileSync(join(folder, 'passwd'), `${username}:x:${uid}:${gid}::${home}:/bin/sh\n${privsep ?? ''}\n`)
  writeFileSync(join(folder, 'group'), `${username}:x:${gid}:\n`)
  writeFileSync(join(folder, 'shadow'), `${username}:${crypted}:19000:0:99999:7:::\n`, { mode: 0o600 })
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const program = (name: string, text: string) =>
    writeFileSync(join(folder, 'bin', name), text, { mode: 0o755 })
  mkdirSync(join(folder, 'bin'))
  // Without root, everything that is root's on a real host belongs to the current user: becoming root changes nothing.
  if (uid !== 0) program('id', '#!/bin/sh\necho 0\n')
  const sudo = options.sudo ?? (uid === 0 ? undefined : '#!/bin/sh\nshift\nexec "$@"\n')
  if (sudo !== undefined) program('sudo', sudo.replaceAll('PASSWORD', password))
  const port = await freePort()
  const config = join(folder, 'sshd_config')
  const lines = [
    ...(options.config ?? []),
    // What a session asks of the users must be answered as sshd was.
    `SetEnv PATH=${folder}/bin:/usr/bin:/bin ${usersSeen(folder)}`,
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${folder}/hostkey`,
    'PidFile none',
    'PermitRootLogin yes',
    'UsePAM no',
    'MaxStartups 100',
    'Subsystem sftp none',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const environment = {
    PATH: process.env.PATH ?? '',
    ...usersOf(folder),
  }
  let daemon: ChildProcess | undefined
  const start = async () => {
    const mount = options.readOnlyHome && uid === 0
    if (options.readOnlyHome && uid !== 0) chmodSync(join(home, '.ssh'), 0o500)
    const before = mount
      ? `mount --bind ${home} ${home} && mount -o remount,ro,bind ${home}`
      : (options.before ?? ':')
    const shell = ['/bin/sh', '-c', `${before}; exec ${SSHD} -D -e -f ${config}`]
    const [program, ...args] = (mount ? ['unshare', '-m', ...shell] : shell) as [string, ...string[]]
    daemon = spawn(program, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    daemon.stderr?.on('data', (text) => {
      log += text
    })
    await listening(port, () => log)
    writeFileSync(join(folder, 'pid'), String(daemon.pid))
  }
  const end = async () => {
    const stopped = daemon
    daemon = undefined
    if (!stopped || stopped.exitCode !== null || stopped.signalCode !== null) return
    const gone = new Promise((resolve) => stopped.once('exit', resolve))
    stopped.kill('SIGTERM')
    await gone
  }
  await start()
  const keysFile = join(home, '.ssh', 'authorized_keys')
  return {
    address: {
      host: '127.0.0.1',
      port,
      user: username,
      hostKey: parsePublicLine(readFileSync(join(folder, 'hostkey.pub'), 'utf8')).blob,
      connectTimeout: 10_000,
    },
    setup: { config, reload: `kill -HUP $(cat ${folder}/pid)`, reloadTime: 1500 },
    password,
    home,
    config,
    keysFile,
    keys: () => (existsSync(keysFile) ? readFileSync(keysFile, 'utf8') : ''),
    setKeys(text) {
      writeFileSync(keysFile, text)
      chmodSync(keysFile, 0o600)
    },
    async restart() {
      await end()
      await start()
    },
    async stop() {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Shows a user database of its own to a program. */
function usersOf(folder: string): Record<string, string> {
  return {
    LD_PRELOAD: WRAPPER as string,
    NSS_WRAPPER_PASSWD: join(folder, 'passwd'),
    NSS_WRAPPER_GROUP: join(folder, 'group'),
    NSS_WRAPPER_SHADOW: join(folder, 'shadow'),
  }
}

const usersSeen = (folder: string) =>
  Object.entries(usersOf(folder))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

/** Below those that connections get: one that is free for a moment, while sshd starts again, must not go to another. */
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

export async function listening(port: number, log: () => string): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (open) return
    await pause(50)
  }
  throw new Error(`sshd does not listen: ${log()}`)
}
