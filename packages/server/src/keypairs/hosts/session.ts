import { randomBytes } from 'node:crypto'
import type { Client, ClientChannel } from 'ssh2'
import { type HostAddress, type Login, logIn } from './connection.ts'
import { HostFailure, quoted } from './failure.ts'

/** What a script left behind. */
export interface Ran {
  readonly code: number
  readonly output: Buffer
  /** Its error output, for people. */
  readonly errors: string
}

/** How a session becomes root: it is root, by sudo that asks nothing, or by sudo with the password of the login. */
export type RootWay = 'itself' | 'sudo' | 'sudo-password'

/** A connection to a host that runs scripts. */
export interface HostSession {
  /**
   * Runs a POSIX shell script with `input` on its standard input. Resolves with whatever code it ended with; raises
   * `ConnectionLost` when the end was not seen, and then the script may or may not have had its effect.
   */
  run(script: string, input?: Uint8Array): Promise<Ran>
  /** As `run`, as root: with sudo where the login user is another. Raises `SudoRefused`. */
  runAsRoot(script: string, input?: Uint8Array): Promise<Ran>
  /** How `runAsRoot` does it. Raises `SudoRefused`. */
  rootWay(): Promise<RootWay>
  /** Whether the login user is root, under whatever name: without asking sudo. */
  isRoot(): Promise<boolean>
  /** The connection has ended: nothing runs here any more. */
  readonly lost: boolean
  close(): void
}

const SCRIPT_TIMEOUT = 30_000
const MAX_OUTPUT = 2 << 20

/** Logs in. Raises `HostFailure`. */
export async function openSession(host: HostAddress, login: Login): Promise<HostSession> {
  const client = await logIn(host, login)
  let lost = false
  client.once('close', () => {
    lost = true
  })
  const timeout = host.connectTimeout ?? SCRIPT_TIMEOUT
  const run = (prefix: string, before: string, script: string, input: Uint8Array = Buffer.alloc(0)) =>
    exec(client, prefix, before, script, input, timeout)
  let sudo: Becoming | undefined
  let root: boolean | undefined
  const isRoot = async () => {
    root ??= await hasUidZero((script) => run('', '', script))
    return root
  }
  const becoming = async () => {
    sudo ??= (await isRoot()) ? ITSELF : await findSudo(run, login)
    return sudo
  }
  return {
    run: (script, input) => run('', '', script, input),
    async runAsRoot(script, input) {
      const { prefix, before } = await becoming()
      return run(prefix, before, script, input)
    },
    rootWay: async () => (await becoming()).way,
    isRoot,
    get lost() {
      return lost
    },
    close: () => client.end(),
  }
}

interface Becoming {
  readonly way: RootWay
  readonly prefix: string
  readonly before: string
}
const ITSELF: Becoming = { way: 'itself', prefix: '', before: '' }

type RunWith = (prefix: string, before: string, script: string) => Promise<Ran>

async function hasUidZero(run: (script: string) => Promise<Ran>): Promise<boolean> {
  const ran = await run('id -u')
  if (ran.code !== 0) throw notRun(ran)
  return ran.output.toString('latin1').trim() === '0'
}

async function findSudo(run: RunWith, login: Login): Promise<Becoming> {
  // `-k` makes sudo ask even where it remembers: what works now must work without a person who was here just before, and
  // sudo must read the password line, or the script would begin with it.
  const ways: Becoming[] = [{ way: 'sudo', prefix: 'sudo -kn ', before: '' }]
  if (login.kind === 'password' && !/[\r\n]/.test(login.password)) {
    ways.push({ way: 'sudo-password', prefix: "sudo -S -k -p '' ", before: `${login.password}\n` })
  }
  let words = ''
  for (const way of ways) {
    const { code, output, errors } = await run(way.prefix, way.before, 'id -u')
    if (code === 0 && output.toString('latin1').trim() === '0') return way
    if (errors.trim() !== '') words = errors.trim().split('\n').slice(-3).join(' ')
  }
  const hint = login.kind === 'key' ? ' without a password' : ''
  const said = words === '' ? '' : `; the host says ${quoted(words)}`
  throw new HostFailure('SudoRefused', `the login user must be root or may use sudo${hint}${said}`)
}

/**
 * The command is the same few words for every login shell; the script follows on standard input, before the input of the
 * script itself. `dd` of single bytes reads the script and not one byte more.
 *
 * INVARIANT: a script that was cut off, or of which a start-up file of the login shell has read a part, does nothing: it
 * is one function that its last line calls, and it begins only in the shell that was meant to read it.
 */
function exec(
  client: Client,
  prefix: string,
  before: string,
  script: string,
  input: Uint8Array,
  timeout: number,
): Promise<Ran> {
  // What the user's own start-up files print comes before this mark.
  const mark = `keyward-${randomBytes(8).toString('hex')}`
  const body = Buffer.from(
    `main() {\n[ "$0" = keyward ] || exit ${EATEN}\nLC_ALL=C; export LC_ALL\nprintf '%s\\n' ${mark}\n${script}\n}\nmain`,
  )
  const read = `s=$(dd bs=1 count=${body.length} 2>/dev/null); case $s in "main() {"*main) eval "$s";; *) exit ${EATEN};; esac`
  const command = `${prefix}/bin/sh -c '${read}' keyward`
  return new Promise((resolve, reject) => {
    const lost = (why: string) => {
      clearTimeout(timer)
      client.destroy()
      reject(new HostFailure('ConnectionLost', why))
    }
    const timer = setTimeout(() => lost('the host did not finish a command in time'), timeout)
    const onClose = () => lost('the connection was lost during a command')
    client.once('close', onClose)
    const onChannel = (error: Error | undefined, channel: ClientChannel) => {
      if (error) {
        // The connection stands: what it has in hand, such as a way back, is not to be given up.
        clearTimeout(timer)
        client.removeListener('close', onClose)
        return reject(
          new HostFailure('HostExhausted', `the host runs no commands now: ${quoted(error.message)}`),
        )
      }
      const output: Buffer[] = []
      const errors: Buffer[] = []
      let size = 0
      let code: number | null | undefined
      const keep = (list: Buffer[]) => (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_OUTPUT) {
          channel.close()
          reject(new HostFailure('HostUnsupported', 'the host answers a command with too much text'))
        } else list.push(chunk)
      }
      channel.on('data', keep(output))
      channel.stderr.on('data', keep(errors))
      // A script may end before it has read its input.
      channel.on('error', () => {})
      channel.on('exit', (exit: number | null) => {
        code = exit
      })
      channel.on('close', () => {
        clearTimeout(timer)
        client.removeListener('close', onClose)
        if (code === undefined) return lost('the connection was lost during a command')
        const all = Buffer.concat(output)
        const at = all.indexOf(`${mark}\n`)
        const found = at >= 0 && code !== null
        resolve({
          code: found ? (code as number) : NOT_RUN,
          output: found ? all.subarray(at + mark.length + 1) : Buffer.alloc(0),
          errors: Buffer.concat(errors).toString('latin1'),
        })
      })
      channel.end(Buffer.concat([Buffer.from(before), body, input]))
    }
    try {
      client.exec(command, onChannel)
    } catch {
      // Thrown, not called back, where the connection is gone already.
      lost('the connection was lost before a command')
    }
  })
}

/** Code of a script that did not even start, or was killed. */
export const NOT_RUN = -1
/** The shell found another script than it was sent, or was another shell. */
const EATEN = 39

/** Why a command did not run. */
export function notRun({ errors }: Ran): HostFailure {
  const said = errors.trim() === '' ? '' : `; it says ${quoted(errors)}`
  if (/password.*(expired|must change|change required)|must change your password/i.test(errors)) {
    return new HostFailure('LoginRefused', `the password has expired: the host wants a new one${said}`)
  }
  if (/fork|resource temporarily unavailable|cannot allocate memory|no space left/i.test(errors)) {
    return new HostFailure('HostExhausted', `the host has no room to run a command${said}`)
  }
  return new HostFailure(
    'HostUnsupported',
    `the host did not run a command: look at the login shell and at its start-up files, which must not read the input of commands nor start another shell${said}`,
  )
}

/** A text as one word of a POSIX shell. */
export function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
