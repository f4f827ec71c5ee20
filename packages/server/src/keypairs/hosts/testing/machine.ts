import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parsePublicLine } from '../../formats/public-line.ts'
import { freePort, listening, noSshd, SSHD, type TestHost } from './sshd.ts'

/*
 * A machine of its own as far as logins go: real sshd, sudo, PAM, passwd and shadow, in a mount namespace with an /etc of
 * its own. The users are real. It takes root, who may mount.
 */

/** Why there can be no machine here; undefined when there can. */
export const noMachine: string | undefined = noSshd ?? whyNoMachine()

function whyNoMachine(): string | undefined {
  if (userInfo().uid !== 0) return 'only root can make users'
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return 'root may not mount here'
  if (existsSync('/usr/bin/sudo')) return undefined
  const why = 'sudo is missing: run scripts/debian-packages.sh'
  if (process.env.CI === 'true') throw new Error(why)
  return why
}

export interface TestUser {
  readonly name: string
  /** Root is 0, under whatever name. */
  readonly uid: number
  readonly password?: 'usable' | 'locked' | 'expired' | 'none'
  /** How sudo lets it become root; not at all by default. */
  readonly sudo?: 'free' | 'password' | 'none'
  readonly shell?: string
}

export interface TestMachine {
  /** The machine as a host of one of its users. */
  as(user: string): TestHost
  /** A file of the machine under /etc. */
  etc(path: string): string
  /** Replaces sshd_config and its drop-in files, and starts again. */
  configure(config: readonly string[], dropIns?: Readonly<Record<string, string>>): Promise<void>
  /** Writes the users anew, as they were made or otherwise. */
  setUsers(users: readonly TestUser[]): void
  restart(): Promise<void>
  stop(): Promise<void>
}

export const PASSWORD = 'right-of-way'
const CRYPTED = '$6$keyward$'

let crypted: string | undefined
function passwordHash(): string {
  crypted ??= execFileSync('openssl', ['passwd', '-6', '-salt', CRYPTED.split('$')[2] ?? '', PASSWORD], {
    encoding: 'utf8',
  }).trim()
  return crypted
}

function shadowOf({ name, password = 'usable' }: TestUser): string {
  const hash = { usable: passwordHash(), locked: `*${passwordHash()}`, expired: passwordHash(), none: '*' }[
    password
  ]
  return `${name}:${hash}:${password === 'expired' ? '10000:0:30:7' : '19000:0:99999:7'}:::`
}

/** Settings that every machine has. The ones of a test stand before them, and sshd takes the first. */
const base = (port: number) => [
  `ListenAddress 127.0.0.1:${port}`,
  'HostKey /etc/ssh/keyward_host_key',
  'PidFile /etc/ssh/keyward.pid',
  'UsePAM no',
  'MaxStartups 100',
  'Subsystem sftp none',
]

export async function startMachine(
  users: readonly TestUser[],
  config: readonly string[] = [],
  dropIns: Readonly<Record<string, string>> = {},
): Promise<TestMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-machine-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'home'))
  execFileSync('cp', ['-a', '/etc', join(folder, 'etc')])
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const etc = (path: string) => join(folder, 'etc', path)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', etc('ssh/keyward_host_key')])
  const privsep = /^sshd:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0] ?? ''
  const port = await freePort()
  const homeOf = (name: string) => join(folder, 'home', name)
  const setUsers = (list: readonly TestUser[]) => {
    const all = list.some(({ name }) => name === 'root')
      ? list
      : [{ name: 'root', uid: 0, password: 'none' as const }, ...list]
    const lines = (of: (user: TestUser) => string) => `${all.map(of).join('\n')}\n`
    writeFileSync(
      etc('passwd'),
      `${lines((user) => `${user.name}:x:${user.uid}:${user.uid}::${homeOf(user.name)}:${user.shell ?? '/bin/sh'}`)}${privsep}\n`,
    )
    writeFileSync(
      etc('group'),
      `root:x:0:\nshadow:x:42:\ntty:x:5:\n${lines(({ name, uid }) => (uid === 0 ? `g-${name}:x:${60_000 + all.length}:` : `${name}:x:${uid}:`))}`,
    )
    writeFileSync(etc('shadow'), lines(shadowOf))
    const rules = all.flatMap(({ name, sudo }) =>
      sudo === 'free'
        ? [`${name} ALL=(ALL) NOPASSWD: ALL`]
        : sudo === 'password'
          ? [`${name} ALL=(ALL) ALL`]
          : [],
    )
    writeFileSync(etc('sudoers'), `Defaults !lecture\nroot ALL=(ALL) ALL\n${rules.join('\n')}\n`)
    chmodSync(etc('sudoers'), 0o440)
    for (const { name, uid } of all) {
      if (existsSync(homeOf(name))) continue
      mkdirSync(homeOf(name), { mode: 0o755 })
      chownSync(homeOf(name), uid, uid)
    }
  }
  const write = (lines: readonly string[], files: Readonly<Record<string, string>>) => {
    rmSync(etc('ssh/sshd_config.d'), { recursive: true, force: true })
    mkdirSync(etc('ssh/sshd_config.d'))
    const include = Object.keys(files).length > 0 ? ['Include /etc/ssh/sshd_config.d/*.conf'] : []
    for (const [name, text] of Object.entries(files))
      writeFileSync(etc(`ssh/sshd_config.d/${name}`), text.replaceAll('PORT', String(port)))
    // A Match section goes on to the end of the file: what is for all stands before it.
    const at = lines.findIndex((line) => /^match /i.test(line))
    const [general, matching] = at < 0 ? [lines, []] : [lines.slice(0, at), lines.slice(at)]
    writeFileSync(
      etc('ssh/sshd_config'),
      `${[...include, ...general, ...base(port), ...matching].join('\n').replaceAll('PORT', String(port))}\n`,
    )
  }
  setUsers(users)
  write(config, dropIns)
  let daemon: ChildProcess | undefined
  const start = async () => {
    const script = `mount --bind ${join(folder, 'etc')} /etc && exec ${SSHD} -D -e -f /etc/ssh/sshd_config`
    daemon = spawn('unshare', ['-m', '/bin/sh', '-c', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
    })
    let log = ''
    daemon.stderr?.on('data', (text) => {
      log += text
      if (process.env.KEYWARD_SSHD_LOG) appendFileSync(process.env.KEYWARD_SSHD_LOG, text)
    })
    await listening(port, () => log)
  }
  const end = async () => {
    const stopped = daemon
    daemon = undefined
    if (!stopped || stopped.exitCode !== null || stopped.signalCode !== null) return
    const gone = new Promise((resolve) => stopped.once('exit', resolve))
    stopped.kill('SIGTERM')
    await gone
  }
  const restart = async () => {
    await end()
    await start()
  }
  await start()
  return {
    etc,
    setUsers,
    restart,
    as(user) {
      const home = homeOf(user)
      const keysFile = join(home, '.ssh', 'authorized_keys')
      const owner = Number(
        new RegExp(`^${user}:x:(\\d+):`, 'm').exec(readFileSync(etc('passwd'), 'utf8'))?.[1],
      )
      return {
        address: {
          host: '127.0.0.1',
          port,
          user,
          hostKey: parsePublicLine(readFileSync(etc('ssh/keyward_host_key.pub'), 'utf8')).blob,
          connectTimeout: 15_000,
        },
        setup: { reload: 'kill -HUP "$(cat /etc/ssh/keyward.pid)"', reloadTime: 3000 },
        password: PASSWORD,
        home,
        config: etc('ssh/sshd_config'),
        keysFile,
        keys: () => (existsSync(keysFile) ? readFileSync(keysFile, 'utf8') : ''),
        setKeys(text) {
          const ssh = join(home, '.ssh')
          mkdirSync(ssh, { recursive: true, mode: 0o700 })
          writeFileSync(keysFile, text, { mode: 0o600 })
          for (const path of [ssh, keysFile]) chownSync(path, owner, owner)
        },
        restart,
        stop: async () => {},
      }
    },
    async configure(lines, files = {}) {
      write(lines, files)
      await restart()
    },
    async stop() {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
