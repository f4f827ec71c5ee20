import { createHash } from 'node:crypto'
import { createClient, ErrorReply } from '@redis/client'
import {
  accountMissing,
  administratorRefused,
  type Credential,
  type Engine,
  type EngineAddress,
  EngineFailure,
  loginRefused,
  patienceOf,
  tlsOptions,
  unreachable,
} from './engine.ts'

/** Redis 6 and later, and what speaks its protocol: users of its access control list. Passwords are set as hashes. */
export const redis: Engine = Object.freeze<Engine>({
  inspect: (at, administrator, accounts) =>
    connected(at, administrator, administratorRefused, async (ask) => {
      for (const account of accounts) await assertUser(ask, account)
    }),
  async preparePassword(at, administrator, account) {
    const { ask, close } = await open(at, administrator, administratorRefused)
    try {
      await assertUser(ask, account.name)
      const hash = createHash('sha256').update(account.password).digest('hex')
      return {
        async set() {
          // One command: between the two passwords there is no moment with both or none.
          await ask('ACL', 'SETUSER', account.name, 'resetpass', `#${hash}`)
          await keep(ask)
        },
        close,
      }
    } catch (error) {
      close()
      throw error
    }
  },
  logIn: (at, account) => connected(at, account, loginRefused, async () => {}),
})

type Ask = (...command: string[]) => Promise<unknown>

async function assertUser(ask: Ask, name: string): Promise<void> {
  const user = await ask('ACL', 'GETUSER', name)
  if (user === null) throw accountMissing(name)
  const flags = flagsOf(user)
  if (!flags.includes('on')) throw new EngineFailure('AccountUnsuitable', `\`${name}\` is switched off`)
  if (flags.includes('nopass')) {
    throw new EngineFailure('AccountUnsuitable', `\`${name}\` is let in without a password`)
  }
}

/** The answer is a list of names and values. */
function flagsOf(user: unknown): readonly string[] {
  const list = Array.isArray(user)
    ? user.map((one) => (Array.isArray(one) ? one.map(String) : String(one)))
    : []
  const flags = list[list.indexOf('flags') + 1]
  return Array.isArray(flags) ? flags : []
}

/**
 * Makes the change outlive a restart, in the file that the users came from. A Redis that was started without any file
 * keeps no user over a restart, so there is nothing to keep.
 */
async function keep(ask: Ask): Promise<void> {
  const saved = await ask('ACL', 'SAVE').catch((error) => error as EngineFailure)
  if (!(saved instanceof EngineFailure)) return
  if (!/not configured to use an ACL file/i.test(saved.message)) throw saved
  const rewritten = await ask('CONFIG', 'REWRITE').catch((error) => error as EngineFailure)
  if (rewritten instanceof EngineFailure && !/without a config file/i.test(rewritten.message)) throw rewritten
}

type WhoIsRefused = typeof loginRefused

async function connected(
  at: EngineAddress,
  who: Credential,
  refused: WhoIsRefused,
  work: (ask: Ask) => Promise<void>,
): Promise<void> {
  const { ask, close } = await open(at, who, refused)
  try {
    await work(ask)
  } finally {
    close()
  }
}

async function open(
  at: EngineAddress,
  who: Credential,
  refused: WhoIsRefused,
): Promise<{ readonly ask: Ask; close(): void }> {
  const tls = tlsOptions(at)
  const socket = {
    host: at.host,
    port: at.port,
    connectTimeout: patienceOf(at),
    reconnectStrategy: false as const,
  }
  const client = createClient({
    username: who.name,
    password: who.password,
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    commandOptions: { timeout: patienceOf(at) },
    socket: tls ? { ...socket, ...tls, tls: true } : socket,
  })
  client.on('error', () => {})
  const close = () => {
    if (client.isOpen) client.destroy()
  }
  try {
    await client.connect()
  } catch (error) {
    close()
    if (!(error instanceof ErrorReply)) throw unreachable(at, error)
    throw refused(who, wordOf(error))
  }
  const ask: Ask = async (...command) => {
    try {
      return await client.sendCommand(command)
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw unreachable(at, error)
      const said = wordOf(error)
      throw new EngineFailure('TargetRefused', `the target refuses ${command.slice(0, 2).join(' ')}: ${said}`)
    }
  }
  return { ask, close }
}

/** What Redis says begins with a code. Its words are kept where they hold nothing of ours. */
function wordOf({ message }: Error): string {
  return /ACL file|config file/i.test(message) ? message : (message.split(' ', 1)[0] ?? '')
}
