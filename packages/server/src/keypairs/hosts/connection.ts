import { type AuthAttempt, Client, type ClientError } from 'ssh2'
import type { PrivateKey } from '../formats/private-key.ts'
import type { PublicKey } from '../formats/public-key.ts'
import { OneKeyAgent } from './agent.ts'
import { HostFailure, quoted } from './failure.ts'

/** Where a host is and how it proves that it is the one. */
export interface HostAddress {
  readonly host: string
  readonly port: number
  /** The user whose authorized_keys is edited. Root, or one who may use sudo where sshd's configuration changes. */
  readonly user: string
  /** The blob of the host key that was recorded when the host was registered. */
  readonly hostKey: Buffer
  /** Milliseconds until a connection must stand; 30 s by default (reference: huawei-kps.md B). */
  readonly connectTimeout?: number
}

/** How to log in. */
export type Login =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'key'; readonly key: PrivateKey }

const CONNECT_TIMEOUT = 30_000

/** Opens an authenticated connection. Raises `HostFailure`. The caller ends it. */
export function logIn(host: HostAddress, login: Login): Promise<Client> {
  let asked = false
  const attempts = attemptsOf(host.user, login, () => {
    asked = true
  })
  let tried = false
  return connect(host, (methods, partial) => {
    if (partial) {
      throw new HostFailure(
        'LoginRefused',
        'the host wants more than one proof of who logs in: see AuthenticationMethods',
      )
    }
    for (let next = attempts.shift(); next; next = attempts.shift()) {
      const method = next.type === 'agent' ? 'publickey' : next.type
      if (methods !== null && next.type !== 'none' && !methods.includes(method)) continue
      tried ||= next.type === 'password' || next.type === 'agent'
      return next
    }
    // sshd without PAM names questions among its methods, and then asks none.
    if (!tried && !asked) throw notOffered(login, methods ?? [])
    return false
  })
}

/** The way to log in that is at hand is none that the host offers to this user. */
function notOffered({ kind }: Login, methods: readonly string[]): HostFailure {
  const what = kind === 'password' ? 'password login' : 'login by a key'
  const setting = kind === 'password' ? 'PasswordAuthentication' : 'PubkeyAuthentication'
  const offers = methods.length === 0 ? 'nothing' : `only ${quoted(methods.join(', '))}`
  return new HostFailure(
    'LoginRefused',
    `the host offers no ${what}: it offers ${offers} (see ${setting} and AuthenticationMethods)`,
  )
}

/**
 * Whether the server would accept a signature by a key (the query of RFC 4252, section 7). False is a clean refusal; every
 * other end, such as a connection that is closed before, is not known and raises `HostFailure`.
 */
export async function acceptsKey(host: HostAddress, key: PublicKey): Promise<boolean> {
  let accepted = false
  const agent = new OneKeyAgent(key, undefined, () => {
    accepted = true
  })
  const attempts: AuthAttempt[] = [{ type: 'agent', username: host.user, agent }]
  await refusal(connect(host, () => attempts.shift() ?? false))
  return accepted
}

/** The authentication methods that the server offers to the host's user. Raises `HostFailure`. */
export async function offeredMethods(host: HostAddress): Promise<readonly string[]> {
  let offered: readonly string[] = []
  await refusal(
    connect(host, (methods) => {
      if (methods === null) return { type: 'none', username: host.user }
      offered = methods
      return false
    }),
  )
  return offered
}

/**
 * Whether the server lets its user in by a password, as far as it says. That it names `keyboard-interactive` says nothing:
 * sshd without PAM does, and then asks nothing; so it is tried, and no question is answered. Raises `HostFailure`.
 */
export async function offersPassword(host: HostAddress): Promise<boolean> {
  const methods = await offeredMethods(host)
  if (methods.includes('password')) return true
  if (!methods.includes('keyboard-interactive')) return false
  let asked = false
  const attempts: AuthAttempt[] = [
    {
      type: 'keyboard-interactive',
      username: host.user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        asked ||= prompts.some(({ echo }) => !echo)
        finish(prompts.map(() => ''))
      },
    },
  ]
  await refusal(connect(host, () => attempts.shift() ?? false))
  return asked
}

/** A probe ends in a refused login. A server that lets anyone in is no host to go on with. */
async function refusal(connection: Promise<Client>): Promise<void> {
  let client: Client
  try {
    client = await connection
  } catch (error) {
    if (error instanceof HostFailure && error.code === 'LoginRefused') return
    throw error
  }
  client.destroy()
  throw new HostFailure('HostUnsupported', 'the host lets its user in without any proof')
}

function attemptsOf(username: string, login: Login, onAsked: () => void): AuthAttempt[] {
  // The first attempt learns what the server offers.
  const first: AuthAttempt = { type: 'none', username }
  if (login.kind === 'key') {
    const agent = new OneKeyAgent(login.key.public, login.key, () => {})
    return [first, { type: 'agent', username, agent }]
  }
  const { password } = login
  return [
    first,
    { type: 'password', username, password },
    {
      type: 'keyboard-interactive',
      username,
      // One hidden question is the password; anything else is something that only a person can answer.
      prompt: (_name, _instructions, _language, prompts, finish) => {
        onAsked()
        finish(prompts.length === 1 && prompts[0]?.echo === false ? [password] : prompts.map(() => ''))
      },
    },
  ]
}

type NextAttempt = (methods: readonly string[] | null, partial: boolean | null) => AuthAttempt | false

function connect(host: HostAddress, next: NextAttempt): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client()
    let foreignKey = false
    let failure: HostFailure | undefined
    const fail = (error: HostFailure) => {
      failure ??= error
      client.destroy()
      reject(failure)
    }
    // Stays on: an error event without a listener would end the process.
    client.on('error', (error: ClientError) => fail(failureOf(error, host, foreignKey)))
    client.on('close', () => fail(new HostFailure('ConnectionLost', 'the host ended the connection')))
    client.on('change password', () =>
      fail(new HostFailure('LoginRefused', 'the password has expired: the host wants a new one')),
    )
    client.on('ready', () => resolve(client))
    // The handshake is many small messages: without this each waits for an acknowledgement.
    client.on('connect', () => client.setNoDelay(true))
    try {
      client.connect({
        host: host.host,
        port: host.port,
        username: host.user,
        readyTimeout: host.connectTimeout ?? CONNECT_TIMEOUT,
        keepaliveInterval: 5000,
        keepaliveCountMax: 3,
        algorithms: { serverHostKey: hostKeyAlgorithms(host.hostKey) },
        hostVerifier: (key) => {
          foreignKey = !host.hostKey.equals(key)
          return !foreignKey
        },
        authHandler: (methods, partial) => {
          try {
            return next(methods, partial)
          } catch (error) {
            fail(error as HostFailure)
            return false
          }
        },
      })
    } catch (error) {
      fail(failureOf(error as ClientError, host, foreignKey))
    }
  })
}

/** Asks for the recorded key's own type, so that a host with several keys shows that one. */
function hostKeyAlgorithms(blob: Buffer): string[] {
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]
}

const REFUSALS =
  /too many authentication failures|max(imum)? auth|no (more|supported) authentication methods/i

function refused(host: HostAddress): HostFailure {
  return new HostFailure(
    'LoginRefused',
    `${quoted(host.user)} was refused: wrong password or key, or sshd does not let this user in by it`,
  )
}

function failureOf(error: ClientError, host: HostAddress, foreignKey: boolean): HostFailure {
  if (error instanceof HostFailure) return error
  if (foreignKey) {
    return new HostFailure('HostKeyChanged', 'the host key is not the recorded one: the host may be another')
  }
  const where = `${host.host} port ${host.port}`
  // With `MaxAuthTries 1` sshd ends the connection instead of asking for another try: a refusal all the same.
  if (error.level === undefined && REFUSALS.test(error.message)) return refused(host)
  switch (error.level) {
    case 'client-authentication':
    case 'agent':
      return refused(host)
    case 'client-timeout':
      return new HostFailure('HostUnreachable', `no answer in time from ${where}`)
    case 'client-socket':
      return error.code === 'ECONNRESET' || error.code === 'EPIPE'
        ? new HostFailure('ConnectionLost', 'the host ended the connection')
        : new HostFailure(
            'HostUnreachable',
            `cannot connect to ${where}: ${quoted(String(error.code ?? error.message))}`,
          )
    case 'handshake':
      if (/host key/i.test(error.message)) {
        return new HostFailure('HostKeyChanged', 'the host has no key of the recorded type any more')
      }
      return new HostFailure(
        'HostUnreachable',
        `${where} does not speak ssh as expected: ${quoted(error.message)}`,
      )
    default:
      return new HostFailure('ConnectionLost', `the connection ended: ${quoted(error.message)}`)
  }
}
