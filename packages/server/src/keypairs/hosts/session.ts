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

/** A connection to a host that runs scripts. */
export interface HostSession {
  /**
   * Runs a POSIX shell script with `input` on its standard input. Resolves with whatever code it ended with; raises
   * `ConnectionLost` when the end was not seen, and then the script may or may not have had its effect.
   */
  run(script: string, input?: Uint8Array): Promise<Ran>
  /** As `run`, as root: with sudo where the login user is another. Raises `SudoRefused`. */
  runAsRoot(script: string, input?: Uint8Array): Promise<Ran>
  close(): void
}

const SCRIPT_TIMEOUT = 30_000
const MAX_OUTPUT = 1 << 20

/** Logs in. Raises `HostFailure`. */
export async function openSession(host: HostAddress, login: Login): Promise<HostSession> {
  const client = await logIn(host, login)
  const timeout = host.connectTimeout ?? SCRIPT_TIMEOUT
  const run = (prefix: string, before: string, script: string, input: Uint8Array = Buffer.alloc(0)) =>
    exec(client, prefix, before, script, input, timeout)
  let sudo: { readonly prefix: string; readonly before: string } | undefined
  return {
    run: (script, input) => run('', '', script, input),
    async runAsRoot(script, input) {
      if (host.user === 'root') return run('', '', script, input)
      sudo ??= await findSudo(run, login)
      return run(sudo.prefix, sudo.before, script, input)
    },
    close: () => client.end(),
  }
}

type RunWith = (prefix: string, before: string, script: string) => Promise<Ran>

async function findSudo(run: RunWith, login: Login) {
  const free = { prefix: 'sudo -n ', before: '' }
  const ways = [free]
  // `-k` makes sudo ask even where it remembers: it must read the password line, or the script would begin with it.
  if (login.kind === 'password' && !/[\r\n]/.test(login.password)) {
    ways.push({ prefix: "sudo -S -k -p '' ", before: `${login.password}\n` })
  }
  for (const way of ways) {
    const { code, output } = await run(way.prefix, way.before, 'id -u')
    if (code === 0 && output.toString('latin1').trim() === '0') return way
  }
  const hint = login.kind === 'key' ? ' without a password' : ''
  throw new HostFailure('SudoRefused', `the login user must be root or may use sudo${hint}`)
}

/**
 * The command is the same few words for every login shell; the script follows on standard input, before the input of the
 * script itself. `dd` of single bytes reads the script and not one byte more.
 *
 * INVARIANT: a script that was cut off does nothing: it is one function that its last line calls.
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
  const body = Buffer.from(`main() {\nprintf '%s\\n' ${mark}\n${script}\n}\nmain`)
  const command = `${prefix}/bin/sh -c 'eval "$(dd bs=1 count=${body.length} 2>/dev/null)"'`
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
      if (error) return lost(`the host runs no commands: ${quoted(error.message)}`)
      const output: Buffer[] = []
      const errors: Buffer[] = []
      let size = 0
      let code: number | null | undefined
      const keep = (list: Buffer[]) => (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_OUTPUT) lost('the host answered too much')
        else list.push(chunk)
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

/** A text as one word of a POSIX shell. */
export function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
